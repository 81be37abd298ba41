"""The live side: API -> the account as it is, and which live object each resource is.

- `read`: both sides brought together in a `Reading`; `account`: what was read, as data
- `match`: which live object each desired resource is; `doubts`: the findings on that
- `details`, `templates`, `domains`, `copies`: what is read beside the listings
- `references`, `orphans`, `namesakes`: names that lead nowhere, to removed resources, to several
"""

from bmeconf.live import copies, doubts, read
from bmeconf.live.account import Account, Reading
from bmeconf.live.match import Match, Matches, Status, match
from bmeconf.live.namesakes import resolve_namesakes
