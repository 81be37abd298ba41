"""Pulled -> Page: the files, and what they leave out. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bmeconf.model import PULL_FORMAT, Finding, counted
from bmeconf.pull import Pulled
from bmeconf.render.documents.pull import file_state
from bmeconf.render.model import InText, Page, PageItem, Section, filled
from bmeconf.render.page.extent import tally
from bmeconf.render.page.failure import finding_items

MOST_FINDINGS = 50
"""So many of each section are shown; an account may be full of them."""
SIGNS = {"written": "+", "overwritten": "~", "unchanged": "="}
EMPTY = "What is empty in the account is left out as well, and so is not managed."


def of_pulled(pulled: Pulled, account: str, next_commands: Sequence[str] = ()) -> Page:
    """What a pull wrote and left out.

    `account` names it for people, `next_commands` are what to type after it.
    """
    states = {path: file_state(path, pulled) for path in pulled.files}
    files = tuple(PageItem(SIGNS[state], path, state, "") for path, state in states.items())
    declared = ", ".join(tally(pulled.counts)) or "nothing"
    same = f", {len(pulled.unchanged)} of them unchanged" if pulled.unchanged else ""
    fields = [counted(pulled.fields, "single field")] if pulled.fields else []
    missing = ", ".join([*tally(pulled.missing), *fields])
    not_managed = f"Left out: {missing}. {EMPTY}" if missing else EMPTY
    return Page(
        document=PULL_FORMAT,
        title="Pull",
        account=account,
        verdict=f"Pulled: {declared}, in {counted(len(files), 'file')}{same}.",
        mood="warn" if missing or pulled.other_findings else "good",
        counts=tuple((kind, number) for kind, number in pulled.counts.items() if number),
        sections=filled(
            Section("Files", files, in_text=InText.BRIEF),
            _section("Left out", [each.finding for each in pulled.left_out]),
            _section("Other manifests", pulled.other_findings),
            Section("Not managed", text=not_managed, in_text=InText.BRIEF),
        ),
        price=f"Read with {counted(pulled.requests, 'request')}.",
        next_commands=tuple(next_commands),
    )


def _section(title: str, findings: Sequence[Finding]) -> Section:
    more = len(findings) - MOST_FINDINGS
    text = f"{more:,} more like these; --format json names them all." if more > 0 else ""
    return Section(title, finding_items(findings[:MOST_FINDINGS]), text=text, in_text=InText.BRIEF)
