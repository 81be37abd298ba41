"""Which URL may be an account's, and which host may have its API key (design 2)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from bmeconf.model.errors import Guarded, InvalidInput

VENDOR_DOMAINS = ("benchmarkemail.io", "benchmarkemail.com")
HOSTS_VARIABLE = "BMECONF_ALLOW_HOSTS"
HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


def origin(text: str) -> str:
    """`text` as `https://host[:port]`: a trailing `/` or `/api` is taken off.

    Raises:
        InvalidInput: it is not a plain http(s) origin (API contract 1.1).
    """
    text = text.strip()
    parts, port = _split(text)
    host = (parts.hostname or "").removesuffix(".")
    if parts.scheme not in ("http", "https"):
        raise _malformed("it must begin with https://")
    if "@" in parts.netloc:
        raise _malformed("it must not carry a user name or password")
    if not (_is_ipv6(host) or HOST.fullmatch(host)):
        raise _malformed("its host is not a plain host name")
    if parts.query or parts.fragment or parts.path.rstrip("/") not in ("", "/api"):
        raise _malformed("it must end after the host; bmeconf adds the path")
    shown = f"[{host}]" if _is_ipv6(host) else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


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


def check_host(url: str, allowed: Iterable[str]) -> None:
    """Refuse a host that may not have a key: not the vendor's, not loopback, not `allowed`.

    Raises:
        Guarded: the key would go to a stranger, or in the clear.
        InvalidInput: `allowed` holds what is no host name.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
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
    address = _ip_address(host)
    if address is None:
        return host == "localhost"
    return address.is_loopback and (address.version == 4 or str(address) == "::1")


def _is_ipv6(host: str) -> bool:
    address = _ip_address(host)
    return address is not None and address.version == 6 and "%" not in host


def _ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
