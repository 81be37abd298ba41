"""What a manifest expects of a campaign (`expect`), held against its results. Pure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from bmeconf.model import Place, Resource
from bmeconf.report.results import Results

METRICS: Mapping[str, Callable[[Results], int | Decimal | None]] = MappingProxyType(
    {
        "sent": lambda results: results.sent.count,
        "delivered": lambda results: results.delivered.count,
        "open_rate": lambda results: results.opens.rate,
        "click_rate": lambda results: results.clicks.rate,
        "bounce_rate": lambda results: results.bounces.rate,
        "hard_bounce_rate": lambda results: results.hard_bounces.rate,
        "soft_bounce_rate": lambda results: results.soft_bounces.rate,
        "complaints": lambda results: results.complaints.count,
        "unsubscribes": lambda results: results.unsubscribes.count,
    }
)
"""What a manifest may expect, and the number that decides it."""
COMPARISONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = MappingProxyType(
    {
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
        "==": operator.eq,
    }
)


class Verdict(StrEnum):
    """How an expectation ended; `OPEN` may still be decided."""

    MET = "met"
    FAILED = "failed"
    UNKNOWN = "unknown"
    OPEN = "open"


@dataclass(frozen=True)
class Expectation:
    """One expectation with its verdict.

    `live` is the number that decided; `why` says what kept the expectation from being decided.
    """

    metric: str
    threshold: str
    verdict: Verdict
    live: Decimal | None = None
    why: str = ""
    place: Place | None = None


def judge(
    desired: Resource, results: Results | None, undecided: tuple[Verdict, str]
) -> tuple[Expectation, ...]:
    """Every expectation of a campaign against its results, in the order of the manifest.

    Without results each of them has the verdict `undecided`, for the reason given there.
    """
    judged = []
    for metric, threshold in desired.intent.expect.items():
        place = desired.intent.places.get(f"expect.{metric}") or desired.intent.place
        number = METRICS[metric](results) if results else None
        if number is not None:
            live = Decimal(number)
            verdict = Verdict.MET if holds(threshold, live) else Verdict.FAILED
            judged.append(Expectation(metric, threshold, verdict, live, "", place))
            continue
        verdict, why = undecided
        if results:
            verdict, why = Verdict.UNKNOWN, "the account does not show this number"
        judged.append(Expectation(metric, threshold, verdict, None, why, place))
    return tuple(judged)


def holds(threshold: str, value: Decimal) -> bool:
    """True if `value` satisfies a comparison in its canonical form, such as `>= 20`; exact."""
    sign, _, number = threshold.partition(" ")
    return COMPARISONS[sign](value, Decimal(number))
