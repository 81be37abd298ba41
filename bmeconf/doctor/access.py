"""Account, host and key, as `project.credentials` decides them for every command; no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bmeconf import project as settings
from bmeconf.doctor.model import Check, State, checked
from bmeconf.model import SANDBOX
from bmeconf.project import AccountEntry, Project

NAMES = ("account", "host", "key")
SIMULATED, NO_ACCOUNT = "not needed with --sandbox", "not looked at: the account is not known"


def choose(
    project: Project, name: str | None, environ: Mapping[str, str], simulated: bool
) -> tuple[Check, AccountEntry | None]:
    """Which account a run is on, and its entry; None where none is declared or the check failed."""
    chosen: list[AccountEntry | None] = [None]

    def look() -> Check:
        entry = settings.choose_account(project, name, environ)
        chosen.append(entry)
        if simulated:
            return Check("account", State.OK, SANDBOX)
        url = settings.account_url(project, entry, environ)
        where = f"{entry.name} of bmeconf.yaml" if entry else "the account of the environment"
        return Check("account", State.OK, f"{where}, {url}")

    check = checked("account", look)
    return check, chosen[-1]


def checks(
    project: Project,
    chosen: Check,
    entry: AccountEntry | None,
    environ: Mapping[str, str],
    allow_hosts: Sequence[str],
) -> tuple[Check, Check]:
    """Whether the host of `chosen`, the account, may have its key, and whether there is a key."""
    if chosen.error:
        (unknown,) = skipped(NO_ACCOUNT, NAMES[1:2])
        # Where none is declared, the environment has the key all the same.
        found = skipped(NO_ACCOUNT, NAMES[2:])[0] if project.accounts else key(None, environ)
        return unknown, found

    def host() -> Check:
        url = settings.account_url(project, entry, environ)
        settings.check_host(url, environ, allow_hosts)
        return Check("host", State.OK, "it may have the key")

    return checked("host", host), key(entry, environ)


def key(entry: AccountEntry | None, environ: Mapping[str, str]) -> Check:
    """Whether there is a key, and whether it looks like one. It is never shown."""

    def look() -> Check:
        _, notes = settings.account_key(entry, environ)
        if notes:
            remedy = "look at the variable; the API Keys page of the account has the key"
            return Check("key", State.WARNING, "; ".join(notes), remedy)
        variable = settings.key_variable(entry)
        return Check("key", State.OK, f"{variable} is set, and looks like a key")

    return checked("key", look)


def skipped(why: str, names: Sequence[str]) -> tuple[Check, ...]:
    """Checks that are not made, for a reason."""
    return tuple(Check(name, State.SKIPPED, why) for name in names)
