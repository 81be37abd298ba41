"""Names and addresses as identity sees them, and the ways in which one may be written. Pure.

An address has one form in which two compare: a domain may be written in Unicode, or in the ASCII
that mail is sent with. People are shown it as they wrote it.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

DOTS = re.compile("[.\u3002\uff0e\uff61]")
"""What divides the labels of a domain, in any script."""
PORTS = {"http": 80, "https": 443}


def canonical_name(text: str) -> str:
    """A name as identity sees it: NFC, outer blanks trimmed (design 7.3)."""
    return unicodedata.normalize("NFC", text).strip()


def written_email(text: str) -> str:
    """An email as people are shown it: NFC, trimmed and lower-cased."""
    return unicodedata.normalize("NFC", text.strip().lower())


def canonical_email(text: str) -> str:
    """An email as identity sees it (API contract 6, question 18): its domain in ASCII as well."""
    plain = text.isascii() and text.islower() and text.isprintable()
    if plain and " " not in text and not text.endswith("."):
        # As most are.
        return text
    local, at, domain = written_email(text).rpartition("@")
    return f"{local}{at}{canonical_domain(domain)}"


def canonical_domain(text: str) -> str:
    """A domain as mail is sent to it: lower-cased, in ASCII as far as its labels are names."""
    domain = written_email(text).rstrip(".")
    return domain if domain.isascii() else ".".join(map(_to_ascii, DOTS.split(domain)))


def spellings(email: str) -> tuple[str, ...]:
    """The ways in which an account may have stored an address, its canonical form first."""
    canonical = canonical_email(email)
    if canonical.isascii() and "xn--" not in canonical:
        return (canonical,)
    local, at, domain = canonical.rpartition("@")
    forms = [canonical, f"{local}{at}{'.'.join(map(_to_unicode, domain.split('.')))}"]
    forms += [unicodedata.normalize("NFD", form) for form in forms]
    return tuple(dict.fromkeys(forms))


def respelled(declared: Any, live: Any) -> Any:
    """`live`, an address or several, written as in `declared` where they are the same ones."""
    if isinstance(live, tuple):
        own = {canonical_email(email): email for email in declared or ()}
        return tuple(sorted(own.get(canonical_email(email), email) for email in live))
    same = declared and live and canonical_email(declared) == canonical_email(live)
    return declared if same else live


def canonical_text(text: str | None) -> str | None:
    """A short text as comparison sees it: NFC, LF, outer blanks trimmed, empty is None."""
    if text is None:
        return None
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip() or None


def _to_ascii(label: str) -> str:
    if label.isascii():
        return label
    # Loaded here: most projects never need it.
    import idna

    try:
        return idna.encode(label, uts46=True).decode("ascii")
    except idna.IDNAError:
        return label


def _to_unicode(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    import idna

    try:
        return idna.decode(label)
    except idna.IDNAError:
        return label


def canonical_server(base_url: str) -> str:
    """A base URL in the form that all spellings of its server share; another text as it is.

    Case, a last dot, the port of the scheme, and the names of this machine make no difference.
    """
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError:
        return base_url
    if parts.scheme not in PORTS:
        return base_url
    from ipaddress import ip_address

    host = (parts.hostname or "").removesuffix(".")
    with suppress(ValueError):
        host = str(ip_address(host))
    if host in ("localhost", "::1"):
        host = "127.0.0.1"
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if port in (None, PORTS[parts.scheme]) else f":{port}")
