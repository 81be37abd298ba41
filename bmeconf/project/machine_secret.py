"""A secret of this user on this machine: what was sealed with it was written here.

It lies in the user's folder for state, outside of every checkout, so that nobody who adds files to
a project can know or replace it.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from bmeconf.project.atomic import write_file

NAME, LENGTH = "journal.secret", 64


def machine_secret(environ: Mapping[str, str], root: Path) -> bytes | None:
    """The secret, made where there is none; None where none can be kept for the user alone.

    One that lies below `root` is none: it may have come with the files of the project.
    """
    with contextlib.suppress(OSError, RuntimeError):
        path = _state_folder(environ) / "bmeconf" / NAME
        if path.resolve().is_relative_to(root.resolve()):
            return None
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            if not path.exists():
                # Loaded here: a machine makes one once.
                import secrets

                write_file(path, secrets.token_hex(LENGTH // 2), place=_first)
        return _private(path)
    return None


def _first(new: Path, path: Path) -> None:
    """Place the secret, unless another run was faster; without hard links the last one counts."""
    try:
        os.link(new, path)
    except FileExistsError:
        raise
    except (AttributeError, OSError):
        os.replace(new, path)


def _state_folder(environ: Mapping[str, str]) -> Path:
    for name in ("XDG_STATE_HOME", "LOCALAPPDATA"):
        # The standard says that a relative path is to be ignored.
        if os.path.isabs(environ.get(name, "")):
            return Path(environ[name])
    return Path.home() / ".local" / "state"


def _private(path: Path) -> bytes | None:
    """What the file holds, None where others may read or write it, or it holds too little."""
    with path.open("rb") as stream:
        status, secret = os.fstat(stream.fileno()), stream.read(LENGTH)
    user = getattr(os, "getuid", None)
    # Where users have no numbers, modes tell nothing, and the user's folder is the user's alone.
    own = user is None or (status.st_uid == user() and not stat.S_IMODE(status.st_mode) & 0o077)
    return secret if own and len(secret) == LENGTH else None
