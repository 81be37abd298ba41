"""Handling of a request for a page: origin checks, view or form, headers.

In: Flask's request and the `Path` that matched. Out: the `Response`. After a successful form it
is a redirect (303), so that going back or reloading does not send the form twice.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from bmeconf.sandbox import origin
from bmeconf.sandbox.calls import Call
from bmeconf.sandbox.errors import ApiError, SandboxError
from bmeconf.sandbox.page import account, campaign_forms, contacts, lists, moments, wording
from bmeconf.sandbox.page.answers import Done, Form, Path, Raw, Refused
from bmeconf.sandbox.runtime import Runtime

PATHS: tuple[Path, ...] = (
    Path("/", account.overview),
    Path("/requests", account.requests),
    Path("/style.css", account.style),
    Path("/icon.svg", account.icon),
    *lists.PATHS,
    *contacts.PATHS,
    *campaign_forms.PATHS,
)

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # With no-referrer, forms would come with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
}


def serve(runtime: Runtime, path: Path, args: Mapping[str, str], request: Request) -> Response:
    """Answer a request; every refusal is a page with the reason."""
    try:
        if path.act is None:
            origin.check_host(request)
            return _view(runtime, path, _call(runtime, args, request), Refused())
        origin.check_form(request)
        return _act(runtime, path, path.act, _call(runtime, args, request), _form(request))
    except ApiError as error:
        return trouble(error.status, str(error))
    except SandboxError as error:
        return trouble(503, str(error))


def _call(runtime: Runtime, args: Mapping[str, str], request: Request) -> Call:
    query = request.args.to_dict()
    return Call(runtime.store, runtime.switches, runtime.now(), args, query)


def _form(request: Request) -> Form:
    fields = request.form.to_dict(flat=False)
    return Form(
        {name: [text.replace("\r\n", "\n") for text in texts] for name, texts in fields.items()}
    )


def _view(runtime: Runtime, path: Path, call: Call, refused: Refused) -> Response:
    with runtime.store.transaction():
        answer = path.view(runtime, call)
    if isinstance(answer, Raw):
        response = Response(answer.content, 200, content_type=answer.content_type)
        return _guarded(response, answer.policy)
    status = refused.error.status if refused.error else 200
    said = wording.SAID.get(call.query.get("said", ""), "")
    values = {**answer.values, "refused": refused, "said": "" if refused.error else said}
    return _page(answer.template, values, status)


def _act(
    runtime: Runtime, path: Path, act: Callable[[Call, Form], Done], call: Call, form: Form
) -> Response:
    try:
        with runtime.store.transaction():
            done = act(call, form)
    except ApiError as error:
        if error.status != 400:
            raise
        return _view(runtime, path, call, Refused(path.form, form, error))
    return _guarded(Response(status=303, headers={"Location": f"{done.where}?said={done.message}"}))


def trouble(status: int, message: str) -> Response:
    """A page that shows an HTTP error."""
    name = HTTPStatus(status).phrase
    return _page("trouble.html", {"name": name, "message": message, "said": ""}, status)


def _page(template: str, values: Mapping[str, Any], status: int) -> Response:
    text = _templates().get_template(template).render(values)
    return _guarded(Response(text, status, content_type="text/html; charset=utf-8"))


def _guarded(response: Response, policy: str = _POLICY) -> Response:
    response.headers.update(_HEADERS)
    response.headers["Content-Security-Policy"] = policy
    return response


@functools.cache
def _templates() -> Environment:
    """The environment of the templates: every value is escaped, unknown names are errors."""
    environment = Environment(
        loader=PackageLoader("bmeconf.sandbox.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "moment": moments.shown,
        "visible": wording.visible,
        "ended": wording.status,
    }
    return environment
