"""The Flask application: paths and their handlers.

In: a `Runtime`. Out: a WSGI application with the API under /api, the side door under /_sandbox,
and the page everywhere else.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from bmeconf.sandbox import api, page, sidedoor, wire
from bmeconf.sandbox.calls import Route
from bmeconf.sandbox.errors import ApiError
from bmeconf.sandbox.runtime import Runtime

_LONGEST_FORM = 32_000_000

_METHODS = "GET POST PUT PATCH DELETE OPTIONS"

_UNKNOWN = (
    Route(_METHODS, path, None, api.unknown_path) for path in ("/api", "/api/", "/api/<path:rest>")
)

#: methods and path, the function that answers, and the target that it takes
_TARGETS: tuple[tuple[str, str, Callable[..., Response], object], ...] = (
    *((route.method, route.path, api.serve, route) for route in (*api.ROUTES, *_UNKNOWN)),
    *((method, path, sidedoor.serve, door) for method, path, door in sidedoor.DOORS),
    *((path.method, path.path, page.serve, path) for path in page.PATHS),
)


def create(runtime: Runtime) -> Flask:
    """The application for a runtime."""
    app = Flask("bmeconf.sandbox", static_folder=None, template_folder=None)
    # A mail in a form may be long; the default limit of Flask is half a megabyte.
    app.config["MAX_FORM_MEMORY_SIZE"] = _LONGEST_FORM
    app.url_map = _paths()
    for methods, path, serve, target in _TARGETS:
        app.view_functions[f"{methods} {path}"] = _view(serve, runtime, target)
    app.register_error_handler(HTTPException, _unmatched)
    return app


@functools.cache
def _paths() -> Map:
    """The paths, the same for all applications: compiling them takes most of a start."""
    rules = [
        Rule(path, methods=methods.split(), endpoint=f"{methods} {path}")
        for methods, path, _, _ in _TARGETS
    ]
    return Map(rules, merge_slashes=False)


def _view(
    serve: Callable[..., Response], runtime: Runtime, target: object
) -> Callable[..., Response]:
    return lambda **args: serve(runtime, target, args, request)


def _unmatched(error: HTTPException) -> Response:
    """Answer a request that no path matches: a page for a browser, else the API's envelope."""
    status = error.code or 500
    if "text/html" in request.headers.get("Accept", ""):
        return page.trouble(status, error.description or "")
    return wire.refusal(ApiError(status, error.name.replace(" ", ""), error.description or ""))
