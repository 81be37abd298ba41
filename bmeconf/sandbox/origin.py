"""Who may use what needs no key: programs and people of this machine, no page of another site.

In: Flask's request. Out: nothing, or `ApiError` 403. A browser on this machine runs pages of
everybody; three things tell them apart: the name it asked for (`Host`), the site that sends
(`Origin`, or `Referer` where there is none), and how the browser itself sees the two
(`Sec-Fetch-Site`).
"""

from __future__ import annotations

from flask import Request

from bmeconf.sandbox.errors import forbidden

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def check_host(request: Request) -> None:
    """Raises ApiError 403 for a name that was only made to resolve to loopback."""
    host = request.headers.get("Host", "")
    name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    if (name if port.isdigit() else host).lower() not in _LOOPBACK:
        raise forbidden("The sandbox only answers to a loopback host name")


def check_program(request: Request) -> None:
    """Raises ApiError 403 for a foreign Host, or for a write from a page of another site.

    Programs send no Origin; a browser sends one with every write.
    """
    check_host(request)
    origin = request.headers.get("Origin")
    if request.method != "GET" and origin not in (None, _own(request)):
        raise forbidden("The side door refuses requests from other sites")


def check_form(request: Request) -> None:
    """Raises ApiError 403 unless this form was sent by a page of this very server.

    A form can be sent by any page without asking, so here silence is no consent: a header must
    say that it is ours, and none may say otherwise. Another port of this machine is another
    origin, though the same site. No token is needed: what could read one out of the page is of
    this origin already, and would pass.
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
