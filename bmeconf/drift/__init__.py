"""What moved, and which manual steps are open.

- `look`: the few requests that a drift report makes beside those of a plan
- `judge`, `items`, `known`: both sides, the plan of the moment, the policy -> a `Drift`
- `remember`: what was seen in sync -> the lock file
- `undo`: the drift that an apply can undo
- `model`: `DriftItem`, one field that is not as declared, and `Drift`, all of them
"""

from bmeconf.drift.judge import find_drift
from bmeconf.drift.look import closer, touches
from bmeconf.drift.model import (
    FROZEN,
    KNOWN,
    MANUAL,
    PRESENT,
    WORDS,
    Drift,
    DriftItem,
)
from bmeconf.drift.remember import remember, unfit
from bmeconf.drift.undo import undoable
