"""Any Page as Markdown for a pull request, within a budget of bytes.

Three tiers: the whole page; the page with long bodies, values and tables cut (both in `report`);
one line for each item, as many as fit (`short`). A delete, a manual step, an error and the
fingerprint are in every tier, and what is left out is counted. A page that somebody agrees to is
an error if these do not fit; any other page then names as many of them as fit, errors first.
`escape` keeps data from being markup.
"""

from bmeconf.render.markdown.report import COMMENT_ROOM, render
