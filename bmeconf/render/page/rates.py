"""The numbers of a delivery report in words, and campaigns beside each other. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal

from bmeconf.model import counted
from bmeconf.render.model import Section, Table, Tile
from bmeconf.report import Delivery, Expectation, Verdict

DASH = "–"
COUNT, SUM, PERCENT = "{:,}", "{:,.0f}", "{:.1f} %"
"""How numbers are shown: rates with one decimal; the JSON has them digit for digit."""
SIGNS = {
    Verdict.MET: ("=", "✓"),
    Verdict.FAILED: ("!", "✗"),
    Verdict.UNKNOWN: ("!", "?"),
    Verdict.OPEN: ("=", "·"),
}
RATES = (
    ("Opened", "opens", "open_rate"),
    ("Clicked", "clicks", "click_rate"),
    ("Bounced", "bounces", "bounce_rate"),
)
"""Label, result and metric of what campaigns are compared by."""
IN_WORDS = {">=": "at least", "<=": "at most", ">": "above", "<": "below", "==": "exactly"}
MOST_BEFORE = 5
"""So many earlier campaigns make a mean."""


def compared(sent: Sequence[Delivery], zone: tzinfo) -> Iterator[Section]:
    """Several campaigns side by side, the newest first."""
    known = [each for each in sent if each.results]
    if len(known) < 2:
        return
    rows = []
    for each in known:
        results = each.results
        assert results is not None
        rates = (getattr(results, measure).rate for _, measure, _ in RATES)
        rows.append(
            (
                each.address.name,
                moment(each.sent_at, zone),
                number(results.delivered.count, COUNT),
                *(number(rate, PERCENT) for rate in rates),
                number(results.unsubscribes.count, COUNT),
            )
        )
    heads = ("Campaign", "Sent", "Delivered", "Opened", "Clicked", "Bounced", "Unsubscribed")
    yield Section(
        "Campaigns compared", tables=(Table(heads, tuple(rows), numbers=(2, 3, 4, 5, 6)),)
    )


def tiles(sent: Delivery, before: Sequence[Delivery]) -> Iterator[Tile]:
    """The rates of a campaign, against what is expected and against those sent `before`."""
    if sent.results is None:
        return
    expected = {each.metric: each for each in sent.expectations}
    for label, measure, metric in RATES:
        rates = [_rate(each, measure) for each in before[:MOST_BEFORE]]
        known = [rate for rate in rates if rate is not None]
        notes = [_expected(expected[metric])] if metric in expected else []
        if known:
            mean = number(sum(known, Decimal()) / len(known), PERCENT)
            notes.append(f"{counted(len(known), 'campaign')} before: {mean}")
        rate = number(_rate(sent, measure), PERCENT)
        yield Tile(label, rate, tuple(notes), _mood(expected.get(metric)))
    metric = "unsubscribes"
    notes = [_expected(expected[metric])] if metric in expected else []
    count = number(sent.results.unsubscribes.count, COUNT)
    yield Tile("Unsubscribed", count, tuple(notes), _mood(expected.get(metric)))


def _rate(delivery: Delivery, measure: str) -> Decimal | None:
    rate: Decimal | None = getattr(delivery.results, measure).rate if delivery.results else None
    return rate


def _expected(expectation: Expectation) -> str:
    sign, _, number = expectation.threshold.partition(" ")
    return f"{SIGNS[expectation.verdict][1]} expected: {IN_WORDS[sign]} {number}{expectation.unit}"


def _mood(expectation: Expectation | None) -> str:
    verdict = expectation.verdict if expectation else None
    return {Verdict.MET: "good", Verdict.FAILED: "bad"}.get(verdict, "") if verdict else ""


def decisive(expectation: Expectation, live: Decimal) -> str:
    """The number that decided; a rate has all its digits where one decimal would tell otherwise."""
    tells = expectation.is_met_by(round(live, 1)) == expectation.is_met_by(live)
    return PERCENT.format(live) if expectation.unit and tells else f"{live:f}{expectation.unit}"


# --- numbers and times


def moment(at: datetime | None, zone: tzinfo, absent: str = DASH) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M} {zone}" if at else absent


def number(value: Decimal | int | None, form: str) -> str:
    return DASH if value is None else form.format(value)


def rise(percent: Decimal | None) -> str:
    """A change in per cent of what it was before: a bare sign would read as points of a rate."""
    if not percent:
        return DASH if percent is None else "no change"
    return f"{number(abs(percent), PERCENT)} {'more' if percent > 0 else 'less'}"
