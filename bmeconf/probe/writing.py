"""The writing half of a probe: everything is tried, and everything that was made is removed."""

from __future__ import annotations

from collections.abc import Sequence

from bmeconf.model.errors import Rejected, ReplyUnreadable
from bmeconf.probe import drafts, people, trial
from bmeconf.probe.model import Untold
from bmeconf.probe.trial import Ask, Trial

MOST, MOST_READING, FOR_CLEANING = 120, 50, 20
"""Requests of a probe that writes; how many of them may read, and are kept for removing."""
TRIED: Sequence[tuple[tuple[str, ...], Ask]] = (
    *trial.TRIED,
    *people.TRIED,
    *drafts.TRIED,
    (("version_step",), trial.versions),
)
"""The questions by the codes that each function answers, in the order in which they are tried."""


def try_all(probe: Trial) -> None:
    """Try everything that takes writes, and note the answers.

    Raises:
        Interrupted: a person asked for the end.
        OutcomeUnknown, Refused, LimitReached, NetworkError, Guarded: no more can be tried.
    """
    for codes, ask in TRIED:
        try:
            ask(probe)
        except Untold as why:
            untold = str(why)
        except Rejected as error:
            untold = f"answered with {error.status}"
        except ReplyUnreadable:
            untold = "a reply is of no form that the documents name"
        else:
            continue
        for code in codes:
            probe.notes.untold(code, untold)
