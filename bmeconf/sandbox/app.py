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

_ROUTES = (
    *api.ROUTES,
    *(
        Route(_METHODS, path, None, api.unknown_path)
        for path in ("/api", "/api/", "/api/<path:rest>")
    ),
)


def create(runtime: Runtime) -> Flask:
    """The application for a runtime."""
    app = Flask("bmeconf.sandbox", static_folder=None, template_folder=None)
    # A mail in a form may be long; the default limit of Flask is half a megabyte.
    app.config["MAX_FORM_MEMORY_SIZE"] = _LONGEST_FORM
    app.url_map = _paths()
    for route in _ROUTES:
        app.view_functions[f"{route.method} {route.path}"] = _api_view(runtime, route)
    for method, path, door in sidedoor.DOORS:
        app.view_functions[f"{method} {path}"] = _door_view(runtime, door)
    for page_path in page.PATHS:
        endpoint = f"{page_path.method} {page_path.path}"
        app.view_functions[endpoint] = _page_view(runtime, page_path)
    app.register_error_handler(HTTPException, _unmatched)
    return app


@functools.cache
def _paths() -> Map:
    """The paths, the same for all applications: compiling them takes most of a start."""
    pairs = [(route.method, route.path) for route in _ROUTES]
    pairs += [(method, path) for method, path, _ in sidedoor.DOORS]
    pairs += [(page_path.method, page_path.path) for page_path in page.PATHS]
    rules = [
        Rule(path, methods=methods.split(), endpoint=f"{methods} {path}") for methods, path in pairs
    ]
    return Map(rules, merge_slashes=False)


def _api_view(runtime: Runtime, route: Route) -> Callable[..., Response]:
    return lambda **args: api.serve(runtime, route, args, request)


def _door_view(runtime: Runtime, door: sidedoor.Door) -> Callable[..., Response]:
    return lambda **args: sidedoor.serve(runtime, door, args, request)


def _page_view(runtime: Runtime, path: page.Path) -> Callable[..., Response]:
    return lambda **args: page.serve(runtime, path, args, request)


def _unmatched(error: HTTPException) -> Response:
    """Answer a request that no path matches: a page for a browser, else the API's envelope."""
    status = error.code or 500
    if "text/html" in request.headers.get("Accept", ""):
        return page.trouble(status, error.description or "")
    return wire.refusal(ApiError(status, error.name.replace(" ", ""), error.description or ""))
