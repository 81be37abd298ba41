"""A product in one format: a Page for people and CI, a document for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

from bmeconf.model.errors import BmeconfError
from bmeconf.render.model import Page
from bmeconf.render.safe import WIDTH, Line

TEXT, GITHUB = "text", "github"
FORMATS = (TEXT, "json", "markdown", "html", "junit", GITHUB)
"""The formats of every product; the first is the default. Pages have a renderer for each."""
PATCH = "patch"
EXTRACTS = ("sarif", "gitlab", "ics", PATCH)
"""The formats of what others take of a product: what it says of manifests, and manual steps."""
EVERY_FORMAT = (*FORMATS, *EXTRACTS)


class Product(NamedTuple):
    """What a command gives out: the page, and the same as a JSON document."""

    page: Page
    document: Mapping[str, Any]


def rendered(product: Product, format: str, width: int = WIDTH) -> Sequence[Line]:
    """The product in one of `EVERY_FORMAT`, as lines; text is `width` columns wide.

    Raises:
        InvalidInput: if it does not fit in that format.
    """
    if format == "json":
        from bmeconf.render import documents

        content: str | Sequence[Line] = documents.text(product.document)
    elif format == TEXT:
        from bmeconf.render import text

        content = text.render(product.page, width)
    else:
        # A format is imported when it is asked for: the template engine alone takes a while.
        content = import_module(f"bmeconf.render.{format}").render(product.page)
    return [*map(Line, content.split("\n")[:-1])] if isinstance(content, str) else content


def unfit(product: Product, error: BmeconfError) -> Product:
    """What stands in for a product that does not fit in a format."""
    from bmeconf.render import documents, page

    document = product.page.document
    failure = page.of_failure(document, error, account=product.page.account)
    return Product(failure, documents.failure(document, error))
