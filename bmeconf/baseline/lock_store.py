"""The lock file on disk, at the project root and committed: read, and merged back by entry."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import replace
from pathlib import Path

from bmeconf.baseline import lock
from bmeconf.baseline.lock import Lock
from bmeconf.baseline.section import LockEntry, Section, kind_of
from bmeconf.model.errors import InvalidInput
from bmeconf.project import AS_USUAL, LOCK_FILE, WORK_FOLDER, can_write, read_file, write_file

SANDBOX_LOCK = "sandbox.lock.json"


def path_of(root: Path, simulated: bool) -> Path:
    """The path of the lock file; that of a simulated account is thrown away with the account."""
    return root / WORK_FOLDER / SANDBOX_LOCK if simulated else root / LOCK_FILE


def read(path: Path) -> Lock:
    """The lock file at `path`, an empty one where there is none.

    Raises:
        InvalidInput: it cannot be read or used.
    """
    text = _text(path)
    return Lock(path.name) if text is None else lock.parse(text, path.name)


def keep(path: Path, before: Section, after: Section) -> None:
    """Write what a run changed of one account, `before` it and `after` it.

    The rest stays as it is in the file by now: somebody may have pulled, edited or written it
    meanwhile. The file is touched only where that changes it; it is replaced atomically, with the
    same permissions; an empty lock is no file.

    Raises:
        InvalidInput: there is a lock file that cannot be used.
        OSError: it cannot be written.
    """
    lock = read(path)
    now = lock.section(after.account, after.base_url)
    text = lock.having(merged(before, after, now)).text
    path = Path(os.path.realpath(path))
    if text == (_text(path) or ""):
        return
    if text:
        write_file(path, text, AS_USUAL, _replace)
    else:
        path.unlink(missing_ok=True)


def merged(before: Section, after: Section, now: Section) -> Section:
    """The section `now` in the file, with the entries that a run changed, by live object.

    Protection is only lifted by a run that lifts it.
    """
    was, theirs = before.by_object, now.by_object
    dropped = {
        (kind_of(key), entry.id)
        for key, entry in before.entries.items()
        if key not in after.entries
    }
    # The last entry of an object counts, so that it has no second one.
    changed: dict[tuple[str, str], tuple[str, LockEntry]] = {}
    for key, entry in after.entries.items():
        if entry == before.entries.get(key):
            continue
        object = kind_of(key), entry.id
        old, other = was.get(object), theirs.get(object)
        lifted = old is not None and old.protect and not entry.protect
        protect = entry.protect or bool(other and other.protect and not lifted)
        changed[object] = key, entry._replace(protect=protect)
    gone = dropped | changed.keys()
    kept = {k: e for k, e in now.entries.items() if (kind_of(k), e.id) not in gone}
    union = tuple(sorted({*now.merged, *after.merged}))
    return replace(now, entries={**kept, **dict(changed.values())}, merged=union)


def rebased(before: str, after: str, now: str) -> str:
    """The text `now` of a lock file with what changed `before` -> `after`, in every account.

    Raises:
        InvalidInput: one of them is no lock file.
    """
    if before == after:
        return now
    was, meant, lock_now = (
        lock.parse(text, LOCK_FILE) if text else Lock() for text in (before, after, now)
    )
    for account, raw in {**was.accounts, **meant.accounts}.items():
        if was.accounts.get(account) != meant.accounts.get(account):
            old, new, kept = (
                each.section(account, raw["base_url"]) for each in (was, meant, lock_now)
            )
            lock_now = lock_now.having(merged(old, new, kept))
    return lock_now.text


def can_keep(path: Path) -> bool:
    """True if the lock file can be written, judged without writing it."""
    path = Path(os.path.realpath(path))
    return can_write(path) and (not path.exists() or os.access(path, os.W_OK))


def _text(path: Path) -> str | None:
    real, folder = Path(os.path.realpath(path)), os.path.realpath(path.parent)
    try:
        if not real.is_relative_to(folder):
            raise OSError(errno.EXDEV, f"it is a link that leads out of the project, to {real}")
        return read_file(path).decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InvalidInput(
            f"{path}: the lock file cannot be read: {reason}",
            "correct that, or delete the file: everything works without it, with less detail",
        ) from error


def _replace(new: Path, path: Path) -> None:
    if path.exists():
        new.chmod(stat.S_IMODE(path.stat().st_mode))
    new.replace(path)
