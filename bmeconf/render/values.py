"""Field values and instants in words, as every format shows them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from bmeconf.kinds import replies
from bmeconf.model import Address, Value, zone_name
from bmeconf.plan import plain
from bmeconf.render import safe
from bmeconf.render.model import Field


def text(value: Value) -> str:
    """A field's value as one harmless line: texts in quotes, sets in brackets."""
    if isinstance(value, tuple):
        return "[" + ", ".join(text(member) for member in value) + "]"
    if isinstance(value, Address):
        name = f'"{safe.line(value.name)}"' if value.name else ""
        return name + (f"#{value.id}" if value.id else "")
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{safe.line(value)}"'
    if isinstance(value, Mapping):
        if not value:
            return "(defaults)"
        return ", ".join(f"{safe.line(key)}: {text(inner)}" for key, inner in value.items())
    return safe.line(str(plain(value)))


def members(before: Value, after: Value, part: bool = False) -> list[tuple[str, Value]]:
    """What goes (`-`) and what comes (`+`) where both are sets that have something in common.

    Of sets that are shown in `part` it is the members that are left out.
    """
    if not (isinstance(before, tuple) and isinstance(after, tuple)):
        return []
    old, new = ({text(member): member for member in side} for side in (before, after))
    gone = [("-", member) for key, member in old.items() if key not in new]
    came = [("+", member) for key, member in new.items() if key not in old]
    return gone + came if part or len(gone) < len(old) else []


def change(field: Field, shown: Callable[[str], str] = str) -> str:
    """A change on one line: both values, of a set only the members that go and come.

    `shown` is what a format makes of the text of a value.
    """
    both = sides(field)
    lines = [(f"{label} " if label else "") + shown(text(value)) for label, value in both]
    return (", " if any(label for label, _ in both) else " → ").join(lines)


def sides(field: Field) -> list[tuple[str, Value]]:
    """The values that tell what differs, each under its label, which is empty in a plain change."""
    changed = members(field.before, field.after, field.part)
    one, other = (side[:1].lower() + side[1:] for side in field.sides)
    if field.apart:
        labels = {"-": f"only {one}", "+": f"only {other}"}
        both: list[tuple[str, Value]] = [(one, field.before), (other, field.after)]
        return [(f"{labels[sign]}:", member) for sign, member in changed] or [
            (f"{label}:", value) for label, value in both
        ]
    return changed or [("", side) for side in (field.before, field.after)[field.new :]]


def parsed(text: str, shown: Callable[[datetime], str]) -> str:
    """An instant of the API as `shown` gives it, in UTC if it names no zone; else as it came."""
    live = replies.instant_of(text)
    try:
        return shown(live) if live else text
    except (ValueError, OverflowError):
        return text


def utc(instant: datetime) -> str:
    """An aware instant to the minute, in UTC."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def zoned(instant: datetime) -> str:
    """An aware instant to the minute, in its own zone: `2030-12-02 09:00 (UTC+01:00)`.

    In one with a name, and in UTC: `2030-12-02 09:00 Europe/Oslo (08:00 UTC)`.
    """
    if name := zone_name(instant):
        same_day = instant.astimezone(UTC).date() == instant.date()
        other = utc(instant)[11 if same_day else 0 :]
        return instant.strftime("%Y-%m-%d %H:%M ") + f"{name} ({other})"
    zone = instant.isoformat()[-6:] if instant.utcoffset() else ""
    return instant.strftime("%Y-%m-%d %H:%M ") + f"(UTC{zone})"
