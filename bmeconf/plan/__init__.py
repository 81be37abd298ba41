"""Both sides of a comparison -> a Plan: ordered steps with pins, manual steps, findings.

- `model`: `Plan`, `Step`, `Pin` and their parts, as data
- `build`: the only maker of a Plan, from a `Reading`
- `diff`: each resource compared once; `order`: steps by references; `guard`: what refuses a
  plan; `preconditions`: the ids behind the names of a plan
- `encode`, `decode`: a Plan as its JSON document, and back
"""

from bmeconf.plan import build, decode, diff, encode, guard, preconditions
from bmeconf.plan.diff import plain
from bmeconf.plan.model import AccountId, Pin, Plan, Preconditions, Price, Since, Source, Step
from bmeconf.plan.preconditions import looked_at
