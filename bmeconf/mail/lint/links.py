"""What is wrong with one address of a mail: the gravest fault of each. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from ipaddress import ip_address
from urllib.parse import parse_qs

from bmeconf.mail.lint.model import Fault
from bmeconf.model import LintPolicy, Utm

LONGEST = 60
WHOLE = "write the whole address, as a browser shows it"
BREAKS = re.compile(r"[\t\n\r]")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=:)")
WEB = re.compile(
    r"https?://(?:[^\s/?#@]*@)?(?P<host>\[[0-9a-f:.]+\]|[^\s/?#@:\\<>\"^`|\[\]]+)(?::\d{1,5})?"
    r"(?:[/?#](?P<rest>.*))?",
    re.IGNORECASE | re.DOTALL,
)
TAGGED = re.compile(r"\{|\*\||%%|<%|%[A-Za-z_.]{3,}%")
"""A merge tag, of whichever service: what stands there when the mail is sent is not known."""
ADDRESS_END = re.compile(r"[0-9\]]")
BARE_EMAIL = re.compile(r"[^\s/?@]+@[^\s/?@]+")
SCRIPTS = ("javascript", "vbscript")
MISTYPED = re.compile(r"ttps?|htps?|hhttps?|htttps?|httpss", re.IGNORECASE)
UNCLEAR = re.compile(r"https?[;/.]?/", re.IGNORECASE)
WAITING = re.compile(
    r"\W*(?:(?:to-?do|tbd|link|url|insert|your|placeholder|here|address|website|xxx)[-_ ]?)+\W*",
    re.IGNORECASE,
)
"""Words that wait for an address."""
WAITING_HOST = re.compile(
    r"(?:.*\.)?(?:example\.(?:com|net|org)|your-?(?:site|website|domain|company|brand)\.[a-z]+|"
    r"placeholder\.com|placehold\.(?:it|co)|picsum\.photos|dummyimage\.com)"
)
"""Hosts of documents and of pictures to fill room; those in .example are for examples."""
OWN_HOST = re.compile(r"(?:.*\.)?(?:localhost|local|test|invalid|internal)")
"""Hosts that only one machine or one network knows."""


def faults(address: str, policy: LintPolicy, *, is_link: bool = True) -> Iterator[Fault]:
    """The gravest fault of an address, and what `policy.utm` misses in it.

    An address that is no link is that of a picture.
    """
    text = BREAKS.sub("", address).strip(" ")
    if TAGGED.match(text):
        return
    fault = _leads_nowhere(text, is_link) or _wrong(text, policy)
    if fault:
        yield fault
    if is_link and policy.utm:
        yield from _utm(text, policy.utm)


def _leads_nowhere(text: str, is_link: bool) -> Fault | None:
    scheme = SCHEME.match(text)
    if not text:
        message = "a link has an empty address" if is_link else "an image has an empty address"
        return Fault("empty_link", message, "write the address, or take the element out")
    if is_link and (text == "#" or (scheme and scheme[0].lower() in SCRIPTS)):
        message = f'a link leads nowhere: "{_short(text)}"'
        return Fault("empty_link", message, "write the address, or take the link out")
    if is_link and text.startswith("#"):
        message = f'"{_short(text)}" is a place within the mail, which few mail programs lead to'
        return Fault("anchor_link", message, "link to a page, or take the link out")
    return None


def _wrong(text: str, policy: LintPolicy) -> Fault | None:
    scheme = SCHEME.match(text)
    kind = scheme[0].lower() if scheme else ""
    if WAITING.fullmatch(text):
        return _waits(f'"{_short(text)}" waits for an address')
    if kind in ("http", "https"):
        return _wrong_on_the_web(text, policy)
    if kind == "file":
        return _waits(f'"{_short(text)}" is a file of one machine')
    if MISTYPED.fullmatch(kind) or UNCLEAR.match(text):
        return _malformed(text, "does not begin with https://")
    if kind == "mailto":
        receiver = text[len("mailto:") :].partition("?")[0]
        if receiver and "@" not in receiver and not TAGGED.search(receiver):
            return _malformed(text, "has no email address")
    elif kind in ("tel", "sms") and len(text) == len(kind) + 1:
        return _malformed(text, "has no number")
    elif not kind or "." in kind:
        if BARE_EMAIL.fullmatch(text):
            return _malformed(text, "has no mailto: before it")
        message = f'"{_short(text)}" is relative, and a mail is on no page'
        return Fault("relative_link", message, WHOLE)
    return None


def _wrong_on_the_web(text: str, policy: LintPolicy) -> Fault | None:
    # What stands for a merge tag may hold anything.
    web = WEB.fullmatch(text)
    if web is None:
        return None if TAGGED.search(text) else _malformed(text, "has no host")
    host = web["host"].lower().rstrip(".")
    if TAGGED.search(host):
        return None
    if OWN_HOST.fullmatch(host) or _is_private(host):
        return _waits(f"{host} is no host that readers reach")
    if WAITING_HOST.fullmatch(host) or WAITING.fullmatch(host):
        return _waits(f"{host} holds the place of a real host")
    if any(fnmatchcase(host, pattern.lower()) for pattern in policy.staging_hosts):
        message = f"{host} is a staging host of this project"
        return Fault("staging_link", message, "link to the host that readers are meant to see")
    if "." not in host and ":" not in host:
        return _malformed(text, f'has no host that readers reach: "{_short(host)}"')
    if re.search(r"\s", text) and not TAGGED.search(text):
        return _malformed(text, "has a blank in it")
    if "&amp;" in text:
        return _malformed(text, 'has "&amp;amp;" for "&"')
    if text[:5].lower() == "http:":
        message = f"an address on {host} begins with http:, which anybody on the way can read"
        return Fault("insecure_link", message, "write https:")
    return None


def _utm(text: str, utm: Utm) -> Iterator[Fault]:
    web = WEB.fullmatch(text)
    host = web["host"].lower().rstrip(".") if web else ""
    if not any(fnmatchcase(host, pattern.lower()) for pattern in utm.hosts):
        return
    given = parse_qs(text.partition("#")[0].partition("?")[2], keep_blank_values=True)
    lacking = [
        name if pattern == "*" else f"{name}={pattern}"
        for name, pattern in utm.parameters.items()
        if not any(fnmatchcase(value, pattern) and value for value in given.get(name, ()))
    ]
    if lacking:
        others = [f"{name}={given[name][0]}" for name in utm.parameters if name in given]
        found = f"; it has {', '.join(others)}" if others else ""
        message = f"a link to {host} lacks {', '.join(lacking)}{found}"
        yield Fault("utm", message, "add what policy.utm in bmeconf.yaml asks for")


def _is_private(host: str) -> bool:
    if not ADDRESS_END.match(host[-1]):
        return False
    try:
        return not ip_address(host.strip("[]")).is_global
    except ValueError:
        return False


def _waits(message: str) -> Fault:
    return Fault("placeholder_link", message, "write the address that readers are meant to see")


def _malformed(text: str, why: str) -> Fault:
    return Fault("malformed_link", f'"{_short(text)}" {why}', WHOLE)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
