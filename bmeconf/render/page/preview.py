"""A gallery of previews -> Page: what was written, and what was found in it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bmeconf.model import counted
from bmeconf.preview import Gallery, Preview, State
from bmeconf.render.model import Page, PageItem
from bmeconf.render.page import plan as plan_page
from bmeconf.render.page.failure import of_problems

SIDES = ("In the account", "As declared")


def of_gallery(gallery: Gallery, pages: int, folder: str, gone: Sequence[str]) -> Page:
    """The findings; the verdict tells how many pages were written to `folder`, and removed."""
    problems = of_problems(gallery.all_problems)
    removed = f", {counted(len(gone), 'page')} removed" if gone else ""
    written = f"{counted(pages, 'page')} written to {folder}{removed}"
    return problems._replace(title="Preview", verdict=f"{written}; {verdict(gallery)}")


def verdict(gallery: Gallery) -> str:
    """How many campaigns are shown, how much was found in them, and how they stand."""
    tallies = of_problems(gallery.all_problems).tallies
    found = ", ".join(f"{number:,} {level}" for level, number in tallies)
    told = "; ".join(filter(None, (found or "nothing found", standings(gallery))))
    return f"{counted(len(gallery.previews), 'campaign')}: {told}."


def standings(gallery: Gallery) -> str:
    """How many campaigns are in each state beside the account; empty where it was not asked."""
    found = Counter(preview.live.state for preview in gallery.previews if preview.live)
    return ", ".join(f"{found[state]} {state}" for state in State if found[state])


def differences(preview: Preview) -> PageItem:
    """A campaign with the fields that the account has otherwise, as a plan shows them."""
    changes = preview.live.changes if preview.live else ()
    fields = tuple(
        plan_page.field(change, plan_page.MOVED.get(change.cause, ""))._replace(sides=SIDES)
        for change in changes
    )
    head = f"differs in {', '.join(field.name for field in fields)}"
    return PageItem("~", str(preview.address), "update", head, fields)
