"""Settings and environment -> the account of a run, with its key (design 2).

The only module that knows where a key comes from. A key is wrapped in `Secret` as soon as it is
read; its text never goes into a message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bmeconf.model import did_you_mean
from bmeconf.model.errors import InvalidInput
from bmeconf.project.origin import HOSTS_VARIABLE, check_host, origin
from bmeconf.project.settings import Account, AccountEntry, Project, Secret

ACCOUNT_VARIABLE = "BMECONF_ACCOUNT"
URL_VARIABLE = "BMECONF_BASE_URL"
KEY_VARIABLE = "BMECONF_API_KEY"


def choose_account(
    project: Project, name: str | None, environ: Mapping[str, str]
) -> AccountEntry | None:
    """The declared account of a run: --account, else BMECONF_ACCOUNT, else the only one.

    None where the project declares no account.

    Raises:
        InvalidInput: the name is unknown, or several are declared and none is named (design 2).
    """
    wanted = name or environ.get(ACCOUNT_VARIABLE, "").strip()
    declared = ", ".join(project.accounts)
    if wanted in project.accounts:
        return project.accounts[wanted]
    if wanted and not project.accounts:
        raise InvalidInput(
            f'there is no account "{wanted}": {_none_declared(project)}',
            "declare it under `accounts:` in bmeconf.yaml, or "
            + ("leave --account out" if name else f"unset {ACCOUNT_VARIABLE}"),
        )
    if wanted:
        hint = did_you_mean(wanted, project.accounts)
        raise InvalidInput(f'there is no account "{wanted}"{hint}', f"declared are: {declared}")
    if len(project.accounts) > 1:
        raise InvalidInput(
            f"the project declares several accounts: {declared}",
            f"pick one with --account NAME or {ACCOUNT_VARIABLE}",
        )
    return next(iter(project.accounts.values()), None)


def credentials(
    project: Project,
    name: str | None,
    environ: Mapping[str, str],
    allow_hosts: Sequence[str] = (),
) -> Account:
    """The account of a run, with its key.

    `name` is --account, `allow_hosts` are the operator's --allow-host; BMECONF_ALLOW_HOSTS adds
    more.

    Raises:
        InvalidInput: the URL or the key is missing or malformed.
        Guarded: the host may not have a key.
    """
    entry = choose_account(project, name, environ)
    url = origin(entry.base_url) if entry else _url_from_environment(project, environ)
    check_host(url, [*allow_hosts, *re.split(r"[\s,]+", environ.get(HOSTS_VARIABLE, ""))])
    variable = entry.api_key_env if entry else KEY_VARIABLE
    unused = _unused(entry, environ) if entry else ""
    key = environ.get(variable, "").strip(" \t")
    if not key.strip():
        named = f" (named by accounts.{entry.name} in bmeconf.yaml)" if entry else ""
        raise InvalidInput(
            f"no API key: {variable} is not set{named}" + (f"; {unused}" if unused else ""),
            f"set {variable} to the API key",
        )
    _check_key(key, variable)
    notes = []
    if not key.startswith("bme_"):
        notes.append(f"the key in {variable} does not begin with bme_")
    if entry and unused:
        notes.append(f'{unused}: bmeconf.yaml declares the account "{entry.name}"')
    return Account(
        entry.name if entry else None,
        url,
        Secret(key),
        entry.vars if entry else {},
        tuple(notes),
    )


def _url_from_environment(project: Project, environ: Mapping[str, str]) -> str:
    url = environ.get(URL_VARIABLE, "").strip()
    if not url:
        raise InvalidInput(
            f"no account: {_none_declared(project)}",
            f"set {URL_VARIABLE} and {KEY_VARIABLE}, or declare an account, or use --sandbox",
        )
    try:
        return origin(url)
    except InvalidInput as error:
        raise InvalidInput(f"{URL_VARIABLE}: {error.message}", error.remedy) from None


def _none_declared(project: Project) -> str:
    return "bmeconf.yaml declares none" if project.has_file else "there is no bmeconf.yaml here"


def _unused(entry: AccountEntry, environ: Mapping[str, str]) -> str:
    """Words for the variables that name another account than the declared one; or none."""
    values = {
        URL_VARIABLE: environ.get(URL_VARIABLE, "").strip().rstrip("/"),
        KEY_VARIABLE: environ.get(KEY_VARIABLE, "").strip(),
    }
    values.pop(entry.api_key_env, None)
    names = sorted(name for name, value in values.items() if value not in ("", entry.base_url))
    verb = "are" if len(names) > 1 else "is"
    return f"{' and '.join(names)} {verb} set but not used" if names else ""


def _check_key(key: str, variable: str) -> None:
    if "\n" in key or "\r" in key:
        raise InvalidInput(
            f"the API key in {variable} holds a line break",
            "set it to the key alone, for example with $(cat FILE) rather than a heredoc",
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise InvalidInput(
            f"the API key in {variable} holds blanks or characters that no key has",
            "copy it again from the API Keys page",
        )
