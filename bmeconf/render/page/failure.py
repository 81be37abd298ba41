"""What kept a command from doing its work, and the problems of manifests -> Page. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bmeconf.model import PROBLEMS_FORMAT, Problem
from bmeconf.model.errors import BmeconfError, counted
from bmeconf.render.page.model import Page, PageItem, Section

LONGEST = 300
"""Characters of a verdict; the message itself is told in whole below it."""
TITLES = {"plan": "Plan", "result": "Apply", "problems": "Manifests"}


def of(
    document: str, error: BmeconfError, problems: Sequence[Problem] = (), account: str = ""
) -> Page:
    """A command that failed; `document` is the format that its JSON would have had."""
    kind = document.removeprefix("bmeconf.").partition("/")[0]
    # That there are problems is no news beside them.
    told = () if problems and not error.remedy else (Section("What went wrong", (item(error),)),)
    return Page(
        document=document,
        title=TITLES.get(kind, kind.capitalize()),
        account=account,
        verdict=f"Failed: {_short(error.message)}",
        mood="bad",
        sections=(*told, *_problems(problems)),
    )


def checked(problems: Sequence[Problem]) -> Page:
    """What `validate` found in the manifests."""
    levels = [problem.level for problem in problems]
    errors, others = levels.count("error"), len(levels) - levels.count("error")
    counts = [(n, what) for n, what in ((errors, "error"), (others, "other remark")) if n]
    told = ", ".join(counted(n, what) for n, what in counts)
    return Page(
        document=PROBLEMS_FORMAT,
        title=TITLES["problems"],
        account="",
        verdict=f"{told}." if counts else "The manifests are valid.",
        mood="bad" if errors else "warn" if others else "good",
        counts=tuple((what, n) for n, what in counts),
        sections=_problems(problems),
    )


def item(error: BmeconfError) -> PageItem:
    """What went wrong with a run as a whole."""
    first, *more = error.message.splitlines() or [""]
    return PageItem(
        sign="!",
        address="",
        state=error.code,
        head=first,
        notes=tuple(line.strip() for line in more),
        remedy=error.remedy,
        level="error",
        fails=True,
        must=True,
    )


def _short(message: str) -> str:
    first = message.partition("\n")[0]
    return first if len(first) <= LONGEST else f"{first[:LONGEST]}…"


def _problems(problems: Sequence[Problem]) -> tuple[Section, ...]:
    """Errors first, and kept whatever the room: remarks must not bury the one that stops a run."""
    ordered = sorted(problems, key=lambda problem: problem.level != "error")
    items = tuple(
        PageItem(
            sign="!",
            address=problem.address,
            state=problem.code,
            head=problem.message,
            level=problem.level,
            fails=problem.level == "error",
            must=problem.level == "error",
            place=problem.place,
        )
        for problem in ordered
    )
    return (Section("Problems", items),) if items else ()
