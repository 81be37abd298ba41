"""What a pull wrote and left out, as text, 80 columns wide. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bmeconf.adoption.pulled import Pulled
from bmeconf.errors import counted
from bmeconf.model import STRUCTURE, Finding
from bmeconf.report import safe
from bmeconf.report.lines import Line, indented, wrapped

MOST_TOLD = 50
"""So much of what was left out is told of; an account may be full of it."""
EMPTY = "What is empty in the account is left out as well, and so is not managed."


def pulled(pulled: Pulled, account: str, next_command: str) -> list[Line]:
    """The files, what is not in them and why, the counts, and what to type next, if anything."""
    lines = [Line(safe.line(f"Account: {account}")), Line()]
    for path in pulled.files:
        sign, style = ("=", "") if path in pulled.unchanged else ("+", "create")
        lines.append(Line(safe.line(f"{sign} {path}"), style))
    lines += [Line()] if pulled.files else []
    for each in pulled.left_out[:MOST_TOLD]:
        lines += [*_finding(each.finding), Line()]
    more = len(pulled.left_out) - MOST_TOLD
    if more > 0:
        lines += [Line(f"! {more:,} more of that kind; --format json names them all"), Line()]
    lines += wrapped(_summary(pulled), style="good")
    if _names(pulled.missing) or pulled.fields:
        fields = [counted(pulled.fields, "single field")] if pulled.fields else []
        told = ", ".join([*_names(pulled.missing), *fields])
        lines += wrapped(f"Left out: {told}; see above.", style="warn")
    lines += wrapped(EMPTY)
    lines.append(Line(f"Read with {counted(pulled.requests, 'request')}."))
    return [*lines, *([Line(safe.line(f"Next: {next_command}"))] if next_command else [])]


def _summary(pulled: Pulled) -> str:
    files = counted(len(pulled.files), "file")
    same = f", {len(pulled.unchanged)} of them unchanged" if pulled.unchanged else ""
    return f"Pulled: {', '.join(_names(pulled.counts)) or 'nothing'}, in {files}{same}."


def _names(counts: Mapping[str, int]) -> list[str]:
    return [
        "the structure" if kind == STRUCTURE else counted(number, kind.removesuffix("s"))
        for kind, number in counts.items()
        if number
    ]


def _finding(finding: Finding) -> list[Line]:
    label = "note: " if finding.level == "note" else ""
    style = "warn" if finding.level == "warning" else ""
    told = f"{label}{finding.address} ({finding.code}): {finding.message}"
    return [*wrapped(told, "! ", "  ", style), *_remedy(finding)]


def _remedy(finding: Finding) -> list[Line]:
    return indented(f"→ {finding.remedy}") if finding.remedy else []
