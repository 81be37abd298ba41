"""One command on several accounts -> one Page with a part for each account. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from bmeconf.model import REPORTS_FORMAT, counted
from bmeconf.model.errors import gravest
from bmeconf.render.model import Page, Section, Table

MOODS = ("good", "warn", "bad")
MOST_NAMED = 10
"""Accounts that the verdict names for each exit code; the table names all of them."""


def of_reports(parts: Mapping[str, tuple[Page, int]], left: Sequence[str] = ()) -> Page:
    """The pages of all accounts as one page, each with its exit code, by the account's name.

    `left` are the accounts that nothing was asked of, since the run was interrupted.
    """
    pages = [page._replace(account=page.account or name) for name, (page, _) in parts.items()]
    rows = [(name, str(code), page.verdict) for name, (page, code) in parts.items()]
    rows += [(name, "–", "Not looked at.") for name in left]
    counts: dict[str, int] = defaultdict(int)
    for page in pages:
        for label, number in page.counts:
            counts[label] += number
    return Page(
        document=REPORTS_FORMAT,
        title=f"{pages[0].title} of {counted(len(rows), 'account')}",
        account="",
        verdict=_verdict({name: code for name, (_, code) in parts.items()}, left),
        mood=max((page.mood for page in pages), key=MOODS.index),
        counts=tuple(counts.items()),
        sections=(
            Section("Accounts", tables=(Table(("Account", "Exit", "Result"), tuple(rows), (1,)),)),
        ),
        parts=tuple(pages),
    )


def _verdict(codes: Mapping[str, int], left: Sequence[str]) -> str:
    """How the accounts ended, the gravest first."""
    rest, ends = {**codes}, []
    while rest:
        first = gravest(rest.values())
        names = [name for name, code in rest.items() if code == first]
        ends.append(f"exit code {first}: {_named(names)}")
        rest = {name: code for name, code in rest.items() if code != first}
    ends += [f"not looked at: {_named(left)}"] if left else []
    return f"{counted(len(codes) + len(left), 'account')}; {'; '.join(ends)}."


def _named(names: Iterable[str]) -> str:
    first, more = [*names][:MOST_NAMED], len([*names]) - MOST_NAMED
    return ", ".join(first) + (f" and {more:,} more" if more > 0 else "")
