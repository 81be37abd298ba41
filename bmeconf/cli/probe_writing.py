"""`probe --write` and `--clean`: what they will do, the question, and the writes."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import click

from bmeconf.apply import Origin
from bmeconf.cli.session import Session, finishing, now
from bmeconf.client import page_of
from bmeconf.kinds import SEARCH, Member, only, replies
from bmeconf.model.errors import (
    ApiError,
    BmeconfError,
    Guarded,
    Interrupted,
    InvalidInput,
    NotFound,
)
from bmeconf.probe import (
    ENDED,
    NAME,
    Cleaning,
    Left,
    Notes,
    Probed,
    ProbeJournal,
    Remains,
    Survey,
    Trial,
    Unnoted,
    Untold,
    ask_all,
    capital,
    either,
    left_behind,
    writing,
)
from bmeconf.project import journal_folder
from bmeconf.render import wrapped

WILL = (
    'Make lists named "{name}": two, a copy and a merged one.',
    "Make the contact {contact} on the first of them, replace it, unsubscribe it, and make it anew"
    " as an unsubscribed one. No mail goes to it.",
    'Make drafts named "{name}": two and a copy. None is scheduled or sent.',
    "Remove all of these.",
)
ENOUGH = 50
"""Requests that it takes to try everything and to remove it."""


def tried(session: Session, notes: Notes, contact: str, approved: bool) -> Probed:
    """Read, show what will be done, ask, write and remove."""
    budget, left, wrote = session.reader.budget, tuple[Left, ...](), False
    error: BmeconfError | None = None
    try:
        _refuse_freeze(session)
        origin, folder = _journals(session)
        earlier = [*left_behind(folder, origin, session.identity)]
        survey = ask_all(session.reader, notes, writing.MOST_READING)
        token = secrets.token_hex(8)
        _agree(session, _will(token, contact, earlier), approved)
        before = budget.used
        left = _cleaned(session, survey, earlier)
        most = writing.MOST + budget.used - before
        budget.ceiling = min(budget.ceiling or most, most)
        survey.most = most - writing.FOR_CLEANING
        _refuse_known(survey, contact)
        budget.afford(ENOUGH)
        begin = partial(
            ProbeJournal.create, folder, now(), origin, session.identity, token, contact
        )
        wrote = True
        error, more = _made_and_removed(session, survey, notes, begin)
        left += more
    except BmeconfError as ended:
        error = ended
    except Untold as why:
        error = ApiError(f"nothing can be tried: {why}")
    return Probed(notes.whole(wrote=wrote), budget.used, wrote, left, error)


def clean_up(session: Session, approved: bool) -> Probed:
    """Remove what earlier probes left in the account, as their journals tell."""
    origin, folder = _journals(session)
    earlier = [*left_behind(folder, origin, session.identity)]
    left: tuple[Left, ...] = ()
    error: BmeconfError | None = None
    if earlier:
        try:
            _agree(session, [_earlier(earlier)], approved)
            survey = Survey(session.reader, sys.maxsize)
            left = _cleaned(session, survey, earlier)
        except BmeconfError as ended:
            error = ended
        except Untold as why:
            error = ApiError(f"nothing can be removed: {why}")
    return Probed({}, session.reader.budget.used, bool(earlier), left, error)


def warn_of_earlier(session: Session) -> None:
    """Say where an earlier probe was cut off before it had removed everything."""
    root = session.project.root
    folder = journal_folder(root, make=False)
    if not any(folder.glob("*.jsonl")):
        return
    for _, remains in left_behind(folder, Origin.here(root, os.environ), session.identity):
        session.console.warn(
            f"an earlier probe may have left {_names([remains])}; remove them with:"
            " bmeconf probe --clean"
        )


def _made_and_removed(
    session: Session, survey: Survey, notes: Notes, begin: Callable[[], ProbeJournal]
) -> tuple[BmeconfError | None, tuple[Left, ...]]:
    """What ended the writing early, if something did, and what could not be removed."""
    error: BmeconfError | None = None
    journal: ProbeJournal | None = None
    try:
        with finishing(session.stop):
            journal = begin()
            writer = session.reader.for_writing(journal)
            try:
                trial = Trial(writer, survey, notes, journal, session.stop.is_set)
                writing.try_all(trial)
            except BmeconfError as ended:
                error = ended
            except KeyboardInterrupt:
                error = Interrupted(ENDED)
            finally:
                session.console.note("Removing what the probe made.")
                left = Cleaning(writer, survey, journal.remains).all()
            journal.close() if left else journal.discard()
    except KeyboardInterrupt:
        if journal is None:
            raise
        # Whoever presses Ctrl-C again does not wait for the removing.
        raise Interrupted(
            f"interrupted; these may be left: {_names([journal.remains])}",
            "remove them with: bmeconf probe --clean",
        ) from None
    return error, left


def _cleaned(
    session: Session, survey: Survey, earlier: Sequence[tuple[Path, Remains]]
) -> tuple[Left, ...]:
    """Remove what earlier probes left; what could not be removed."""
    writer = session.reader.for_writing(Unnoted())
    left: tuple[Left, ...] = ()
    for path, remains in earlier:
        more = Cleaning(writer, survey, remains).all()
        left += more
        if not more:
            path.unlink(missing_ok=True)
    return left


# --- before anything is written


def _refuse_freeze(session: Session) -> None:
    at = now()
    for window in session.project.policy.freeze:
        if window.start <= at < window.end:
            words = f"from {window.first} to {window.last}: {window.reason}"
            raise Guarded(f"nothing is written in the freeze {words}", "probe after it")


def _journals(session: Session) -> tuple[Origin, Path]:
    """What tells whose a journal is, and the folder of journals.

    Raises:
        InvalidInput: no journal could be told from a forged one.
    """
    root = session.project.root
    origin = Origin.here(root, os.environ)
    if not origin.secret:
        raise InvalidInput(
            "this user has no place for the secret that seals journals, so that nobody could clean"
            " up after a probe that was cut off",
            "let this user write to its state folder (XDG_STATE_HOME), then probe again",
        )
    return origin, journal_folder(root)


def _refuse_known(survey: Survey, contact: str) -> None:
    """Refuse an address that the account has already; raises as a search does."""
    for key in {contact, contact.lower(), capital(contact)}:
        body = survey.query([either("KEY", key)])
        for hit in page_of(survey.reader.hits(body), SEARCH).rows:
            # A search may show what is gone.
            with suppress(NotFound):
                survey.reader.get(f"{only(Member).root}/{replies.id_of(hit)}")
                raise Guarded(
                    "the address of --contact is in the account already, and stays as it is",
                    "name an address of yours that is not: you+probe@example.com",
                )


def _will(token: str, contact: str, earlier: Sequence[tuple[Path, Remains]]) -> Sequence[str]:
    """What a probe will do, one sentence after the other."""
    first = [_earlier(earlier)] if earlier else []
    name = NAME.format(token=token)
    return [*first, *(each.format(name=name, contact=capital(contact)) for each in WILL)]


def _earlier(earlier: Sequence[tuple[Path, Remains]]) -> str:
    return f"Remove what an earlier probe left: {_names([remains for _, remains in earlier])}."


def _names(remains: Iterable[Remains]) -> str:
    """What may be left, as people find it."""
    return "; ".join(
        f'lists and drafts named "{each.name}", contact {capital(each.contact)}' for each in remains
    )


def _agree(session: Session, will: Sequence[str], approved: bool) -> None:
    """Show what will be done, and go on only if a person agrees."""
    console = session.console
    console.tell(wrapped(f"In {session.label}, the probe will:"))
    for number, each in enumerate(will, 1):
        console.tell(wrapped(console.redaction.text(each), f"{number}. ", "   "))
    if not approved:
        question = f"Do this in {session.label}? Only 'yes' will do"
        if click.prompt(question, default="no", show_default=False, err=True).strip() != "yes":
            raise BmeconfError("not confirmed; nothing was written")
