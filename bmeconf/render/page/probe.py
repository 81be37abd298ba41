"""Probed -> Page: a table of questions, answers and evidence, without the account. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bmeconf.model import PROBE_FORMAT, counted
from bmeconf.probe import Probed
from bmeconf.render.model import Page, Section, Table, filled

ANSWERED, OPEN = ("Question", "Answer", "Evidence"), ("Question", "Reason")


def of_probed(probed: Probed) -> Page:
    """The answers as a page that may be shown to anybody."""
    told = probed.told
    untold = [answer for answer in probed.answers.values() if answer.value is None]
    counts = (("told", len(told)), ("not told", len(untold)))
    questions = counted(len(probed.answers), "question")
    bad = bool(probed.errors)
    verdict = f"{questions}: {len(told)} told, {len(untold)} not told."
    if not probed.answers:
        verdict = "Not all of it is removed." if bad else "Nothing of a probe is left here."
    if probed.left:
        verdict += f" Left: {', '.join(each.noun for each in probed.left)}."
    return Page(
        document=PROBE_FORMAT,
        title="Probe",
        account="",
        verdict=verdict,
        mood="bad" if bad else "good",
        counts=counts,
        sections=filled(
            _section("Told", ANSWERED, [(a.question.words, a.words, a.evidence) for a in told]),
            _section("Not told", OPEN, [(a.question.words, a.evidence) for a in untold]),
        ),
        price=f"Asked with {counted(probed.requests, 'request')}.",
    )


def _section(title: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Section:
    return Section(title, tables=(Table(heads, (*rows,)),) if rows else ())
