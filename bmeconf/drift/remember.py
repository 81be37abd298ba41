"""`drift --record`: resources in sync -> the lock file. Nothing here writes to the account."""

from __future__ import annotations

from pathlib import Path

from bmeconf.baseline import LockBaseline, lock_store, record
from bmeconf.drift.model import Drift
from bmeconf.live import Reading
from bmeconf.model import IDENTITY, Cause
from bmeconf.model.errors import BmeconfError


def unfit(found: Drift) -> str:
    """Why nothing should be recorded of this look, empty where it may be.

    A resource without an entry counts as not applied yet, once the account has any entry. So a
    first record has to be whole and clean: drift must not become the baseline.
    """
    start = "nothing was remembered: the lock file knows nothing of this account yet, and"
    if found.locked:
        return ""
    if found.left_out:
        whole = "a first look has to be at all that the project declares"
        return f"{start} {whole}; run it in the project's folder, without --target and PATH"
    if any(item.counts_as in (Cause.DRIFT, Cause.CONFLICT) for item in found.items):
        return f"{start} something drifted; apply first, or bring the manifests in line"
    return ""


def remember(path: Path, reading: Reading, found: Drift) -> bool:
    """Write resources in sync, and schedules that are done, to the lock file.

    A resource that differs keeps its entry. So does one that the account shows in other words,
    where no entry tells whether the service put them so. False where nothing may be recorded
    (`unfit`).

    Raises:
        BmeconfError: where the file cannot be written.
        InvalidInput: where it cannot be used any more.
    """
    if unfit(found):
        return False
    # Nothing is remembered by a name that leads to another object, or to several. Of a resource
    # that cannot be planned for another reason, its protection and its schedule still are.
    doubtful = {item.address for item in found.items if item.path == IDENTITY}
    blocked = {r.address for r in reading.desired if reading.matches.blocked(r.address)}
    doubtful |= {address for address in blocked if reading.matches[address].row is None}
    baseline = LockBaseline(reading.account.id_map, section=reading.section.dropping(reading.gone))
    compared = [difference.now or difference for difference in found.plan.differences]
    protect = found.plan.preconditions.protect
    section = record.after(
        baseline,
        [d for d in compared if d.address not in doubtful | blocked and not d.rewritten],
        unread=reading.account.unread,
        manual=[manual for manual in found.plan.manual if manual.address not in doubtful],
        # Whether a protection is lifted is for an apply to say, not for a look.
        protect={a: True for a, wanted in protect.items() if wanted and a not in doubtful},
    )
    try:
        lock_store.keep(path, reading.section, section)
    except OSError as error:
        message = f"{path} could not be written: {error.strerror}; nothing was remembered"
        raise BmeconfError(message, "mend that, then run drift --record again") from error
    return True
