"""Project file, environment and lock file -> each declared account. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bmeconf.baseline import Lock
from bmeconf.model import canonical_server
from bmeconf.model.errors import BmeconfError
from bmeconf.project import AccountEntry, Project, credentials


@dataclass(frozen=True)
class KnownAccount:
    """A declared account; `trouble` and `remedy` say why no run can begin with it, if so.

    `remembered` counts the resources in its section of the lock file, None where several sections
    or accounts are of the same server: only the account itself tells which is whose.
    """

    entry: AccountEntry
    trouble: str = ""
    remedy: str = ""
    remembered: int | None = None

    @property
    def ready(self) -> bool:
        """True where a run has all that it needs to begin."""
        return not self.trouble


def known_accounts(
    project: Project, lock: Lock, environ: Mapping[str, str]
) -> Sequence[KnownAccount]:
    """The declared accounts, in the order of the project file."""
    return [_known(entry, project, lock, environ) for entry in project.accounts.values()]


def _known(
    entry: AccountEntry, project: Project, lock: Lock, environ: Mapping[str, str]
) -> KnownAccount:
    remembered = _remembered(entry, project, lock)
    try:
        credentials(project, entry.name, environ)
    except BmeconfError as error:
        return KnownAccount(entry, error.message, error.remedy, remembered)
    return KnownAccount(entry, remembered=remembered)


def _remembered(entry: AccountEntry, project: Project, lock: Lock) -> int | None:
    server = canonical_server(entry.base_url)
    alike = [e for e in project.accounts.values() if canonical_server(e.base_url) == server]
    sections = [section for section in lock.accounts.values() if _server_of(section) == server]
    if len(alike) > 1 or len(sections) > 1:
        return None
    return sum(len(section["resources"]) for section in sections)


def _server_of(section: Mapping[str, str]) -> str:
    return canonical_server(section["base_url"])
