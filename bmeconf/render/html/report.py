"""A Page rendered with the templates. Pure."""

from __future__ import annotations

import functools

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bmeconf import __version__
from bmeconf.render import safe, values
from bmeconf.render.html import show
from bmeconf.render.html.frame import POLICY, frame
from bmeconf.render.model import DONE, Page

MOST_OPEN, MOST_LOOKS = 40, 3
"""Items, and mails as they look, that are unfolded from the start."""


def render(page: Page) -> str:
    """The page as one self-contained HTML document."""
    items = [item for section in page.sections for item in section.items]
    html = (
        _templates()
        .get_template("page.html")
        .render(
            page=page,
            policy=POLICY,
            version=__version__,
            deletes=[item for item in items if item.state == "delete"],
            open_tasks=[t for s in page.sections for t in s.tasks if t.state != DONE],
            unfolded=len(items) <= MOST_OPEN,
            looks=sum(field.markup for item in items for field in item.fields) <= MOST_LOOKS,
        )
    )
    return html + "\n"


@functools.cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("bmeconf.render.html"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "bars": show.bars,
        "body_words": show.body_words,
        "diff": show.diff,
        "frame": frame,
        "inbox": show.inbox,
        "kind": show.kind,
        "members": show.members,
        "name": show.name,
        "number": "{:,}".format,
        "utc": values.utc,
        "value": show.value,
    }
    return environment


def _harmless(value: object) -> object:
    return value if isinstance(value, Markup) else safe.line(str(value))
