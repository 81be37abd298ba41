"""Checkup -> Page: one line for each check, and for those skipped for one reason. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from bmeconf.doctor import Check, Checkup, State
from bmeconf.model import DOCTOR_FORMAT, counted
from bmeconf.render.model import Page, PageItem, Section, filled
from bmeconf.render.page.failure import problems_section

LEVELS = {State.FAILED: "error", State.WARNING: "warning"}


def of_checkup(checkup: Checkup, account: str, next_command: str = "") -> Page:
    """The checks as a page; `account` is empty where none was opened."""
    states = checkup.states
    counts = tuple((str(state), states[state]) for state in State if states[state])
    mood = "bad" if states[State.FAILED] else "warn" if states[State.WARNING] else "good"
    told = ", ".join(f"{number} {word}" for word, number in counts)
    return Page(
        document=DOCTOR_FORMAT,
        title="Doctor",
        account=account,
        verdict=f"{counted(states.total(), 'check')}: {told}.",
        mood=mood,
        counts=counts,
        sections=filled(
            *(Section(part, tuple(_items(checks))) for part, checks in checkup.parts.items()),
            problems_section(checkup.problems),
        ),
        price=f"Read with {counted(checkup.requests, 'request')}." if checkup.requests else "",
        next_commands=(next_command,) if next_command else (),
    )


def _items(checks: Iterable[Check]) -> Iterator[PageItem]:
    """Checks in order; those that one reason kept from being made are one item."""
    for _, group in groupby(checks, _reason):
        same = [*group]
        yield _item(same[0], ", ".join(check.name for check in same))


def _reason(check: Check) -> tuple[str, str]:
    """What a skipped check has in common with others; each other check stands alone."""
    skipped = check.state is State.SKIPPED
    return (check.message, check.remedy) if skipped else (check.name, "")


def _item(check: Check, names: str) -> PageItem:
    failed = check.state is State.FAILED
    return PageItem(
        sign="!" if check.state in LEVELS else "=",
        address=names,
        state=str(check.state),
        head=check.message,
        remedy=check.remedy,
        level=LEVELS.get(check.state, ""),
        fails=failed,
        must=failed,
    )
