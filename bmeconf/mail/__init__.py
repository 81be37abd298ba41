"""What is known of an e-mail body, once.

`parse` reads HTML as browsers do, into tokens. `rewriting` compares the tokens of two bodies, and
tells the service's own rewriting from any other change. `visible` is the text that a reader sees,
`marks` shows in two bodies what changed, `inert` makes a body safe to show in a report. `lint`
finds what is wrong with a mail. `sources` makes HTML of MJML, and plain text of HTML.
"""

from bmeconf.mail.inert import make_inert
from bmeconf.mail.marks import GONE_MARK, NEW_MARK, mark_changes
from bmeconf.mail.parse import plain_lines
from bmeconf.mail.rewriting import is_footed, is_rewriting, keeps_page_words, keeps_words
from bmeconf.mail.sources import (
    DEEPEST,
    Fault,
    Include,
    Missing,
    depth,
    from_mjml,
    includes,
    plain_text,
    unknown_elements,
    version,
    with_inline_css,
)
from bmeconf.mail.visible import SAME, Part, Row, compare_lines, visible_lines
