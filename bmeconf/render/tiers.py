"""How much of a page is told where not all of it fits, from the most to the least. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tier:
    """How much is told: lines of a diff, characters of a value, rows of a table.

    None is as much as there is. Of items that may be left out `most` are told, `whole` or in one
    line each; `bare` groups even the others by their names. `told` says what is missing.
    """

    diff: int | None = None
    value: int | None = None
    rows: int | None = None
    fields: bool = True
    whole: bool = True
    most: int | None = None
    bare: bool = False
    told: str = ""


FEW = "all but one line of each is left out, and some are only counted"
TIERS = (
    Tier(),
    Tier(diff=40, rows=200, told="long bodies and long tables are cut"),
    Tier(diff=0, rows=100, told="bodies and long tables are left out"),
    Tier(diff=0, rows=50, value=120, told="bodies and long tables are left out, long values cut"),
    Tier(diff=0, rows=20, fields=False, told="the fields of all changes are left out"),
    Tier(0, 120, 10, False, False, None, told="all but one line of each is left out"),
    *(Tier(0, 120, 0, False, False, most, told=FEW) for most in (1000, 300, 100, 0)),
    Tier(0, 120, 0, False, False, 0, True, "nothing but names and counts is left"),
)
LEAST = Tier(0, 120, 0, False, False, 0, True)
"""Of each line in what is told where no tier fits."""
