"""What a pull wrote and left out, as text, 80 columns wide. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bmeconf.kinds import KINDS
from bmeconf.model import Finding
from bmeconf.model.errors import counted
from bmeconf.pull.pulled import NextCommand, Pulled
from bmeconf.render import safe
from bmeconf.render.lines import Line, indented, wrapped

MOST_TOLD = 50
"""So much of what was left out is told of; an account may be full of it."""
INSET = "      "
EMPTY = "What is empty in the account is left out as well, and so is not managed."


def pulled(pulled: Pulled, account: str, following: Sequence[NextCommand]) -> list[Line]:
    """The files, what is not in them and why, what else is declared, the counts.

    At the end what is to be typed next, if anything: commands, each with why or with nothing.
    """
    lines = [Line(safe.line(f"Account: {account}")), Line()]
    for path in pulled.files:
        lines.append(_file(path, pulled))
    lines += [Line()] if pulled.files else []
    for each in pulled.left_out[:MOST_TOLD]:
        lines += [*_finding(each.finding), Line()]
    lines += _more(len(pulled.left_out))
    for finding in pulled.other_findings[:MOST_TOLD]:
        lines += [*_finding(finding), Line()]
    lines += _more(len(pulled.other_findings))
    lines += wrapped(_summary(pulled), style="good")
    if _names(pulled.missing) or pulled.fields:
        fields = [counted(pulled.fields, "single field")] if pulled.fields else []
        told = ", ".join([*_names(pulled.missing), *fields])
        lines += wrapped(f"Left out: {told}; see above.", style="warn")
    lines += wrapped(EMPTY)
    lines.append(Line(f"Read with {counted(pulled.requests, 'request')}."))
    return [*lines, *_next(following)]


def _file(path: str, pulled: Pulled) -> Line:
    if path in pulled.unchanged:
        return Line(safe.line(f"= {path}"))
    if path in pulled.overwritten:
        return Line(safe.line(f"~ {path} (overwritten)"), "update")
    return Line(safe.line(f"+ {path}"), "create")


def _more(number: int) -> list[Line]:
    more = number - MOST_TOLD
    told = f"! {more:,} more of that kind; --format json names them all"
    return [Line(told), Line()] if more > 0 else []


def _next(following: Sequence[NextCommand]) -> Iterator[Line]:
    for number, each in enumerate(following):
        first = "Next: " if number == 0 else INSET
        yield Line(safe.line(f"{first}{each.command}{f'  # {each.why}' if each.why else ''}"))


def _summary(pulled: Pulled) -> str:
    files = counted(len(pulled.files), "file")
    same = f", {len(pulled.unchanged)} of them unchanged" if pulled.unchanged else ""
    return f"Pulled: {', '.join(_names(pulled.counts)) or 'nothing'}, in {files}{same}."


def _names(counts: Mapping[str, int]) -> list[str]:
    return [KINDS[kind].counted(number) for kind, number in counts.items() if number]


def _finding(finding: Finding) -> list[Line]:
    label = "note: " if finding.level == "note" else ""
    style = "warn" if finding.level == "warning" else ""
    told = f"{label}{finding.address} ({finding.code}): {finding.message}"
    return [*wrapped(told, "! ", "  ", style), *_remedy(finding)]


def _remedy(finding: Finding) -> list[Line]:
    return indented(f"→ {finding.remedy}") if finding.remedy else []
