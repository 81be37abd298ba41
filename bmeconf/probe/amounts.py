"""How much a service takes at a time, and what its replies say of limits.

In: a survey of the account. Out: notes of answers. Sources: API contract 3, 6 (questions 4, 7, 10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bmeconf.kinds import Mailing, only, replies
from bmeconf.probe.bounds import TRIES, Bound, bound, refusal
from bmeconf.probe.model import Notes, Untold
from bmeconf.probe.survey import NOBODY, Survey, either, refused, rows_of

LARGEST, MOST_GROUPS = 1000, 800
"""Amounts beyond which nothing is tried: no client needs more."""
CEILING = 10_000
"""Hits of a search index that are usually in reach (API contract 4.2.1)."""
LIMITS = {"hour_limit": "X-RateLimit-Limit", "month_quota": "X-Monthly-Limit"}
NOT_MET = "nothing was refused or cut down"


def page_size(survey: Survey, notes: Notes) -> None:
    """Of the listing that has more rows: so more can be seen."""
    lists, mails = len(rows_of(survey.all_lists)), survey.mails
    path = survey.folder if lists > mails else only(Mailing).root

    def ask(size: int) -> int | None:
        reply = survey.get(path, page=1, size=size)
        return None if refused(reply) else len(rows_of(reply))

    _put(notes, "page_max_size", bound(ask, LARGEST, max(lists, mails)))


def hit_size(survey: Survey, notes: Notes) -> None:
    """Of a search that finds everybody, where there is one."""
    filters: Sequence[Any] = [] if survey.everyone.status < 300 else [either("KEY", NOBODY)]

    def ask(size: int) -> int | None:
        reply = survey.search(filters, pageSize=size, source=["_id"])
        return None if refused(reply) else len(rows_of(reply))

    _put(notes, "search_max_size", bound(ask, LARGEST, survey.people or 0))


def groups(survey: Survey, notes: Notes) -> None:
    """With addresses that nobody has, so that nothing is found."""

    def too_many(number: int) -> bool:
        strangers = (either("KEY", f"{one}@{NOBODY}.invalid") for one in range(number))
        return refused(survey.search([*strangers], source=["_id"]))

    if too_many(MOST_GROUPS):
        found = refusal(too_many, MOST_GROUPS, TRIES - 1)
    else:
        found = Bound(MOST_GROUPS, "", f"{MOST_GROUPS:,} were taken, and more not tried", True)
    notes.put("search_max_groups", found.value, found.evidence, at_least=found.at_least)


def ceiling(survey: Survey, notes: Notes) -> None:
    """By pages of one hit each, whose number is that of the hit."""
    there = survey.people
    if there is None:
        raise Untold("how many contacts there are is not known")

    def ask(number: int) -> bool | None:
        """Whether this hit comes, None where it is refused."""
        reply = survey.search([], page=number, pageSize=1, source=["_id"])
        return None if refused(reply) else bool(rows_of(reply))

    last = ask(CEILING + 1)
    if last is None:
        found = refusal(lambda number: ask(number) is None, CEILING + 1, TRIES)
        _put(notes, "search_ceiling", found)
    elif last:
        _put(notes, "search_ceiling", Bound(CEILING + 1, "", "all of them came", True))
    elif there and not ask(there):
        found = refusal(lambda number: not ask(number), min(there, CEILING + 1), TRIES)
        evidence = f"hit {found.value:,} comes, and later ones do not"
        found = Bound(found.value, "empty", evidence, found.at_least)
        _put(notes, "search_ceiling", found)
    else:
        raise Untold(f"{there:,} hits are too few to meet one")


def limits(survey: Survey, notes: Notes) -> None:
    """As the replies that were sound say; a simulator without a limit sends no header of it."""
    for code, header in LIMITS.items():
        number = replies.count_of(survey.structures.headers.get(header))
        words = "no reply has it" if number is None else "a reply has it"
        notes.put(code, number or 0, f"{header}: {words}")


def etag(survey: Survey, notes: Notes) -> None:
    """Of every reply so far."""
    found = sum("ETag" in reply.headers for reply in survey.replies)
    notes.put("etag", found > 0, f"{found} of {len(survey.replies)} replies")


def limits_on_errors(survey: Survey, notes: Notes) -> None:
    """Beside a reply that has them."""
    if not _has_limits(survey.structures.headers):
        raise Untold("no reply has them")
    reply = survey.unknown_list
    if reply.status < 300:
        raise Untold(f"answered with {reply.status}")
    shown = _has_limits(reply.headers)
    notes.put("error_limit_headers", shown, f"a {reply.status} has {'them' if shown else 'none'}")


def _has_limits(headers: Mapping[str, str]) -> bool:
    return any(header in headers for header in LIMITS.values())


def _put(notes: Notes, code: str, found: Bound) -> None:
    notes.put(code, found.value, found.evidence, at_least=found.at_least)
    if found.mode:
        notes.put(f"{code}_mode", found.mode, found.evidence)
    else:
        notes.untold(f"{code}_mode", NOT_MET)
