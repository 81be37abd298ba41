"""Links that the service led through its tracker, told apart from other changes. Pure.

The service rewrites links for tracking (API contract 4.4). A tracker's link holds the declared
link; or it is on the vendor's own domain, and nobody can know where it leads.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from urllib.parse import unquote

URL = re.compile(r"https?://([a-z0-9.-]+)(?::\d+)?((?:[/?#][^\s\\]*)?)", re.I)
VENDOR = re.compile(r"(?:.*\.)?benchmarkemail\.(?:io|com)")
"""The vendor's domains (API contract 1)."""


def known(links: Sequence[tuple[str, str]]) -> bool:
    """True if all links are as declared, or all lead through one tracker that is not declared.

    `links` are pairs of the declared and the live address of one link.
    """
    if all(our == their for our, their in links):
        return True
    web = [pair for pair in links if _on_the_web(pair[0])]
    if any(our != their for our, their in links if not _on_the_web(our)):
        return False
    matches = [URL.fullmatch(their) for _, their in web]
    hosts = {match[1].lower() if match else "" for match in matches}
    declared = {match[1].lower() for our, _ in web if (match := URL.match(our))}
    leads_to = {their: our for our, their in web}
    if len(hosts) != 1 or hosts & {"", *declared} or len(leads_to) != len(set(web)):
        return False
    return VENDOR.fullmatch(hosts.pop()) is not None or all(
        match is not None and _carries(match[2], our)
        for (our, _), match in zip(web, matches, strict=True)
    )


def _on_the_web(url: str) -> bool:
    return url.lower().startswith(("http:", "https:"))


def _carries(rest: str, url: str) -> bool:
    """True if `rest`, what follows the host of a link, holds `url` whole, plain or encoded."""
    if rest.endswith((f"/{url}", f"={url}")):
        return True
    path, _, query = rest.partition("?")
    pieces = [*path.split("/"), *(part.partition("=")[2] for part in re.split("[&;#]", query))]
    return any(url in (unquote(p), unquote(unquote(p)), _decoded(unquote(p))) for p in pieces if p)


def _decoded(piece: str) -> str:
    plain = piece.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
