"""Both sides of a comparison -> a Plan: ordered steps with pins, manual steps, findings.

- `model`: `Plan`, `Step`, `Pin` and their parts, as data
- `build`: the only maker of a Plan, from a `Reading`
- `diff`: each resource compared once; `order`: steps by references; `preconditions`: the ids
  behind the names of a plan
- `guard`: what refuses a plan; `audience`: how many people drafts reach; `freeze`: when nothing is
  written; `moment`: both at the moment of an apply; `acknowledge`: what the operator lets through
- `unexpected`: what stays, goes out or is undone though nobody expects it
- `encode`, `decode`: a Plan as its JSON document, and back
"""

from bmeconf.plan import (
    acknowledge,
    audience,
    build,
    decode,
    diff,
    encode,
    guard,
    moment,
    preconditions,
    unexpected,
)
from bmeconf.plan.acknowledge import Acknowledged, PlanRefused
from bmeconf.plan.diff import plain
from bmeconf.plan.model import (
    AccountId,
    Pin,
    Plan,
    Preconditions,
    Price,
    Reach,
    Since,
    Source,
    Step,
)
from bmeconf.plan.preconditions import looked_at
