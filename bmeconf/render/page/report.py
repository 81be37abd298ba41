"""The delivery report as a Page: a section for each campaign that was sent, then the rest. Pure.

A number that the service does not show is a dash, never a zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo

from bmeconf.kinds import Mailing, Timing, is_ahead, only
from bmeconf.model import REPORT_FORMAT, Address, counted
from bmeconf.render.model import Page, PageItem, Section, Series, Table, filled
from bmeconf.render.page import rates
from bmeconf.render.page.failure import finding_items
from bmeconf.render.page.rates import COUNT, DASH, PERCENT, SIGNS, SUM, moment, number
from bmeconf.render.page.tasks import SENT
from bmeconf.report import (
    PERIODS,
    Delivery,
    DeliveryState,
    Link,
    Peak,
    Report,
    Results,
    Verdict,
)

MOST_LINKS = 10
SPANS = {"24hours": "24 hours", "week": "a week", "month": "a month"}
STATES = {
    DeliveryState.SENT: "sent",
    DeliveryState.NOT_SENT: "not sent yet",
    DeliveryState.NEVER_SENT: "never sent",
    DeliveryState.UNCLEAR: "unclear",
    DeliveryState.MISSING: "not in the account",
    DeliveryState.GONE: "gone",
    DeliveryState.AMBIGUOUS: "ambiguous",
}
LEVELS = {Verdict.FAILED: "error", Verdict.UNKNOWN: "warning"}
NO_BODIES: Mapping[Address, str] = {}
UNRATED = ("Sent", "Delivered", "Complaints", "Unsubscribes")
"""Results of which the service gives no rate."""


def of_report(
    report: Report, account: str, zone: tzinfo, bodies: Mapping[Address, str] = NO_BODIES
) -> Page:
    """The whole report; `account` names it for people, times are in `zone`.

    `bodies` are the declared bodies of campaigns, in HTML.
    """
    states, ends = report.states, report.verdicts
    findings = any(delivery.findings for delivery in report.deliveries)
    missed = any(delivery.missed(report.made_at) for delivery in report.deliveries)
    warn = ends[Verdict.UNKNOWN] or findings or missed or report.unread
    sent = sorted(
        (each for each in report.deliveries if each.state == DeliveryState.SENT),
        key=lambda each: each.sent_at.timestamp() if each.sent_at else 0.0,
        reverse=True,
    )
    return Page(
        document=REPORT_FORMAT,
        title="Delivery",
        account=account,
        verdict=_verdict(report),
        mood="bad" if ends[Verdict.FAILED] else "warn" if warn else "good",
        counts=(
            *((label, states[state]) for state, label in STATES.items() if states[state]),
            *((f"expectations {end}", ends[end]) for end in SIGNS if ends[end]),
        ),
        sections=(
            *rates.compared(sent, zone),
            *(
                _sent(each, report, zone)._replace(
                    tiles=tuple(rates.tiles(each, sent[number + 1 :])),
                    mail=bodies.get(each.address, ""),
                )
                for number, each in enumerate(sent)
            ),
            *_not_sent(report, zone),
            *_dashboard(report, zone),
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


# --- campaigns


def _sent(sent: Delivery, report: Report, zone: tzinfo) -> Section:
    """A campaign that was sent: when, what came of it, and how that went on."""
    engagement, results, period = sent.engagement, sent.results, report.query.period
    busiest = _busiest(engagement.peak, zone) if engagement else ""
    renamed = sent.name not in ("", sent.address.name)
    sentences = (
        _when(sent.sent_at, report.made_at, zone),
        f'Subject: "{sent.subject}".' if sent.subject else "",
        f'In the account it is called "{sent.name}".' if renamed else "",
        f"Declared lists: {', '.join(lists)}." if (lists := _lists(sent)) else "",
        f"Busiest from {busiest} opens and clicks." if busiest else "",
    )
    form = "%m-%d %H:%M" if period == PERIODS[0] else "%m-%d"
    moments = (engagement.moments if engagement else None) or ()
    opens, clicks = [(m.at, m.opens) for m in moments], [(m.at, m.clicks) for m in moments]
    return Section(
        title=str(sent.address),
        text=" ".join(filter(None, sentences)),
        items=(*_findings(sent), *_missed(sent, report.made_at, zone), *_expectations(sent)),
        tables=(_numbers(results, zone), *_links(results.links or ())) if results else (),
        series=(
            *_series(f"First opens over {SPANS[period]}", opens, zone, form),
            *_series(f"First clicks over {SPANS[period]}", clicks, zone, form),
        ),
    )


def _not_sent(report: Report, zone: tzinfo) -> tuple[Section, ...]:
    """The declared campaigns that were not sent yet, and those to look at."""
    waiting: list[PageItem] = []
    doubtful: list[PageItem] = []
    for each in report.deliveries:
        if each.state == DeliveryState.NOT_SENT:
            at = f", scheduled for {moment(each.scheduled_at, zone)}" if each.scheduled_at else ""
            waiting.append(PageItem("=", str(each.address), each.status, f"not sent yet{at}"))
            waiting += [*_missed(each, report.made_at, zone), *_expectations(each)]
        elif each.state != DeliveryState.SENT:
            doubtful += [*_findings(each), *_expectations(each)]
    return filled(
        Section("Not sent yet", tuple(waiting)), Section("Without a report", tuple(doubtful))
    )


def _findings(delivery: Delivery) -> Iterator[PageItem]:
    for item in finding_items(delivery.findings):
        yield item._replace(fails=False, must=False, place=delivery.place)


def _when(at: datetime | None, now: datetime, zone: tzinfo) -> str:
    """When a campaign was sent, which is the time that it was scheduled for."""
    if at is None:
        return "When it was sent is not shown."
    if is_ahead(at, now):
        return f"Sent before {moment(at, zone)}, the time that it was scheduled for."
    return f"Sent {moment(at, zone)}."


def _missed(delivery: Delivery, now: datetime, zone: tzinfo) -> Iterator[PageItem]:
    """That it goes out, or went out, at another time than the declared one."""
    timing = delivery.missed(now)
    if timing is None:
        return
    live, due = moment(delivery.scheduled_at, zone), moment(delivery.due, zone)
    words = {
        Timing.EARLY: f" before its time, {due}",
        Timing.UNKNOWN: f", and the account does not show for when; it should be for {due}",
    }
    yield PageItem(
        sign="!",
        address=str(delivery.address),
        state=timing,
        head=SENT[delivery.status] + words.get(timing, f", scheduled for {live} instead of {due}"),
        level="warning",
        place=delivery.place,
    )


def _lists(delivery: Delivery) -> list[str]:
    """The lists that are declared; no report of the service says to which a campaign went."""
    fields = delivery.declared.fields if delivery.declared else {}
    lists = fields.get(only(Mailing).recipients)
    return [each.name for each in lists if isinstance(each, Address)] if lists else []


def _expectations(delivery: Delivery) -> Iterator[PageItem]:
    """One that could not be decided fails too, since nobody may rely on it."""
    for expected in delivery.expectations:
        sign, mark = SIGNS[expected.verdict]
        threshold = f"expected {expected.threshold}{expected.unit}"
        head = f"{threshold}, and {expected.why}"
        if expected.live is not None:
            head = f"{rates.decisive(expected, expected.live)}, {threshold}"
        fails = expected.verdict in LEVELS
        yield PageItem(
            sign=sign,
            address=str(delivery.address),
            state=f"{expected.metric} {expected.verdict}",
            head=f"{mark} {head}",
            level=LEVELS.get(expected.verdict, ""),
            fails=fails,
            must=fails,
            place=expected.place,
        )


def _numbers(results: Results, zone: tzinfo) -> Table:
    measures = (
        ("Sent", results.sent),
        ("Delivered", results.delivered),
        ("Opened", results.opens),
        ("Clicked", results.clicks),
        ("Bounced, hard", results.hard_bounces),
        ("Bounced, soft", results.soft_bounces),
        ("Bounced, all", results.bounces),
        ("Complaints", results.complaints),
        ("Unsubscribes", results.unsubscribes),
    )
    rows = [
        (
            label,
            number(measure.count, COUNT),
            "" if label in UNRATED else number(measure.rate, PERCENT),
            moment(measure.last, zone, ""),
        )
        for label, measure in measures
    ]
    return Table(("", "Count", "Rate", "Last"), tuple(rows), numbers=(1, 2, 3))


def _links(links: Sequence[Link]) -> Iterator[Table]:
    busiest = sorted(links, key=lambda link: (-(link.total or 0), link.path or ""))
    rows = [
        (
            DASH if link.path is None else link.path,
            number(link.total, COUNT),
            number(link.unique, COUNT),
        )
        for link in busiest[:MOST_LINKS]
    ]
    if len(links) > MOST_LINKS:
        rows.append((f"{len(links) - MOST_LINKS} more; --format json has all", "", ""))
    if rows:
        yield Table(("Link", "Clicks", "People"), tuple(rows), numbers=(1, 2))


# --- the account


def _dashboard(report: Report, zone: tzinfo) -> Iterator[Section]:
    """The account's own summary, or why there is none; nothing if it was not asked for."""
    days, dashboard = report.query.past_days, report.dashboard
    if days is None:
        return
    term = counted(days, "day")
    title = f"The account, last {term}"
    if dashboard is None:
        yield Section(title, text=f"The dashboard could not be read: {report.unread}")
        return
    trends = (
        ("Sent", dashboard.sent, SUM),
        ("Delivered", dashboard.delivered, SUM),
        ("Opened", dashboard.opens, SUM),
        ("Open rate", dashboard.open_rate, PERCENT),
        ("Clicked", dashboard.clicks, SUM),
        ("Click rate", dashboard.click_rate, PERCENT),
        ("Contacts", dashboard.contacts, SUM),
    )
    rows = [
        (
            label,
            number(trend.value, form),
            rates.rise(trend.diff),
        )
        for label, trend, form in trends
    ]
    busiest = _busiest(dashboard.peak, zone)
    contacts = [(day.at, day.total) for day in dashboard.days or ()]
    yield Section(
        title,
        tables=(Table(("", "Now", f"Against the {term} before"), tuple(rows), numbers=(1, 2)),),
        series=tuple(_series("New contacts", contacts, zone, "%m-%d")),
        text=f"Most new contacts on {busiest}." if busiest else "",
    )


# --- numbers and times


def _series(
    title: str, numbers: Sequence[tuple[datetime | None, int | None]], zone: tzinfo, form: str
) -> Iterator[Series]:
    """A plot of the numbers that are known; the title says how many are not."""
    known = [(at, number) for at, number in numbers if at and number is not None]
    missing = len(numbers) - len(known)
    title += f" ({missing} of {len(numbers)} not shown)" if missing else ""
    labels = tuple(at.astimezone(zone).strftime(form) for at, _ in known)
    if any(number for _, number in known):
        yield Series(title, labels, tuple(float(number) for _, number in known))


def _busiest(peak: Peak, zone: tzinfo) -> str:
    """When most happened, and how much; empty if it is not known."""
    return f"{moment(peak.start, zone)}: {peak.total:,}" if peak.start and peak.total else ""
