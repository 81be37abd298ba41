"""Settings and environment -> the account of a run, with its key (design 2).

The only module that knows where a key comes from. A key is wrapped in `Secret` as soon as it is
read; its text never goes into a message.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from bmeconf.model import canonical_server, counted, did_you_mean
from bmeconf.model.errors import SHORTEST_SECRET, Guarded, InvalidInput
from bmeconf.project.settings import Account, AccountEntry, Project, Secret

ACCOUNT_VARIABLE = "BMECONF_ACCOUNT"
URL_VARIABLE = "BMECONF_BASE_URL"
KEY_VARIABLE = "BMECONF_API_KEY"
VENDOR_DOMAINS = ("benchmarkemail.io", "benchmarkemail.com")
HOSTS_VARIABLE = "BMECONF_ALLOW_HOSTS"
HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


def choose_account(
    project: Project, name: str | None, environ: Mapping[str, str]
) -> AccountEntry | None:
    """The declared account of a run: --account, else BMECONF_ACCOUNT, else the only one, if any.

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


def planned_account(
    project: Project, planned: str, name: str | None, environ: Mapping[str, str]
) -> str | None:
    """The account to apply a plan in: the one `planned` for, where the project declares it.

    Raises:
        Guarded: `name`, which is --account, or BMECONF_ACCOUNT names another one.
    """
    asked = name or environ.get(ACCOUNT_VARIABLE, "").strip()
    if planned not in project.accounts:
        return name
    if asked in project.accounts and asked != planned:
        word = "--account" if name else ACCOUNT_VARIABLE
        raise Guarded(
            f'the plan was made for the account "{planned}", and {word} names "{asked}"; nothing'
            " was written",
            f"leave {word} out to apply it where it was planned, or plan again for {asked}",
        )
    return asked or planned


def credentials(
    project: Project,
    name: str | None,
    environ: Mapping[str, str],
    allow_hosts: Sequence[str] = (),
) -> Account:
    """The account of a run, with its key.

    `name` is --account, `allow_hosts` are --allow-host; BMECONF_ALLOW_HOSTS adds more.

    Raises:
        InvalidInput: the URL or the key is missing or malformed.
        Guarded: the host may not have a key.
    """
    entry = choose_account(project, name, environ)
    url = account_url(project, entry, environ)
    check_host(url, environ, allow_hosts)
    key, notes = account_key(entry, environ)
    if not entry:
        return Account(None, url, key, {}, notes)
    return Account(entry.name, url, key, entry.vars, notes)


def account_url(project: Project, entry: AccountEntry | None, environ: Mapping[str, str]) -> str:
    """The base URL of a declared account, or of the one that the environment names.

    Raises:
        InvalidInput: the URL is missing or malformed.
    """
    return origin(entry.base_url) if entry else _url_from_environment(project, environ)


def account_key(
    entry: AccountEntry | None, environ: Mapping[str, str]
) -> tuple[Secret, tuple[str, ...]]:
    """The key of such an account, and what is odd about it or about other variables.

    Raises:
        InvalidInput: the key is missing, or no key can be like that.
    """
    variable = key_variable(entry)
    unused = _unused(entry, environ) if entry else ""
    key = environ.get(variable, "").strip(" \t")
    if not key.strip():
        named = f" (named by accounts.{entry.name} in bmeconf.yaml)" if entry else ""
        raise InvalidInput(
            f"no API key: {variable} is not set{named}" + (f"; {unused}" if unused else ""),
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
    odd = [] if key.startswith("bme_") else ["does not begin with bme_"]
    if len(key) < SHORTEST_SECRET:
        odd.append(f"has {counted(len(key), 'character')}, too few for a key")
    notes: tuple[str, ...] = (f"the key in {variable} {' and '.join(odd)}",) if odd else ()
    if entry and unused:
        notes += (f'{unused}: bmeconf.yaml declares the account "{entry.name}"',)
    return Secret(key), notes


def key_variable(entry: AccountEntry | None) -> str:
    """The variable of the environment that holds the key."""
    return entry.api_key_env if entry else KEY_VARIABLE


def has_key(entry: AccountEntry | None, environ: Mapping[str, str]) -> bool:
    """True where an account is named, and there is a key for it, of whichever sort."""
    named = entry or environ.get(URL_VARIABLE, "").strip()
    return bool(named and environ.get(key_variable(entry), "").strip())


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
        URL_VARIABLE: _server(environ.get(URL_VARIABLE, "")),
        KEY_VARIABLE: environ.get(KEY_VARIABLE, "").strip(),
    }
    values.pop(entry.api_key_env, None)
    same = ("", canonical_server(entry.base_url))
    names = sorted(name for name, value in values.items() if value not in same)
    verb = "are" if len(names) > 1 else "is"
    return f"{' and '.join(names)} {verb} set but not used" if names else ""


def _server(text: str) -> str:
    try:
        return canonical_server(origin(text))
    except InvalidInput:
        return text.strip()


def origin(text: str) -> str:
    """`text` as `https://host[:port]`: a trailing `/` or `/api` is taken off.

    Raises:
        InvalidInput: it is not a plain http(s) origin (API contract 1.1).
    """
    text = text.strip()
    if re.search(r"[\s\\\x00-\x1f\x7f]", text) or not text.isascii():
        raise _malformed("it holds blanks or special characters")
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise _malformed("its host or port cannot be read") from None
    host = (parts.hostname or "").removesuffix(".")
    if parts.scheme not in ("http", "https"):
        raise _malformed("it must begin with https://")
    if "@" in parts.netloc:
        raise _malformed("it must not carry a user name or password")
    if not (_is_ipv6(host) or HOST.fullmatch(host)):
        raise _malformed("its host is not a plain host name")
    if parts.query or parts.fragment or parts.path.rstrip("/") not in ("", "/api"):
        raise _malformed("it must end after the host; bmeconf adds the path")
    return f"{parts.scheme}://{f'[{host}]' if _is_ipv6(host) else host}{port}"


def _malformed(reason: str) -> InvalidInput:
    return InvalidInput(
        f"the base URL cannot be used: {reason}",
        "copy it from the API Keys page, for example https://api-us-west-2-a.benchmarkemail.io",
    )


def check_host(url: str, environ: Mapping[str, str], allow_hosts: Iterable[str] = ()) -> None:
    """Refuse a host that may not have a key: not the vendor's, not loopback, not allowed.

    `allow_hosts` are --allow-host; BMECONF_ALLOW_HOSTS adds more.

    Raises:
        Guarded: the key would go to a stranger, or in the clear.
        InvalidInput: one of the allowed is no host name.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    allowed = [*allow_hosts, *re.split(r"[\s,]+", environ.get(HOSTS_VARIABLE, ""))]
    hosts = {_allowed(text.strip()) for text in allowed if text.strip()}
    if is_loopback(host):
        return
    vendor = any(host == domain or host.endswith(f".{domain}") for domain in VENDOR_DOMAINS)
    if not (vendor or hosts & {host, f"{host}:{parts.port or 443}"}):
        raise Guarded(
            f"{host} is not a Benchmark Email host, so it does not get the API key",
            f"correct the base URL; if the host is yours, allow it with --allow-host {host} "
            f"or {HOSTS_VARIABLE}",
        )
    if parts.scheme != "https":
        raise Guarded(
            f"http://{host} would carry the API key in the clear", "write https:// in the base URL"
        )


def _allowed(text: str) -> str:
    """An allowed host as `host` or `host:port`."""
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
    """Whether a host is this machine itself: 127.0.0.0/8, ::1 or localhost (design 2)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback and (address.version == 4 or str(address) == "::1")


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 6 and "%" not in host
    except ValueError:
        return False
