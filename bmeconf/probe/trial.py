"""The writes of a probe: what they are sent with, and the questions on lists.

In: a client that may write, and what reading showed. Out: notes of answers, and a journal of what
was made. Nothing is scheduled or sent, and nothing that the probe did not make is written to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bmeconf.client import Writer
from bmeconf.kinds import Audience, Raw, only, replies
from bmeconf.model.errors import DuplicateName, Interrupted, Rejected
from bmeconf.probe.journal import ProbeJournal
from bmeconf.probe.model import Notes, Untold
from bmeconf.probe.reading import STRANGER
from bmeconf.probe.survey import Survey, object_of

ENDED = "interrupted; no more is asked, and what the probe made is removed"


@dataclass
class Trial:
    """A probe that writes, with as many requests in all as the survey may send.

    `steps` are the amounts by which writes raised a version, by what was written.
    """

    writer: Writer
    survey: Survey
    notes: Notes
    journal: ProbeJournal
    stop_asked: Callable[[], bool]
    steps: dict[str, int] = field(default_factory=dict)
    made: dict[str, Raw] = field(default_factory=dict)
    """The first object of each kind, by its noun."""
    shape: str = "ids"
    """The shape in which lists are written, as far as it is known."""
    born: float = 0.0
    """When the reply came that the contact is made, in Unix seconds."""

    @property
    def name(self) -> str:
        return self.journal.remains.name

    @property
    def token(self) -> str:
        return self.journal.remains.token

    def make(self, noun: str, path: str, body: Mapping[str, Any]) -> Raw:
        """The object that a POST makes; raises as `send`."""
        return replies.made_of(self.send("POST", path, body, noun), noun)

    def send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, noun: str = ""
    ) -> Any:
        """The reply to one write; `noun` is of what it makes.

        Raises:
            Untold: no request is left.
            Interrupted: a person asked for the end.
            Rejected: the service does not take it.
            OutcomeUnknown, Refused, LimitReached, NetworkError: nothing more can be tried.
        """
        self.look_up()
        self.journal.noun = noun
        return self.writer.send(method, path, body)

    def look_up(self) -> None:
        """Before each request: whether one may be sent; raises as `send`."""
        if self.stop_asked():
            raise Interrupted(ENDED)
        self.survey.spend()

    def read(self, path: str) -> Raw:
        """An object as it is read; raises Untold where it cannot be."""
        self.look_up()
        return object_of(self.survey.get(path))

    def of(self, noun: str) -> Raw:
        """The first object of a kind; raises Untold where none could be made."""
        if noun not in self.made:
            raise Untold(f"no {noun} could be made")
        return self.made[noun]

    def second(self, code: str, noun: str, path: str, body: Mapping[str, Any]) -> None:
        """Note whether a second object of a name is refused; raises as `send` for other reasons."""
        try:
            self.make(noun, path, body)
            refused, words = False, "POST of a second one was taken"
        except DuplicateName as error:
            refused, words = True, f"POST of a second one: {error.status}, DuplicateFieldError"
        self.notes.put(code, refused, words)

    def stepped(self, what: str, before: Raw, after: Any) -> None:
        """Note by how much a write raised a version, where both show it."""
        versions = [replies.version_of(raw) for raw in (before, after) if isinstance(raw, Mapping)]
        if len(versions) == 2 and None not in versions:
            self.steps[what] = (versions[1] or 0) - (versions[0] or 0)


LIST = only(Audience).noun


def lists(trial: Trial) -> None:
    """Make a list, and change it, with an unknown key if that is taken."""
    folder, notes = trial.survey.folder, trial.notes
    made = trial.make(LIST, folder, {"name": trial.name})
    trial.made[LIST] = made
    path = f"{folder}/{replies.id_of(made)}"
    body = replies.versioned({"name": f"{trial.name} two"}, made)
    try:
        after = trial.send("PATCH", path, {**body, STRANGER: True})
        notes.put("unknown_keys", "ignore", "PATCH of a list took one")
    except Rejected as refusal:
        after = trial.send("PATCH", path, body)
        words = f"PATCH of a list: {refusal.status}, and taken without it"
        notes.put("unknown_keys", "error", words)
    trial.stepped(LIST, made, after)


def second_list(trial: Trial) -> None:
    """Make a list with the name of the first, by now another one."""
    trial.of(LIST)
    body = {"name": f"{trial.name} two"}
    trial.second("unique_list_names", LIST, trial.survey.folder, body)


def list_copy(trial: Trial) -> None:
    """Copy the list under a name."""
    wanted = f"{trial.name} copy"
    path = f"{trial.survey.folder}/{replies.id_of(trial.of(LIST))}/duplicate"
    copy = trial.make(LIST, path, {"name": wanted})
    trial.made[f"{LIST} copy"] = copy
    trial.notes.put("list_copy_name", copy.get("name") == wanted, "POST lists/{id}/duplicate")


def list_merge(trial: Trial) -> None:
    """Merge the list with its copy under a name."""
    wanted = f"{trial.name} merged"
    ids = [replies.id_of(trial.of(noun)) for noun in (LIST, f"{LIST} copy")]
    body = {"name": wanted, "listIds": ids}
    merged = trial.make(LIST, f"{trial.survey.folder}/merge", body)
    named = merged.get("name") == wanted
    if trial.name not in str(merged.get("name")):
        path = f"{trial.survey.folder}/{replies.id_of(merged)}"
        trial.send("PATCH", path, replies.versioned({"name": wanted}, trial.read(path)))
    trial.notes.put("list_merge", named, "POST lists/merge")


def versions(trial: Trial) -> None:
    """Put together by how much writes raised versions."""
    steps = trial.steps
    if not steps:
        raise Untold("no object that was written shows a version")
    each = tuple(f"{what} {step}" for what, step in steps.items())
    one, *others = {*steps.values()}
    trial.notes.put("version_step", each if others else one, ", ".join(each))


Ask = Callable[[Trial], None]
TRIED: Sequence[tuple[tuple[str, ...], Ask]] = (
    (("unknown_keys",), lists),
    (("unique_list_names",), second_list),
    (("list_copy_name",), list_copy),
    (("list_merge",), list_merge),
)
