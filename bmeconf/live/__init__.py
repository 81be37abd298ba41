"""The live side: API -> the account as it is, and which live object each resource is.

- `read`: both sides brought together in a `Reading`; `account`: what was read, as data
- `match`: which live object each desired resource is; `doubts`: what to tell of that, and of
  names that lead nowhere; `orphans`: resources that no manifest declares any more
- `details`: what is read beside the listings; `upcoming`: campaigns that are about to be sent
"""

from bmeconf.live import details, doubts, read, upcoming
from bmeconf.live.account import Account, Reading, resolve_namesakes
from bmeconf.live.match import Match, Matches, Status, match
