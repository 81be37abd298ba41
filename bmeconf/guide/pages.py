"""The pages of the guide, which lie beside this file in Markdown."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from pathlib import Path

from bmeconf.model import did_you_mean
from bmeconf.model.errors import InvalidInput

FOLDER = Path(__file__).parent
ORDER = (
    *("start", "manifests", "keys", "mail", "plans", "guards", "recovery", "lock", "drift"),
    *("report", "accounts", "adopting", "ci", "sandbox", "commands", "exit-codes", "environment"),
    *("codes", "safety", "faq", "glossary"),
)
"""The pages in the order in which one would read them."""
REPOSITORY = "https://github.com/bmeconf/bmeconf"
PLACE = "bmeconf/guide"
"""The folder of the pages in the repository."""
LINK = re.compile(r"!?\[([^]]*)\]\(([^)]*)\)")
"""A link or an image of Markdown: its text and its target."""


def page(name: str) -> str:
    """A page as it is written; raises InvalidInput: there is none of this name."""
    if name not in ORDER:
        raise InvalidInput(
            f'there is no page "{name}"{did_you_mean(name, ORDER)}', "`bmeconf help` lists them"
        )
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def offline(name: str) -> str:
    """A page for a terminal: a link is the command that shows its page, or an address."""
    return LINK.sub(_offline, page(name))


def _offline(link: re.Match[str]) -> str:
    text, target = link.groups()
    path = target.partition("#")[0]
    if not path:
        return text
    if "/" not in path:
        return f"{text} (`bmeconf help {path.removesuffix('.md')}`)"
    return f"{text} ({REPOSITORY}/blob/main/{posixpath.normpath(f'{PLACE}/{target}')})"


def titles() -> Mapping[str, str]:
    """The title of each page, by its name."""
    return {name: page(name).partition("\n")[0].removeprefix("# ") for name in ORDER}
