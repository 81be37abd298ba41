"""A Plan -> outcomes, one by one, and the proof that they hold.

- `run`: the ways into an apply (planned, saved, resumed), and the one way through it
- `limits`: those of the policy, at the moment of the first write
- `executor`: the only writer; `checks`: whether what was planned still holds, before each write
- `recovery`: writes whose answers were lost; `journal`, `receipts`: what is on disk about a run;
  `sealed_lines`: the lines of a journal, whoever writes; `origin`: which journals this machine
  wrote; `loose_ends`: the copies that only they tell of
- `verify`: reading back; `remember`: the lock file; `model`: options, outcomes, results as data
"""

from bmeconf.apply import run
from bmeconf.apply.journal import Journal
from bmeconf.apply.limits import Limits
from bmeconf.apply.loose_ends import interrupted
from bmeconf.apply.model import APPLIED, NOT_ATTEMPTED, STALE, Outcome, Result
from bmeconf.apply.origin import Origin
from bmeconf.apply.receipts import Receipts
from bmeconf.apply.sealed_lines import NOT_DONE, PROBE, SealedLines, journal_name, read_own
