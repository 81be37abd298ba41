"""Words of messages and documents: formats, counts, instants, guesses at what was meant."""

from __future__ import annotations

import shlex
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from bmeconf.model.invisible import seen, shows_nothing, visible

PLAN_FORMAT, RESULT_FORMAT = "bmeconf.plan/1", "bmeconf.result/1"
PROBLEMS_FORMAT, DRIFT_FORMAT = "bmeconf.problems/1", "bmeconf.drift/1"
REPORT_FORMAT, PULL_FORMAT = "bmeconf.report/1", "bmeconf.pull/1"
REPORTS_FORMAT, COMPARE_FORMAT = "bmeconf.reports/1", "bmeconf.compare/1"
ACCOUNTS_FORMAT, DOCTOR_FORMAT = "bmeconf.accounts/1", "bmeconf.doctor/1"
PROBE_FORMAT, EXPLAIN_FORMAT = "bmeconf.probe/1", "bmeconf.explain/1"
"""The `format` of each JSON document."""
NO_DIGEST = "sha256:" + "0" * 64
"""What stands for a digest in a document that is not to be carried out."""
SIMULATED, SANDBOX = "sandbox:local", "the sandbox"
"""The base URL in plans for the embedded simulator, whose address is another one each time; and
what people call it.
"""
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
"""The units of a duration as people write it: `30m`, `24h`."""
MOST_GUESSES = 50
TWINS = str.maketrans(
    "аеорсухіјѕһАВЕКМНОРСТУХІЈЅαονρΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijshABEKMHOPCTYXIJSaovpABEZHIKMNOPTYX",
)
"""Letters of other scripts that look like Latin ones."""


class Guesses:
    """Did-you-means among some known words, for so many others as anybody reads.

    Each costs a comparison with all that is known: without an end, a thousand names that are all
    wrong would cost a million.
    """

    def __init__(self, known: Iterable[str], most: int = MOST_GUESSES) -> None:
        self._known, self._left = {name.casefold(): name for name in known}, most

    def near(self, word: str, prefix: str = "") -> str:
        """`; did you mean "…"?` for the nearest of what is known, or nothing.

        `prefix` stands before both words, and makes them no nearer.
        """
        self._left -= 1
        if self._left < 0:
            return ""
        import difflib

        near = difflib.get_close_matches(word.casefold(), self._known, n=2, cutoff=0.7)
        return next(filter(None, (guess(word, self._known[n], prefix) for n in near)), "")


def guess(word: str, name: str, prefix: str = "") -> str:
    """Words for a name that may be meant, where another was written; none for the same one."""
    if name == word:
        return ""
    if _at_a_glance(name) == _at_a_glance(word):
        there, written = (ascii(prefix + each)[1:-1] for each in (name, word))
        return f'; "{there}" is there, which looks the same as "{written}"'
    return f'; did you mean "{prefix}{name}"?'


def _at_a_glance(name: str) -> str:
    return unicodedata.normalize("NFKC", seen(name)).translate(TWINS)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """One guess."""
    return Guesses(known).near(word)


def counted(number: int, noun: str) -> str:
    """`1 problem`, `2 problems`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def first_of(names: Sequence[str], most: int) -> str:
    """The first names of many, and how many more there are: `a, b, c and 4 more`."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def shell_line(words: Iterable[str]) -> str:
    """A command as a shell takes it, spelled so that every report shows it as it is."""
    return " ".join(shlex.quote(word) if _is_plain(word) else _spelled(word) for word in words)


def path_word(path: object) -> str:
    """A path as a word of a command, which no command takes for an option."""
    return f"./{path}" if str(path).startswith("-") else str(path)


def _is_plain(word: str) -> bool:
    return word.isprintable() and visible(word) == word and "##[" not in word


def _spelled(word: str) -> str:
    """`word` in the quotes of shells in which escapes stand for characters."""
    return f"$'{''.join(map(_escaped, word))}'"


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        # A byte of a path that is no UTF-8.
        return f"\\x{code - 0xDC00:02x}"
    if character in "\\'#" or code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    if character.isprintable() and not shows_nothing(character):
        return character
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def stamp(instant: datetime) -> str:
    """An aware instant as `2026-12-01T08:00:00Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
