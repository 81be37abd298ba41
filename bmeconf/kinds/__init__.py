"""Resource kinds: one file or folder each, and the table of them.

`Kind` answers what every stage may ask of every kind. What only some kinds are or can do is a
capability: a stage asks for that, and never for the name of a kind. `IdMap` knows the ids behind
names, `replies` the shapes in which the API answers.
"""

from bmeconf.kinds.api import (
    BATCH,
    LEARNED,
    OBJECT,
    PAGE,
    SEARCH,
    TRIES,
    Dialect,
    Raw,
    ReadApi,
    WriteApi,
    Written,
)
from bmeconf.kinds.base import Kind, Managed
from bmeconf.kinds.capabilities import (
    Audience,
    Batched,
    Copyable,
    Detailed,
    Mailing,
    Member,
    NaturalKey,
    PartialSets,
    Patchable,
    Personal,
    Searched,
    SharedNames,
    Singleton,
    Touch,
    Traceable,
    Unique,
    UsesLabels,
)
from bmeconf.kinds.id_map import IdMap
from bmeconf.kinds.schedules import (
    TOLERANCE,
    UNDER_WAY,
    Scheduled,
    ScheduleEvidence,
    Timing,
    is_ahead,
    is_near,
)
from bmeconf.kinds.table import KINDS, having, identity, only
