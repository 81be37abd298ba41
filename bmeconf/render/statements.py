"""What a page says of single lines of manifests, for whoever shows it there. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bmeconf.model import CREATE, UPDATE, Place
from bmeconf.render.model import DONE, Page, PageItem

MANUAL = "manual_"
OPEN = (f"{MANUAL}todo",)


@dataclass(frozen=True)
class Statement:
    """One message at a place of a manifest, or of the run as a whole.

    `level` is `error`, `warning` or `note`; `code` one word for its sort, as that of a finding.
    """

    level: str
    code: str
    place: Place | None
    title: str
    message: str


def statements(page: Page, of: str = "") -> Iterator[Statement]:
    """All of a page in its order: findings, changes, manual steps; titles begin with `of`."""
    for section in page.sections:
        for item in section.items:
            level = "error" if item.fails else item.level or _level_of_step(item)
            if level:
                message = item.gist + (f"; {item.remedy}" if item.remedy else "")
                title = f"{of}{item.address or page.title}"
                yield Statement(level, item.state, item.place, title, message)
        for task in section.tasks:
            if task.state != DONE:
                level = "error" if task.fails else "note"
                title = f"{of}{task.address}"
                yield Statement(level, f"{MANUAL}{task.state}", task.place, title, task.gist)
    for part in page.parts:
        yield from statements(part, f"{part.account}: ")


def concerns(page: Page) -> Iterator[Statement]:
    """The statements about what may be wrong: no change that is planned, and no step still open."""
    for each in statements(page):
        if each.level != "note" or each.code not in (CREATE, UPDATE, *OPEN):
            yield each


def _level_of_step(item: PageItem) -> str:
    """The level of a planned change; empty for any other item."""
    if not item.is_step:
        return ""
    return "warning" if item.must else "note"
