"""What a probe found: an answer to each question, free of names, addresses, ids and hosts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bmeconf.model.errors import GRAVEST_FIRST, BmeconfError, LeftBehind
from bmeconf.probe.questions import NEVER, QUESTIONS, READ, Question

Value = bool | int | str | tuple[str, ...]
UNWRITTEN = "only --write asks it"
ENDED = "not asked: the probe ended before"


class Untold(Exception):
    """A question that this account does not answer, and why."""


@dataclass(frozen=True)
class Answer:
    """The answer to one question, None where it is not told, with the evidence for either.

    `at_least`: the value is the largest that was tried, and more may be possible.
    """

    question: Question
    value: Value | None
    evidence: str
    at_least: bool = False

    @property
    def words(self) -> str:
        """The value as people read it."""
        if self.value is None:
            return "not told"
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        if isinstance(self.value, int):
            return f"at least {self.value:,}" if self.at_least else f"{self.value:,}"
        return self.value if isinstance(self.value, str) else f"{len(self.value)} of them"


@dataclass(frozen=True)
class Left:
    """An object that could not be removed, what people find it by, and why it is still there."""

    noun: str
    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.noun} {self.name} ({self.why})"


@dataclass(frozen=True)
class Probed:
    """The answers of a probe by code, one to every question, and the requests that they took.

    `wrote`: objects were made to find them; `left` are those that could not be removed. `ended` is
    what ended the probe early, if something did. These two name what the account holds.
    """

    answers: Mapping[str, Answer]
    requests: int = 0
    wrote: bool = False
    left: Sequence[Left] = ()
    ended: BmeconfError | None = None

    @property
    def errors(self) -> Sequence[BmeconfError]:
        """What went wrong; the last one says what is left."""
        ended = [self.ended] if self.ended else []
        words = f"could not be removed: {'; '.join(map(str, self.left))}"
        return [*ended, LeftBehind(words)] if self.left else ended

    @property
    def error(self) -> BmeconfError | None:
        """The gravest of these."""
        return min(self.errors, key=lambda e: GRAVEST_FIRST.index(e.exit_code), default=None)

    @property
    def told(self) -> Sequence[Answer]:
        """The answers that have a value."""
        return [answer for answer in self.answers.values() if answer.value is not None]

    @property
    def values(self) -> Mapping[str, Value]:
        """Every value that is told, by the code of its question."""
        return {
            answer.question.code: answer.value for answer in self.told if answer.value is not None
        }

    @property
    def switches(self) -> Mapping[str, Value]:
        """The switches of a simulator that behaves like this account."""
        return {code: value for code, value in self.values.items() if QUESTIONS[code].switch}

    @property
    def at_least(self) -> Sequence[str]:
        """The switches whose value is only a lower bound."""
        return [code for code in self.switches if self.answers[code].at_least]


@dataclass
class Notes:
    """The answers as they come."""

    answers: dict[str, Answer] = field(default_factory=dict)

    def put(self, code: str, value: Value, evidence: str, *, at_least: bool = False) -> None:
        """Note the answer to the question of this code."""
        self.answers[code] = Answer(QUESTIONS[code], value, evidence, at_least)

    def untold(self, code: str, why: object) -> None:
        """Note why a question has no answer, unless it has one."""
        self.answers.setdefault(code, Answer(QUESTIONS[code], None, str(why)))

    def whole(self, *, wrote: bool) -> Mapping[str, Answer]:
        """An answer to every question, in their order."""
        for code, question in QUESTIONS.items():
            asked = wrote or question.way is READ
            why = ENDED if asked else UNWRITTEN
            self.untold(code, question.asked if question.way is NEVER else why)
        return {code: self.answers[code] for code in QUESTIONS}
