"""The open manual steps of any Page as calendar entries (RFC 5545). Pure.

An entry has the same UID in every report, so that a calendar that takes it again updates it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

from bmeconf import __version__
from bmeconf.render import safe
from bmeconf.render.model import DONE, Page, Task

LONGEST = 75
"""Bytes of a line, without its end (RFC 5545, 3.1)."""
REMINDERS = ("-P1D", "-PT2H")
"""A day and two hours before."""
ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,"})


def render(page: Page) -> str:
    """A calendar; without an open step it has no entries."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//bmeconf//{__version__}//EN"]
    for each in (page, *page.parts):
        tasks = [task for section in each.sections for task in section.tasks]
        for task in tasks:
            if task.state != DONE and task.due:
                lines += _event(task, task.due, each.account, page.made_at or each.made_at)
    return "".join(f"{part}\r\n" for line in (*lines, "END:VCALENDAR") for part in _folds(line))


def _event(task: Task, due: datetime, account: str, made_at: datetime | None) -> Iterator[str]:
    name = task.address.partition("/")[2] or task.address
    summary = f"{name}: {task.what}" + (f" ({task.owner})" if task.owner else "")
    about = [f"Account: {account}"] if account else []
    about += [f"{label}: {value}" for label, value in (*task.enter, *task.facts)]
    about += [*filter(None, (task.note, task.live and f"The account shows: {task.live}"))]
    about += [f"{number}. {click}" for number, click in enumerate(task.where, 1)]
    uid = hashlib.sha256(f"{account}\0{task.address}".encode("utf-8", "replace")).hexdigest()
    yield "BEGIN:VEVENT"
    yield f"UID:{uid[:32]}@bmeconf"
    yield f"DTSTAMP:{_utc(made_at or due)}"
    yield f"DTSTART:{_utc(due)}"
    yield f"SUMMARY:{_text(summary)}"
    yield "DESCRIPTION:" + "\\n".join(map(_text, about))
    if task.link:
        yield f"URL:{task.link}"
    for trigger in REMINDERS:
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:{trigger}")
        yield from (f"DESCRIPTION:{_text(summary)}", "END:VALARM")
    yield "END:VEVENT"


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    return safe.line(text).translate(ESCAPES)


def _folds(line: str) -> Iterator[str]:
    """A line in parts of at most `LONGEST` bytes, each but the first after a blank."""
    part, size = "", 0
    for character in line:
        bytes = len(character.encode("utf-8", "replace"))
        if size + bytes > LONGEST:
            yield part
            part, size = " ", 1
        part, size = part + character, size + bytes
    yield part
