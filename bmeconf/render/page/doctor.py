"""Checkup -> Page: one line for each check. Pure."""

from __future__ import annotations

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
            *(Section(part, tuple(map(_item, checks))) for part, checks in checkup.parts.items()),
            problems_section(checkup.problems),
        ),
        price=f"Read with {counted(checkup.requests, 'request')}." if checkup.requests else "",
        next_commands=(next_command,) if next_command else (),
    )


def _item(check: Check) -> PageItem:
    failed = check.state is State.FAILED
    return PageItem(
        sign="!" if check.state in LEVELS else "=",
        address=check.name,
        state=str(check.state),
        head=check.message,
        remedy=check.remedy,
        level=LEVELS.get(check.state, ""),
        fails=failed,
        must=failed,
    )
