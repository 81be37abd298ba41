"""A Page as text for a terminal or a log, 80 columns wide.

`report` lays a page out, `blocks` one item or task of it, `diffs`, `tables` and `plots` what is
in them. Lines come out with the name of a style; the command line paints them. Colour only
repeats what the signs `+ ~ - ! »` say (design 6).
"""

from bmeconf.render.text.blocks import field, item, task, title
from bmeconf.render.text.diffs import MOST_LINES, diff, excerpt, length
from bmeconf.render.text.plots import number, plot
from bmeconf.render.text.report import figures, place_line, render
from bmeconf.render.text.tables import table, width
