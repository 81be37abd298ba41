"""A Plan -> outcomes, one by one, and the proof that they hold.

- `modes`: the ways into an apply (planned, saved, resumed); `run`: the one way through it
- `executor`: the only writer; `checks`: whether what was planned still holds, before each write
- `recovery`: writes whose answers were lost; `journal`, `receipts`: what is on disk about a run
- `verify`: reading back; `remember`: the lock file; `result`, `options`: data
"""

from bmeconf.apply import modes
from bmeconf.apply.receipts import Receipts
from bmeconf.apply.result import APPLIED, NOT_ATTEMPTED, STALE, Outcome, Result
from bmeconf.apply.run import Run
