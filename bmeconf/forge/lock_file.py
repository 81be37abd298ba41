"""The lock file in a pipeline: the newest before an apply, and the changed one committed after it.

Two merges in a row check out their own commits, which lack the lock file of the other's apply: so
the newest is that at the tip of the branch.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from bmeconf.baseline import lock_store
from bmeconf.forge.archive import NoSuchFile
from bmeconf.forge.github import GitHub
from bmeconf.forge.model import Entry, Forge
from bmeconf.model.errors import ForgeFailed, ForgeUnanswered, InvalidInput
from bmeconf.project import LOCK_FILE

MESSAGE = "Record what was applied"
PROTECTED = (
    "give this step the token of an App, or of a project, that may bypass the protection of the"
    " branch; or leave the commit out (on GitHub `commit-lock: false`), and commit the lock file of"
    " the artifact yourself; until then, plans tell less"
)


def path_of(folder: str) -> str:
    """The path of the lock file in a repository, where the project is in `folder`."""
    return str(PurePosixPath(folder.strip("/") or ".") / LOCK_FILE)


def kept(github: GitHub, run: str, artifact: str) -> bytes:
    """The lock file in an artifact of a run.

    Raises:
        InvalidInput: there is none.
    """
    found = github.artifact(run, artifact)
    if found is None:
        raise InvalidInput(f"this run left no artifact {artifact}", "look at the job that applied")
    try:
        return github.file(found, LOCK_FILE)
    except NoSuchFile as error:
        message = f"the artifact {artifact} holds no lock file: {error}"
        raise InvalidInput(message, "look at the job that applied") from error


def commit(forge: Forge, path: str, branch: str, content: bytes, since: str = "") -> bool:
    """Commit a lock file at the tip of a branch; False where it is there already.

    It takes the place of what is there. With `since`, the commit whose lock file the apply began
    with, only what the apply changed does so: other applies may have changed the rest.
    """
    entry = forge.tip(path, branch)
    if since and entry is not None:
        began = forge.tip(path, since)
        texts = (_text(began) if began else "", content.decode(errors="replace"), _text(entry))
        content = lock_store.rebased(*texts).encode()
    if entry is not None and entry.content == content:
        return False
    try:
        forge.commit(path, branch, content, entry, MESSAGE)
    except ForgeUnanswered:
        raise
    except ForgeFailed as error:
        if forge.tip(path, branch) != entry:
            raise ForgeUnanswered(f"{path} has changed on {branch} meanwhile") from error
        raise ForgeFailed(f"{path} cannot be committed: {error.message}", PROTECTED) from error
    return True


def _text(entry: Entry) -> str:
    return entry.content.decode(errors="replace")
