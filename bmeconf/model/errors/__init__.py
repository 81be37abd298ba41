"""Every error a user can meet, as one tree; each branch has its own frozen exit code (design 4).

    BmeconfError                 1   anything that stops a run
    ├── InvalidInput             3   manifests, project file, plan file, options
    ├── Refused                  4   the API refused the key or its scope (401, 403)
    │   └── ScopeMissing             ... the key works, but not for this
    ├── LimitReached             5   rate limit, monthly quota, --max-requests
    ├── Stale                    6   the live account moved since it was planned
    ├── Guarded                  7   a guard refused: deletes, protection, seeds, foreign host
    ├── NotConverged             8   what was written does not read back as declared
    ├── JournalLost              1   the journal cannot be written, so nothing else may be
    ├── Bug                      1   an exception that nothing expected
    ├── Interrupted            130   Ctrl-C; what was done is reported
    └── ApiError                 1   the API or the way to it
        ├── NetworkError             no answer: refused, reset, timed out
        │   └── OutcomeUnknown       ... after a write had left: it may have landed
        ├── LossyWrite               a replacement did not keep what was sent back
        ├── ReplyUnreadable          an answer that is not what the API documents
        ├── IncompleteRead           pages and totals do not agree
        └── Rejected                 an error envelope, by its errorType
            ├── NotFound
            ├── VersionConflict      `__v` is stale
            └── DuplicateName        the natural key is taken

Only `cli` exits. An error says what happened, and how to mend it in `remedy`.
"""

from bmeconf.model.errors.masking import KEY, masked
from bmeconf.model.errors.tree import (
    ApiError,
    BmeconfError,
    Bug,
    DuplicateName,
    ErrorDetail,
    Guarded,
    IncompleteRead,
    Interrupted,
    InvalidInput,
    JournalLost,
    LimitReached,
    LossyWrite,
    NetworkError,
    NotConverged,
    NotFound,
    OutcomeUnknown,
    Refused,
    Rejected,
    ReplyUnreadable,
    ScopeMissing,
    Stale,
    VersionConflict,
)
