"""Project data and the environment -> the account of this run, with its key (design 2).

The only module that knows where credentials come from and where they may go. A key is wrapped in
`Secret` the moment it is read, and only given out for a host that may have it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from bmeconf.model.errors import Guarded, InvalidInput, did_you_mean

VENDOR_DOMAINS = ("benchmarkemail.io", "benchmarkemail.com")
ACCOUNT_VARIABLE = "BMECONF_ACCOUNT"
URL_VARIABLE = "BMECONF_BASE_URL"
KEY_VARIABLE = "BMECONF_API_KEY"
HOSTS_VARIABLE = "BMECONF_ALLOW_HOSTS"
HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


class Secret:
    """A text that no repr, str, format or traceback shows; `reveal()` is the one way to it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not to be copied or stored")


@dataclass(frozen=True)
class KnownDrift:
    """A difference that somebody answers for until a day (design 2)."""

    address: str
    field: str
    reason: str
    expires: date
    owner: str | None = None


@dataclass(frozen=True)
class Policy:
    """What the project allows; None means that nothing was said."""

    seeds: tuple[str, ...] | None = None
    max_deletes: int | None = None
    known_drift: tuple[KnownDrift, ...] = ()


@dataclass(frozen=True)
class AccountEntry:
    """An account as the project file declares it; the key is only named, never held."""

    name: str
    base_url: str
    api_key_env: str
    vars: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Project:
    """The project file as data; `manifests` is None where it does not say (design 2).

    `has_file` is False where there is no project file, and all the rest is as if it said nothing.
    """

    root: Path
    manifests: tuple[str, ...] | None = None
    accounts: Mapping[str, AccountEntry] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    has_file: bool = False


@dataclass(frozen=True)
class Account:
    """The account of a run: `base_url` is an origin without path; `notes` are for the user."""

    name: str | None
    base_url: str
    key: Secret
    vars: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def choose(project: Project, name: str | None, environ: Mapping[str, str]) -> AccountEntry | None:
    """The declared account of this run: --account, else BMECONF_ACCOUNT, else the only one.

    None where the project declares no account. Raises InvalidInput for an unknown name, and
    where several are declared and none is named (design 2).
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
    """The account of this run with its key.

    Raises InvalidInput where the URL or the key is missing or malformed, Guarded where the
    host may not have a key: neither the vendor's, nor loopback, nor allowed by the operator
    through `allow_hosts` (--allow-host) or BMECONF_ALLOW_HOSTS (design 2).
    """
    entry = choose(project, name, environ)
    url = base_url(entry.base_url) if entry else _url_from_environment(project, environ)
    _guard_host(urlsplit(url), _allowed(allow_hosts, environ))
    key, notes = _key(entry, environ)
    if entry is None:
        return Account(None, url, key, notes=notes)
    idle = _idle(entry, environ)
    notes += (f'{idle}: bmeconf.yaml declares the account "{entry.name}"',) if idle else ()
    return Account(entry.name, url, key, entry.vars, notes)


def base_url(text: str) -> str:
    """`text` as an origin, `https://host[:port]`: a trailing `/` or `/api` is taken off.

    Raises InvalidInput for anything that is not a plain http(s) origin (API contract 1.1).
    """
    cleaned = text.strip()
    parts, port = _split(cleaned)
    host = (parts.hostname or "").removesuffix(".")
    if parts.scheme not in ("http", "https"):
        raise _malformed("it must begin with https://")
    if "@" in parts.netloc:
        raise _malformed("it must not carry a user name or password")
    if not (_is_ipv6(host) or HOST.fullmatch(host)):
        raise _malformed("its host is not a plain host name")
    if parts.query or parts.fragment or parts.path.rstrip("/") not in ("", "/api"):
        raise _malformed("it must end after the host; bmeconf adds the path")
    origin = f"[{host}]" if _is_ipv6(host) else host
    return f"{parts.scheme}://{origin}" + (f":{port}" if port else "")


def _split(text: str) -> tuple[SplitResult, int | None]:
    if re.search(r"[\s\\\x00-\x1f\x7f]", text) or not text.isascii():
        raise _malformed("it holds blanks or special characters")
    try:
        parts = urlsplit(text)
        return parts, parts.port
    except ValueError:
        raise _malformed("its host or port cannot be read") from None


def _malformed(reason: str) -> InvalidInput:
    return InvalidInput(
        f"the base URL cannot be used: {reason}",
        "copy it from the API Keys page, for example https://api-us-west-2-a.benchmarkemail.io",
    )


def _none_declared(project: Project) -> str:
    return "bmeconf.yaml declares none" if project.has_file else "there is no bmeconf.yaml here"


def _url_from_environment(project: Project, environ: Mapping[str, str]) -> str:
    url = environ.get(URL_VARIABLE, "").strip()
    if not url:
        raise InvalidInput(
            f"no account: {_none_declared(project)}",
            f"set {URL_VARIABLE} and {KEY_VARIABLE}, or declare an account, or use --sandbox",
        )
    try:
        return base_url(url)
    except InvalidInput as error:
        raise InvalidInput(f"{URL_VARIABLE}: {error.message}", error.remedy) from None


def _idle(entry: AccountEntry, environ: Mapping[str, str]) -> str:
    """Words for the variables that would name the account, were not `entry` declared; or none."""
    names = {URL_VARIABLE, KEY_VARIABLE} - {entry.api_key_env}
    given = {URL_VARIABLE: environ.get(URL_VARIABLE, "").strip().rstrip("/")}
    given[KEY_VARIABLE] = environ.get(KEY_VARIABLE, "").strip()
    idle = sorted(name for name in names if given[name] and given[name] != entry.base_url)
    return (
        f"{' and '.join(idle)} {'are' if len(idle) > 1 else 'is'} set but not used" if idle else ""
    )


def _key(entry: AccountEntry | None, environ: Mapping[str, str]) -> tuple[Secret, tuple[str, ...]]:
    """The key in the variable that `entry` names; its text never goes into a message."""
    variable = entry.api_key_env if entry else KEY_VARIABLE
    key = environ.get(variable, "").strip(" \t")
    if not key.strip():
        named = f" (named by accounts.{entry.name} in bmeconf.yaml)" if entry else ""
        idle = _idle(entry, environ) if entry else ""
        raise InvalidInput(
            f"no API key: {variable} is not set{named}" + (f"; {idle}" if idle else ""),
            f"set {variable} to the API key",
        )
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
    notes = () if key.startswith("bme_") else (f"the key in {variable} does not begin with bme_",)
    return Secret(key), notes


def _guard_host(parts: SplitResult, allowed: Sequence[str]) -> None:
    host = parts.hostname or ""
    if is_loopback(host):
        return
    vendor = any(host == domain or host.endswith(f".{domain}") for domain in VENDOR_DOMAINS)
    if not (vendor or host in allowed or f"{host}:{parts.port or 443}" in allowed):
        raise Guarded(
            f"{host} is not a Benchmark Email host, so it does not get the API key",
            f"correct the base URL; if the host is yours, allow it with --allow-host {host} "
            f"or {HOSTS_VARIABLE}",
        )
    if parts.scheme != "https":
        raise Guarded(
            f"http://{host} would carry the API key in the clear", "write https:// in the base URL"
        )


def _allowed(hosts: Sequence[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    named = [*hosts, *re.split(r"[\s,]+", environ.get(HOSTS_VARIABLE, ""))]
    return tuple(_allowed_host(host.strip()) for host in named if host.strip())


def _allowed_host(text: str) -> str:
    has_port = re.search(r":\d+$", text) and not _is_ipv6(text)
    host, _, port = text.lower().rpartition(":") if has_port else (text.lower(), "", "")
    host = host.strip("[]").removesuffix(".")
    if not (_is_ipv6(host) or HOST.fullmatch(host)):
        raise InvalidInput(
            f'"{text}" cannot be allowed: it is not a host name',
            f"give plain names to --allow-host or {HOSTS_VARIABLE}, no URL and no wildcard",
        )
    return f"{host}:{port}" if port else host


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine itself: 127.0.0.0/8, ::1 or localhost (design 2)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback and (address.version == 4 or address == ipaddress.IPv6Address("::1"))


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 6 and "%" not in host
    except ValueError:
        return False
