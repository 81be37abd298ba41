"""Access to page and side door, which need no key: from this machine, not from other sites.

In: Flask's request. Out: nothing, or `ApiError` 403. A browser on this machine also runs pages of
other sites. Three headers tell them apart: the requested name (`Host`), the sending site (`Origin`,
otherwise `Referer`), and the browser's comparison of the two (`Sec-Fetch-Site`).
"""

from __future__ import annotations

from flask import Request

from bmeconf.sandbox.errors import forbidden

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def check_host(request: Request) -> None:
    """Raise ApiError 403 for a foreign host name that was made to resolve to loopback."""
    host = request.headers.get("Host", "")
    name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    if (name if port.isdigit() else host).lower() not in _LOOPBACK:
        raise forbidden("The sandbox only answers to a loopback host name")


def check_program(request: Request) -> None:
    """Raise ApiError 403 for a foreign Host, or for a write from a page of another site.

    Programs send no Origin; a browser sends one with every write.
    """
    check_host(request)
    origin = request.headers.get("Origin")
    if request.method != "GET" and origin not in (None, _own(request)):
        raise forbidden("The side door refuses requests from other sites")


def check_form(request: Request) -> None:
    """Raise ApiError 403 unless a page of this server sent the form.

    Any page can send a form without asking, so that a missing header proves nothing. One header
    must prove this origin, and no header may contradict it. Another port of this machine is another
    origin, though the same site. A token would add nothing: only code of this origin could read it
    from the page, and such code passes already.
    """
    check_host(request)
    own, headers = _own(request), request.headers
    proofs = [
        headers.get("Origin") == own if "Origin" in headers else None,
        headers["Sec-Fetch-Site"] == "same-origin" if "Sec-Fetch-Site" in headers else None,
    ]
    if proofs == [None, None]:
        proofs.append(headers.get("Referer", "").startswith(f"{own}/"))
    if False in proofs:
        raise forbidden(
            "Forms are taken from the pages of this sandbox only; programs use /_sandbox"
        )


def _own(request: Request) -> str:
    return f"http://{request.headers.get('Host', '')}"
