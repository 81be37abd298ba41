"""Why a command could not do its work, the problems of manifests, and findings -> Page. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bmeconf.model import PROBLEMS_FORMAT, Finding, Place, Problem, counted, once
from bmeconf.model.errors import BmeconfError
from bmeconf.render.model import InText, Page, PageItem, Section, filled

Places = Mapping[str, Place]
UNKNOWN: Places = {}
LEVELS = ("error", "warning", "note")
LONGEST = 300
"""Characters of a verdict; the message itself is shown whole below it."""
TITLES = {"plan": "Plan", "result": "Apply", "problems": "Manifests"}


def of_failure(
    document: str, error: BmeconfError, problems: Sequence[Problem] = (), account: str = ""
) -> Page:
    """A command that failed; `document` is the format that its JSON would have had."""
    kind = document.removeprefix("bmeconf.").partition("/")[0]
    # Beside the problems, a sentence that there are some is no news.
    error_items = () if problems and not error.remedy else (error_item(error),)
    message = error.message.partition("\n")[0]
    short = message if len(message) <= LONGEST else f"{message[:LONGEST]}…"
    return Page(
        document=document,
        title=TITLES.get(kind, kind.capitalize()),
        account=account,
        verdict=f"Failed: {short}",
        mood="bad",
        sections=filled(
            Section("What went wrong", error_items, in_text=InText.BRIEF),
            problems_section(problems),
        ),
    )


def of_problems(
    problems: Sequence[Problem], read: str = "", linted: Sequence[Problem] = ()
) -> Page:
    """The problems that `validate` found in manifests; `read` is what these declare, if known.

    What is wrong with several of their mails, `linted`, is said once.
    """
    problems = sorted([*problems, *once(linted)], key=lambda p: (p.place, p.address))
    levels = Counter(problem.level for problem in problems)
    counts = tuple((f"{level}s", levels[level]) for level in LEVELS if levels[level])
    found = ", ".join(counted(levels[level], level) for level in LEVELS if levels[level])
    verdict = found or "The manifests are valid"
    joint = "; read: " if found else ": "
    return Page(
        document=PROBLEMS_FORMAT,
        title=TITLES["problems"],
        account="",
        verdict=joint.join(filter(None, (verdict, read))) + ".",
        mood="bad" if levels["error"] else "warn" if counts else "good",
        counts=counts,
        sections=filled(problems_section(problems)),
    )


def with_error(page: Page, error: BmeconfError) -> Page:
    """`page`, which could not be given out as asked for; a terminal has `error` below it."""
    section = Section("What went wrong", (error_item(error),), in_text=InText.NOTHING)
    return page._replace(sections=(section, *page.sections), mood="bad")


def error_item(error: BmeconfError) -> PageItem:
    """What went wrong with a run as a whole."""
    first, *more = error.message.splitlines() or [""]
    return PageItem(
        sign="!",
        address="",
        state=error.code,
        coded=True,
        head=first,
        notes=tuple(line.strip() for line in more),
        remedy=error.remedy,
        level="error",
        fails=True,
        must=True,
    )


def finding_items(findings: Iterable[Finding], places: Places = UNKNOWN) -> tuple[PageItem, ...]:
    """Findings as items, at the places of their resources.

    Those that know a place of their own come last, and those of them that say the same as one.
    """
    findings = [*findings]
    of_resources = (each for each in findings if not each.place)
    placed = map(problem_item, once(each for each in findings if each.place))
    return (
        *(problem_item(each, places.get(str(each.address))) for each in of_resources),
        *(item._replace(located=True) for item in placed),
    )


def problem_item(finding: Finding | Problem, place: Place | None = None) -> PageItem:
    """A finding or a problem at its place, else at `place`.

    An error fails, and is kept however little room there is.
    """
    error = finding.level == "error"
    return PageItem(
        sign="!",
        address=str(finding.address),
        state=finding.code,
        coded=True,
        head=finding.message,
        remedy=finding.remedy if isinstance(finding, Finding) else "",
        level=finding.level,
        fails=error,
        must=error,
        place=finding.place or place,
    )


def problems_section(problems: Sequence[Problem]) -> Section:
    """Problems of files, errors first: other remarks must not bury the error that stops a run."""
    ordered = sorted(problems, key=lambda problem: problem.level != "error")
    return Section("Problems", tuple(map(problem_item, ordered)), in_text=InText.PLACES)
