"""The nouns of a run: resources, changes, findings, errors. Frozen data, little more."""

from bmeconf.model.changes import (
    CREATE,
    DELETE,
    IDENTITY,
    PRESENCE,
    UPDATE,
    Call,
    Cause,
    Change,
    Difference,
    Path,
    dotted,
    nested,
    overlap,
    undotted,
)
from bmeconf.model.findings import (
    LEFT_ALONE,
    NOT_CONVERGED,
    Finding,
    Manual,
    Problem,
    stamp,
)
from bmeconf.model.formats import (
    DRIFT_FORMAT,
    PLAN_FORMAT,
    PROBLEMS_FORMAT,
    PULL_FORMAT,
    REPORT_FORMAT,
    RESULT_FORMAT,
    SANDBOX,
    SIMULATED,
)
from bmeconf.model.resources import (
    CAMPAIGNS,
    CONTACTS,
    LISTS,
    NOTHING,
    STRUCTURE,
    Address,
    Fields,
    Intent,
    Place,
    Resource,
    Schedule,
    Snapshot,
    Template,
    Value,
    canonical_email,
    canonical_name,
    canonical_text,
    lookup,
    references,
)
from bmeconf.model.status import FINISHED, UNFINISHED, CampaignStatus
from bmeconf.model.words import counted, did_you_mean
