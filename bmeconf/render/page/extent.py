"""What was looked at, and how much of it there is, in the words of every page. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from bmeconf.kinds import KINDS
from bmeconf.model import Address, counted
from bmeconf.plan import Plan
from bmeconf.render.model import InText, Section, Table

BRIEF = InText.BRIEF
WORDS = {"in_sync": "in sync", "manual": "manual steps", "unmanaged": "not declared"}
"""What people call some of it."""


def word(key: str) -> str:
    """What people call that which a document counts under `key`."""
    return WORDS.get(key, key)


def told(key: str, number: int) -> str:
    """How many there are of it: `2 in sync`, `1 manual step`."""
    return counted(number, "manual step") if key == "manual" else f"{number} {word(key)}"


def tally(counts: Mapping[str, int]) -> list[str]:
    """How many there are of each kind: `the structure`, `2 lists`."""
    return [KINDS[kind].counted(number) for kind, number in counts.items() if number]


def looked_at(plan: Plan, *, but: str) -> str:
    """What is said to be as declared, or not: all that was looked at, `but` for what is named."""
    if but:
        return "All else that was looked at" if plan.left_out else "All else"
    return "What was looked at" if plan.left_out else "The account"


def left_out(addresses: Collection[Address]) -> Section:
    """The resources that a run was not asked to look at."""
    kinds = tally(Counter(address.kind for address in addresses))
    text = f"Left out: {', '.join(kinds)}." if kinds else ""
    return Section("Left out", tables=address_table(map(str, addresses)), text=text, in_text=BRIEF)


def address_table(names: Iterable[str]) -> tuple[Table, ...]:
    """A table of addresses; none where there are none."""
    rows = tuple((name,) for name in names)
    return (Table(("Address",), rows),) if rows else ()


def compared_with(plan: Plan) -> Section:
    """The commit that a plan was compared with; empty if there is none."""
    since, text = plan.source.since, ""
    if since:
        whole = "" if since.complete else "; not all of it could be read"
        text = f"Since: {since.revision} ({since.commit[:12]}{whole})"
    return Section("Compared with", text=text, in_text=BRIEF)
