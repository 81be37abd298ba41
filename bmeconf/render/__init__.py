"""What is shown: one Page for every command, one renderer for every format.

`page/` turns a Plan, a Result, a Drift ... into a `Page` (`model`), which says everything and has
no format. Each format renders every Page: `text`, `markdown`, `html`, `junit`, `github`;
`documents` tells machines the same as JSON. So all formats tell the same, and a new subject has
all formats at once. Others take a part of it: `sarif` and `gitlab` what may be wrong in manifests
(`statements`), `ics` the manual steps, `patch` an edit of the manifests. `formats` chooses among
them; `figures` draws what several need, `fold` says equal things once, `frames` shows mails, and
`forge` has links to the manifests of a change.

Names and values come from the account and are data: `safe` makes a line harmless, and each format
escapes what would be markup in it. Pure throughout.
"""

from bmeconf.render.forge import forge_url, linked
from bmeconf.render.formats import (
    EVERY_FORMAT,
    EXTRACTS,
    FORMATS,
    GITHUB,
    PATCH,
    TEXT,
    Product,
    rendered,
    unfit,
)
from bmeconf.render.model import Field, InText, Page, PageItem, Section, Series, Table, Task, Tile
from bmeconf.render.safe import Line, plain_ascii, wrapped
from bmeconf.render.safe import line as safe_line
