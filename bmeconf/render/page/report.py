"""The delivery report as a Page: a section for each campaign that was sent, then the rest. Pure.

What the service does not show is a dash, never a zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal

from bmeconf import report as delivery
from bmeconf.model import REPORT_FORMAT
from bmeconf.model.errors import counted
from bmeconf.render.model import Page, PageItem, Section, Series, Table
from bmeconf.report import (
    FAILED,
    MET,
    OPEN,
    UNKNOWN,
    Dashboard,
    Delivery,
    Engagement,
    Judged,
    Link,
    Measure,
    Peak,
    Report,
    Results,
    Trend,
)

DASH = "–"
MOST_LINKS = 10
SPANS = {"24hours": "24 hours", "week": "a week", "month": "a month"}
STATES = (
    (delivery.SENT, "sent"),
    (delivery.NOT_SENT, "not sent yet"),
    (delivery.NEVER_SENT, "never sent"),
    (delivery.UNCLEAR, "unclear"),
    (delivery.MISSING, "not in the account"),
    (delivery.GONE, "gone"),
    (delivery.AMBIGUOUS, "ambiguous"),
)
SIGNS = {MET: ("=", "✓"), FAILED: ("!", "✗"), UNKNOWN: ("!", "?"), OPEN: ("=", "·")}
LEVELS = {FAILED: "error", UNKNOWN: "warning"}


def of_report(report: Report, account: str, zone: tzinfo) -> Page:
    """The whole report; `account` names it for people, times are told in `zone`."""
    told = _Telling(report, zone)
    sections = [told.sent(one) for one in report.deliveries if one.state == delivery.SENT]
    sections += told.others()
    sections += told.dashboard()
    return Page(
        document=REPORT_FORMAT,
        title="Delivery",
        account=account,
        verdict=_verdict(report),
        mood=_mood(report),
        counts=tuple(_counts(report)),
        sections=tuple(sections),
        price=f"Read with {counted(report.requests, 'request')}.",
        made_at=report.made_at,
    )


def _verdict(report: Report) -> str:
    everyone, ends = len(report.deliveries), report.verdicts
    if not everyone:
        return "No campaign is declared."
    sent = f"{report.states[delivery.SENT]} of {counted(everyone, 'declared campaign')} sent"
    expected = ends.total()
    if not expected:
        return f"{sent}; nothing is expected of them."
    told = ", ".join(f"{ends[end]} {end}" for end in (MET, FAILED, UNKNOWN, OPEN) if ends[end])
    return f"{sent}; of {counted(expected, 'expectation')} {told}."


class _Telling:
    """One report in words, in one time zone."""

    def __init__(self, report: Report, zone: tzinfo) -> None:
        self._report, self._zone = report, zone

    def sent(self, one: Delivery) -> Section:
        """A campaign that was sent."""
        items = (*_noticed(one), *(_expectation(one, j) for j in one.judged))
        tables: tuple[Table, ...] = ()
        if one.results:
            tables = (self._numbers(one.results), *_links(one.results.links))
        return Section(
            title=str(one.address),
            text=" ".join(self._opening(one)),
            items=items,
            tables=tables,
            series=tuple(self._over_time(one.engagement)) if one.engagement else (),
        )

    def others(self) -> list[Section]:
        """The declared campaigns that were not sent, and those to look at."""
        waiting, doubtful = [], []
        for one in self._report.deliveries:
            judged = [_expectation(one, j) for j in one.judged]
            if one.state == delivery.NOT_SENT:
                at = f", scheduled for {self._when(one.scheduled_at)}" if one.scheduled_at else ""
                head = f"not sent yet{at}"
                waiting += [PageItem("=", str(one.address), one.status, head), *judged]
            elif one.state != delivery.SENT:
                doubtful += [*_noticed(one), *judged]
        parts = (("Not sent yet", waiting), ("Without a report", doubtful))
        return [Section(title, items=tuple(items)) for title, items in parts if items]

    def dashboard(self) -> list[Section]:
        """The account's own summary, or why there is none."""
        days, shown = self._report.asked.past_days, self._report.dashboard
        if days is None:
            return []
        title = f"The account, last {counted(days, 'day')}"
        if shown is None:
            return [Section(title, text=f"The dashboard could not be read: {self._report.unread}")]
        text = f"Most new contacts on {self._busiest(shown.peak)}." if _known(shown.peak) else ""
        return [
            Section(title, tables=(_trends(shown),), series=tuple(self._growth(shown)), text=text)
        ]

    def _opening(self, one: Delivery) -> Iterator[str]:
        yield (
            f"Sent {self._when(one.sent_at)}." if one.sent_at else "When it was sent is not shown."
        )
        if one.subject:
            yield f'Subject: "{one.subject}".'
        if one.name and one.name != one.address.name:
            yield f'In the account it is called "{one.name}".'
        if one.engagement and _known(one.engagement.peak):
            yield f"Busiest from {self._busiest(one.engagement.peak)} opens and clicks."

    def _numbers(self, results: Results) -> Table:
        rated = (
            ("Opened", results.opens),
            ("Clicked", results.clicks),
            ("Bounced, hard", results.hard_bounces),
            ("Bounced, soft", results.soft_bounces),
            ("Bounced, all", results.bounces),
        )
        rows = (
            _row("Sent", results.sent),
            _row("Delivered", results.delivered),
            *((label, _count(m.count), _percent(m.rate), self._last(m)) for label, m in rated),
            _row("Complaints", results.complaints),
            _row("Unsubscribes", results.unsubscribes),
        )
        return Table(("", "Count", "Rate", "Last"), rows, numbers=(1, 2, 3))

    def _last(self, measure: Measure) -> str:
        return self._when(measure.last) if measure.last else ""

    def _over_time(self, engagement: Engagement) -> Iterator[Series]:
        moments = engagement.moments or ()
        span = SPANS[self._report.asked.period]
        for title, numbers in (
            ("First opens", [(m.at, m.opens) for m in moments]),
            ("First clicks", [(m.at, m.clicks) for m in moments]),
        ):
            yield from self._series(f"{title} over {span}", numbers)

    def _growth(self, shown: Dashboard) -> Iterator[Series]:
        yield from self._series("New contacts", [(day.at, day.total) for day in shown.days or ()])

    def _series(
        self, title: str, numbers: Sequence[tuple[datetime | None, int | None]]
    ) -> Iterator[Series]:
        """A plot of what is known; where something is not, the title says so."""
        known = [(at, number) for at, number in numbers if at and number is not None]
        if not known:
            return
        hourly = self._report.asked.period == delivery.PERIODS[0] and title != "New contacts"
        form = "%m-%d %H:%M" if hourly else "%m-%d"
        labels = tuple(at.astimezone(self._zone).strftime(form) for at, _ in known)
        missing = len(numbers) - len(known)
        title += f" ({missing} of {len(numbers)} not shown)" if missing else ""
        yield Series(title, labels, tuple(float(number) for _, number in known))

    def _busiest(self, peak: Peak) -> str:
        return f"{self._when(peak.start) if peak.start else DASH}: {_count(peak.total)}"

    def _when(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%Y-%m-%d %H:%M} {self._report.asked.timezone}"


def _noticed(one: Delivery) -> Iterator[PageItem]:
    for finding in one.findings:
        yield PageItem(
            sign="!",
            address=str(finding.address),
            state=finding.code,
            head=finding.message,
            remedy=finding.remedy,
            level=finding.level,
            place=one.place,
        )


def _expectation(one: Delivery, judged: Judged) -> PageItem:
    """One expectation; what could not be decided fails too, since nobody may rely on it."""
    sign, mark = SIGNS[judged.state]
    unit = " %" if judged.metric.endswith("_rate") else ""
    wanted = f"{judged.threshold}{unit}"
    live = f"{decimal(judged.live)}{unit}, expected {wanted}"
    head = live if judged.live is not None else f"expected {wanted}, and {judged.why}"
    return PageItem(
        sign=sign,
        address=str(one.address),
        state=f"{judged.metric} {judged.state}",
        head=f"{mark} {head}",
        level=LEVELS.get(judged.state, ""),
        fails=judged.state in LEVELS,
        must=judged.state in LEVELS,
        place=judged.place,
    )


def _links(links: tuple[Link, ...] | None) -> Iterator[Table]:
    if not links:
        return
    busiest = sorted(links, key=lambda link: (-(link.total or 0), link.path or ""))
    rows = [(_text(link.path), _count(link.total), _count(link.unique)) for link in busiest]
    if len(rows) > MOST_LINKS:
        rest = f"{len(rows) - MOST_LINKS} more; --format json has all"
        rows = [*rows[:MOST_LINKS], (rest, "", "")]
    yield Table(("Link", "Clicks", "People"), tuple(rows), numbers=(1, 2))


def _trends(shown: Dashboard) -> Table:
    rows = (
        ("Sent", _whole(shown.sent), _change(shown.sent)),
        ("Delivered", _whole(shown.delivered), _change(shown.delivered)),
        ("Opened", _whole(shown.opens), _change(shown.opens)),
        ("Open rate", _percent(shown.open_rate.value), _change(shown.open_rate)),
        ("Clicked", _whole(shown.clicks), _change(shown.clicks)),
        ("Click rate", _percent(shown.click_rate.value), _change(shown.click_rate)),
        ("Contacts", _whole(shown.contacts), _change(shown.contacts)),
    )
    return Table(("", "Now", "Change"), rows, numbers=(1, 2))


def _row(label: str, measure: Measure) -> tuple[str, ...]:
    return (label, _count(measure.count), "", "")


def _text(value: str | None) -> str:
    return DASH if value is None else value


def _count(value: int | None) -> str:
    return DASH if value is None else f"{value:,}"


def _whole(trend: Trend) -> str:
    return DASH if trend.value is None else f"{trend.value:,f}"


def _percent(value: Decimal | None) -> str:
    return DASH if value is None else f"{decimal(value)} %"


def _change(trend: Trend) -> str:
    if trend.diff is None:
        return DASH
    return f"{'+' if trend.diff > 0 else ''}{decimal(trend.diff)} %"


def decimal(value: Decimal | None) -> str:
    """A number digit for digit as the service gave it."""
    return DASH if value is None else f"{value:f}"


def _known(peak: Peak) -> bool:
    return bool(peak.start and peak.total)


def _counts(report: Report) -> Iterable[tuple[str, int]]:
    states, ends = report.states, report.verdicts
    yield from ((label, states[state]) for state, label in STATES if states[state])
    yield from ((end, ends[end]) for end in SIGNS if ends[end])


def _mood(report: Report) -> str:
    if report.verdicts[FAILED]:
        return "bad"
    noticed = any(one.findings for one in report.deliveries)
    return "warn" if report.verdicts[UNKNOWN] or noticed or report.unread else "good"
