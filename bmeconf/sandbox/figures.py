"""Arithmetic of the reports: rates, differences, histograms. Pure.

In: counts and times. Out: the number objects of API contract 4.7. Rates are percent with two
decimals; a division by zero gives 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def percent(part: float, whole: float) -> float:
    """`part` in percent of `whole`."""
    return round(100 * part / whole, 2) if whole else 0.0


def growth(value: float, before: float) -> float:
    """Percent change against the preceding period."""
    return percent(value - before, before)


def trend(value: float, before: float) -> dict[str, Any]:
    """`{"value", "prev", "diff"}`."""
    return {"value": value, "prev": before, "diff": growth(value, before)}


def spread(total: int, buckets: int) -> list[int]:
    """`total` over buckets, most of it early, as opens come in; the sum is exact."""
    parts = []
    for _ in range(buckets - 1):
        parts.append((total + 1) // 2)
        total -= parts[-1]
    return [*parts, total]


def peak(rows: Sequence[dict[str, Any]], ends: Sequence[str]) -> dict[str, Any]:
    """The first largest row as `{"startDate", "endDate", "total"}`; `ends` closes each row."""
    n = max(range(len(rows)), key=lambda at: rows[at]["total"])
    return {"startDate": rows[n]["date"], "endDate": ends[n], "total": rows[n]["total"]}
