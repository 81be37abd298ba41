"""The delivery report as a Page: a section for each campaign that was sent, then the rest. Pure.

A number that the service does not show is a dash, never a zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from decimal import Decimal

from bmeconf.model import REPORT_FORMAT, counted
from bmeconf.render.model import Page, PageItem, Section, Series, Table
from bmeconf.render.page.failure import finding_items
from bmeconf.report import (
    PERIODS,
    Dashboard,
    Delivery,
    DeliveryState,
    Expectation,
    Link,
    Peak,
    Report,
    Results,
    Verdict,
)

DASH = "–"
COUNT, EXACT, PERCENT, RISE = "{:,}", "{:,f}", "{:f} %", "+{:f} %"
"""How numbers are shown: all but counts digit for digit as the service gives them."""
MOST_LINKS = 10
SPANS = {"24hours": "24 hours", "week": "a week", "month": "a month"}
STATES = (
    (DeliveryState.SENT, "sent"),
    (DeliveryState.NOT_SENT, "not sent yet"),
    (DeliveryState.NEVER_SENT, "never sent"),
    (DeliveryState.UNCLEAR, "unclear"),
    (DeliveryState.MISSING, "not in the account"),
    (DeliveryState.GONE, "gone"),
    (DeliveryState.AMBIGUOUS, "ambiguous"),
)
SIGNS = {
    Verdict.MET: ("=", "✓"),
    Verdict.FAILED: ("!", "✗"),
    Verdict.UNKNOWN: ("!", "?"),
    Verdict.OPEN: ("=", "·"),
}
LEVELS = {Verdict.FAILED: "error", Verdict.UNKNOWN: "warning"}


@dataclass(frozen=True)
class Clock:
    """The time zone of a report, and its name."""

    zone: tzinfo
    name: str

    def time(self, at: datetime | None, absent: str = DASH) -> str:
        """An instant to the minute, `absent` if it is not known."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M} {self.name}" if at else absent

    def busiest(self, peak: Peak) -> str:
        """When most happened, and how much."""
        return f"{self.time(peak.start)}: {_number(peak.total, COUNT)}"


def of_report(report: Report, account: str, zone: tzinfo) -> Page:
    """The whole report; `account` names it for people, times are in `zone`."""
    clock = Clock(zone, report.query.timezone)
    states, ends = report.states, report.verdicts
    return Page(
        document=REPORT_FORMAT,
        title="Delivery",
        account=account,
        verdict=_verdict(report),
        mood=_mood(report),
        counts=(
            *((label, states[state]) for state, label in STATES if states[state]),
            *((end, ends[end]) for end in SIGNS if ends[end]),
        ),
        sections=(
            *(_sent(d, report, clock) for d in report.deliveries if d.state == DeliveryState.SENT),
            *_not_sent(report, clock),
            *_dashboard(report, clock),
        ),
        price=f"Read with {counted(report.requests, 'request')}.",
        made_at=report.made_at,
    )


def _verdict(report: Report) -> str:
    campaigns, ends = len(report.deliveries), report.verdicts
    if not campaigns:
        return "No campaign is declared."
    sent = f"{report.states[DeliveryState.SENT]} of {counted(campaigns, 'declared campaign')} sent"
    if not ends.total():
        return f"{sent}; nothing is expected of them."
    each = ", ".join(f"{ends[end]} {end}" for end in SIGNS if ends[end])
    return f"{sent}; of {counted(ends.total(), 'expectation')} {each}."


def _mood(report: Report) -> str:
    if report.verdicts[Verdict.FAILED]:
        return "bad"
    findings = any(delivery.findings for delivery in report.deliveries)
    return "warn" if report.verdicts[Verdict.UNKNOWN] or findings or report.unread else "good"


# --- campaigns


def _sent(sent: Delivery, report: Report, clock: Clock) -> Section:
    """A campaign that was sent: when, what came of it, and how that went on."""
    engagement, results = sent.engagement, sent.results
    sentences = [f"Sent {clock.time(sent.sent_at)}."]
    if not sent.sent_at:
        sentences = ["When it was sent is not shown."]
    if sent.subject:
        sentences.append(f'Subject: "{sent.subject}".')
    if sent.name and sent.name != sent.address.name:
        sentences.append(f'In the account it is called "{sent.name}".')
    if engagement and _known(engagement.peak):
        sentences.append(f"Busiest from {clock.busiest(engagement.peak)} opens and clicks.")
    span, period = SPANS[report.query.period], report.query.period
    form = "%m-%d %H:%M" if period == PERIODS[0] else "%m-%d"
    moments = (engagement.moments if engagement else None) or ()
    opens, clicks = [(m.at, m.opens) for m in moments], [(m.at, m.clicks) for m in moments]
    return Section(
        title=str(sent.address),
        text=" ".join(sentences),
        items=(*_findings(sent), *(_expectation(sent, each) for each in sent.expectations)),
        tables=(_numbers(results, clock), *_links(results.links)) if results else (),
        series=(
            *_series(f"First opens over {span}", opens, clock, form),
            *_series(f"First clicks over {span}", clicks, clock, form),
        ),
    )


def _not_sent(report: Report, clock: Clock) -> Iterator[Section]:
    """The declared campaigns that were not sent yet, and those to look at."""
    waiting: list[PageItem] = []
    doubtful: list[PageItem] = []
    for each in report.deliveries:
        expected = [_expectation(each, expected) for expected in each.expectations]
        if each.state == DeliveryState.NOT_SENT:
            at = f", scheduled for {clock.time(each.scheduled_at)}" if each.scheduled_at else ""
            head = f"not sent yet{at}"
            waiting += [PageItem("=", str(each.address), each.status, head), *expected]
        elif each.state != DeliveryState.SENT:
            doubtful += [*_findings(each), *expected]
    for title, items in (("Not sent yet", waiting), ("Without a report", doubtful)):
        if items:
            yield Section(title, tuple(items))


def _findings(delivery: Delivery) -> Iterator[PageItem]:
    for item in finding_items(delivery.findings):
        yield replace(item, fails=False, must=False, place=delivery.place)


def _expectation(delivery: Delivery, expected: Expectation) -> PageItem:
    """One expectation; if it could not be decided it fails too, since nobody may rely on it."""
    sign, mark = SIGNS[expected.verdict]
    unit = " %" if expected.metric.endswith("_rate") else ""
    head = f"expected {expected.threshold}{unit}, and {expected.why}"
    if expected.live is not None:
        head = f"{expected.live:f}{unit}, expected {expected.threshold}{unit}"
    return PageItem(
        sign=sign,
        address=str(delivery.address),
        state=f"{expected.metric} {expected.verdict}",
        head=f"{mark} {head}",
        level=LEVELS.get(expected.verdict, ""),
        fails=expected.verdict in LEVELS,
        must=expected.verdict in LEVELS,
        place=expected.place,
    )


def _numbers(results: Results, clock: Clock) -> Table:
    rows = [
        (label, _number(measure.count, COUNT), rate, clock.time(measure.last, ""))
        for label, measure, rate in (
            ("Sent", results.sent, ""),
            ("Delivered", results.delivered, ""),
            ("Opened", results.opens, _number(results.opens.rate, PERCENT)),
            ("Clicked", results.clicks, _number(results.clicks.rate, PERCENT)),
            ("Bounced, hard", results.hard_bounces, _number(results.hard_bounces.rate, PERCENT)),
            ("Bounced, soft", results.soft_bounces, _number(results.soft_bounces.rate, PERCENT)),
            ("Bounced, all", results.bounces, _number(results.bounces.rate, PERCENT)),
            ("Complaints", results.complaints, ""),
            ("Unsubscribes", results.unsubscribes, ""),
        )
    ]
    return Table(("", "Count", "Rate", "Last"), tuple(rows), numbers=(1, 2, 3))


def _links(links: Sequence[Link] | None) -> Iterator[Table]:
    if not links:
        return
    busiest = sorted(links, key=lambda link: (-(link.total or 0), link.path or ""))
    rows = [
        (
            DASH if link.path is None else link.path,
            _number(link.total, COUNT),
            _number(link.unique, COUNT),
        )
        for link in busiest[:MOST_LINKS]
    ]
    if len(links) > MOST_LINKS:
        rows.append((f"{len(links) - MOST_LINKS} more; --format json has all", "", ""))
    yield Table(("Link", "Clicks", "People"), tuple(rows), numbers=(1, 2))


# --- the account


def _dashboard(report: Report, clock: Clock) -> Iterator[Section]:
    """The account's own summary, or why there is none; nothing if it was not asked for."""
    days, dashboard = report.query.past_days, report.dashboard
    if days is None:
        return
    title = f"The account, last {counted(days, 'day')}"
    if dashboard is None:
        yield Section(title, text=f"The dashboard could not be read: {report.unread}")
        return
    busiest = f"Most new contacts on {clock.busiest(dashboard.peak)}."
    contacts = [(day.at, day.total) for day in dashboard.days or ()]
    yield Section(
        title,
        tables=(_trends(dashboard),),
        series=tuple(_series("New contacts", contacts, clock, "%m-%d")),
        text=busiest if _known(dashboard.peak) else "",
    )


def _trends(dashboard: Dashboard) -> Table:
    rows = [
        (
            label,
            _number(trend.value, form),
            _number(trend.diff, RISE if trend.diff and trend.diff > 0 else PERCENT),
        )
        for label, trend, form in (
            ("Sent", dashboard.sent, EXACT),
            ("Delivered", dashboard.delivered, EXACT),
            ("Opened", dashboard.opens, EXACT),
            ("Open rate", dashboard.open_rate, PERCENT),
            ("Clicked", dashboard.clicks, EXACT),
            ("Click rate", dashboard.click_rate, PERCENT),
            ("Contacts", dashboard.contacts, EXACT),
        )
    ]
    return Table(("", "Now", "Change"), tuple(rows), numbers=(1, 2))


def _series(
    title: str, numbers: Sequence[tuple[datetime | None, int | None]], clock: Clock, form: str
) -> Iterator[Series]:
    """A plot of the numbers that are known; the title says how many are not."""
    known = [(at, number) for at, number in numbers if at and number is not None]
    missing = len(numbers) - len(known)
    title += f" ({missing} of {len(numbers)} not shown)" if missing else ""
    labels = tuple(at.astimezone(clock.zone).strftime(form) for at, _ in known)
    if known:
        yield Series(title, labels, tuple(float(number) for _, number in known))


def _number(value: Decimal | int | None, form: str) -> str:
    return DASH if value is None else form.format(value)


def _known(peak: Peak) -> bool:
    return bool(peak.start and peak.total)
