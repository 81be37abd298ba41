"""How much a service takes at a time: more and more is asked for, until it is too much. Pure.

A service refuses what is too much, or cuts it down without a word (API contract 6, question 7).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bmeconf.probe.model import Untold

ROUND = (10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000)
"""Bounds that people choose, which are tried before others."""
TRIES = 9
"""Requests that one bound may take."""
USUAL = 100
"""A bound that is only known to be lower than what is asked for anyway says nothing."""
ERROR, CLAMP = "error", "clamp"


@dataclass(frozen=True)
class Bound:
    """The largest amount that is taken, and what becomes of more; `mode` is empty if not seen."""

    value: int
    mode: str
    evidence: str
    at_least: bool = False


def bound(ask: Callable[[int], int | None], most: int, there: int | None) -> Bound:
    """The bound of a page, by asking for pages of `most` rows and fewer.

    `ask` returns the number of rows that came, None for a refusal. `there` is how many exist,
    None for enough.

    Raises:
        Untold: too few exist to see whether a page is cut down.
    """
    shown = ask(most)
    if shown is None:
        return refusal(lambda size: ask(size) is None, most, TRIES - 1)
    if there is None or there >= most:
        if there is None or shown >= most:
            return Bound(most, "", f"{most:,} were taken, and more were not tried", True)
        return Bound(shown, CLAMP, f"{most:,} were asked for, and {shown:,} came")
    if shown < there:
        return Bound(shown, CLAMP, f"{most:,} were asked for, and {shown:,} of {there:,} came")
    if there < USUAL:
        raise Untold(f"{most:,} are not refused, but there are too few to see a page cut down")
    return Bound(there, "", f"all {there:,} came on one page", True)


def refusal(refused: Callable[[int], bool], most: int, tries: int) -> Bound:
    """The largest amount that is not refused, where `most` is."""
    low, high = 0, most
    while tries and high - low > 1:
        tries -= 1
        guess = _guess(low, high)
        if refused(guess):
            high = guess
        else:
            low = guess
    if not low:
        raise Untold(f"{high:,} are refused, and no smaller amount was taken")
    return Bound(low, ERROR, f"{low:,} are taken, {high:,} refused", high - low > 1)


def _guess(low: int, high: int) -> int:
    inside = [each for each in ROUND if low < each < high]
    if inside:
        return inside[len(inside) // 2]
    # A round number is rather the bound than one of the many above it.
    return low + 1 if low in ROUND else (low + high) // 2
