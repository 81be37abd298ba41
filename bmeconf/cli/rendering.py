"""A page and a document -> the product in every format, for the console to give out.

Everything is made when it is asked for, and once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bmeconf.cli.console import TEXT, Console, Product, Renderers
from bmeconf.model import Problem
from bmeconf.model.errors import BmeconfError, InvalidInput
from bmeconf.render.lines import Line

if TYPE_CHECKING:
    from bmeconf.render.page.model import Page

FORMATS = ("text", "json", "markdown", "html", "junit", "github")
"""What every command that has a product can print; the first is the default."""


def of(
    page: Callable[[], Page],
    document: Callable[[], Mapping[str, Any]],
    text: Callable[[], Sequence[Line]] | None = None,
    annotations: Callable[[], Sequence[Line]] | None = None,
) -> Renderers:
    """All formats of one product: `page` for people and CI, `document` for machines.

    `text` and `annotations` are its own forms where they differ from what its page gives.
    """
    from bmeconf.render import documents, github, junit, markdown, page_text

    made = functools.cache(page)
    return Renderers(
        {
            "text": text or (lambda: page_text.page(made())),
            "json": lambda: documents.text(document()),
            "markdown": lambda: markdown.page(made()),
            "html": lambda: _html(made()),
            "junit": lambda: junit.page(made()),
            "github": annotations or (lambda: github.page(made())),
        },
        summary=lambda room: markdown.page(made(), room),
    )


def despite(renderers: Renderers, format: str) -> Renderers:
    """The same, and a failure in each format in which the product cannot be made.

    So no file of an earlier run is left where this one's should be.
    """

    def made(name: str) -> Product:
        try:
            return renderers.by_format[name]()
        except InvalidInput as error:
            return failed(format, error).by_format[name]()

    by_format = {name: functools.partial(made, name) for name in renderers.by_format}
    return Renderers(by_format, renderers.summary)


def published(
    console: Console,
    renderers: Callable[[int, BmeconfError | None], Renderers],
    format: str,
    code: int,
    error: BmeconfError | None = None,
) -> int:
    """Publish a product that was only read, and return how the run ends.

    `renderers` makes it for an exit code and an error. A format that cannot be made, or a file
    that cannot be written, makes the end another, and keeps nothing else from being told.
    """
    try:
        console.publish(renderers(code, error))
    except InvalidInput as unmade:
        # What was written before tells of another end, so that all is written again.
        made = renderers(unmade.exit_code, unmade)
        console.publish_failure(despite(made, format))
        if console.format == TEXT:
            console.product(made.by_format[TEXT]())
        console.error(unmade)
        return unmade.exit_code
    return code


def _html(page: Page) -> str:
    # Jinja2 takes a while to load, and few runs ask for it.
    from bmeconf.render import html

    return html.page(page)


def failed(
    format: str, error: BmeconfError, problems: Sequence[Problem] = (), account: str = ""
) -> Renderers:
    """All formats of a failure; `format` is the document's, such as `bmeconf.plan/1`.

    `account` names the account, as far as a run that failed knows it.
    """
    from bmeconf.render import documents as document
    from bmeconf.render import github, safe
    from bmeconf.render import text as texts
    from bmeconf.render.page import failure as failure_page

    told = texts.problems(problems)[:-1] if problems else []
    return of(
        lambda: failure_page.of(format, error, problems, account),
        lambda: document.failure(format, error, problems),
        lambda: [*told, Line(safe.line(f"Error: {error.message}"))],
        lambda: github.failure(error, problems),
    )
