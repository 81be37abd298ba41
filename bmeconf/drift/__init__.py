"""What moved, and which manual steps are open.

- `look`: the few requests that a drift report makes beside those of a plan
- `judge`: both sides, the plan of the moment, the policy -> a `Drift`, and what can be undone
- `adopt`: what was changed by hand -> new texts of the manifests: the `renames` first, then the
  `proposals` that the `proof` has nothing against, and their `patch`
- `mails`: what is wrong in the mails of live drafts that no file holds
- `remember`: what was seen in sync -> the lock file
- `model`: `DriftItem`, one field that is not as declared, and `Drift`, all of them
"""

from bmeconf.drift.adopt import Adoption, adopt
from bmeconf.drift.judge import find_drift, undoable
from bmeconf.drift.look import closer, touches
from bmeconf.drift.mails import with_lint
from bmeconf.drift.model import FROZEN, KNOWN, MANUAL, PRESENT, WORDS, Drift, DriftItem
from bmeconf.drift.patch import patch
from bmeconf.drift.remember import remember, unfit
from bmeconf.drift.renames import Read
