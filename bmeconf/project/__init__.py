"""What lies on disk around the manifests, and whose key a run uses.

- `settings`: the project file as data; `credentials`: whose key, and who may have it
- `schemas`: the JSON Schemas that bmeconf publishes
- `work_folder`: `.bmeconf/`, kept between runs; `exclusive`: one writing run at a time
- `learned`: how each account was found to behave
- `machine_secret`: what no pull request knows; `sealed_entries`: results of runs, sealed with it
- `atomic`: files that are written whole or not at all
- `scaffold/`: the project that `init` makes
"""

from bmeconf.project import learned
from bmeconf.project.atomic import (
    AS_USUAL,
    can_write,
    compare_files,
    from_disk,
    on_disk,
    read_file,
    write_file,
    write_files,
)
from bmeconf.project.credentials import (
    ACCOUNT_VARIABLE,
    account_key,
    account_url,
    check_host,
    choose_account,
    credentials,
    has_key,
    is_loopback,
    key_variable,
    origin,
    planned_account,
)
from bmeconf.project.exclusive import exclusive
from bmeconf.project.machine_secret import machine_secret
from bmeconf.project.schemas import load_schema, schema_names, schema_text
from bmeconf.project.sealed_entries import SealedEntries
from bmeconf.project.settings import (
    Account,
    AccountEntry,
    Freeze,
    KnownDrift,
    Policy,
    Project,
    Secret,
)
from bmeconf.project.work_folder import (
    LOCK_FILE,
    WORK_FOLDER,
    announce_sandbox,
    journal_folder,
    receipt_folder,
    retract_sandbox,
    root_around,
    sandbox_file,
    served_sandbox,
)
