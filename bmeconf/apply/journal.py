"""The journal: the writes of an apply and their answers, on disk line by line (design 7.13).

Whatever ends the process, a later run then knows which steps are done, which are in doubt, and
which never began. The first line carries the whole plan: a journal stands alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bmeconf.apply.model import CopyEvidence
from bmeconf.apply.origin import Origin
from bmeconf.apply.sealed_lines import (
    BINARY,
    DAMAGE,
    NOT_DONE,
    SealedLines,
    journal_name,
    whole_lines,
)
from bmeconf.kinds import Raw, replies
from bmeconf.model import stamp
from bmeconf.model.errors import BmeconfError, InvalidInput, masked
from bmeconf.plan import Plan, decode

FORMAT = "bmeconf.journal/1"


@dataclass(frozen=True)
class JournalState:
    """The state of a run, as its journal tells.

    `plan` is the plan document. `done` are the applied steps with the ids they made, `doubtful`
    those with a write that may have landed, with the evidence for a copy. `ours` says that this
    machine wrote the journal, and that it did not come with the files of the project. `exit_code`
    is that of the run, None where it did not come to its end.
    """

    plan: Mapping[str, Any]
    done: Mapping[str, str] = field(default_factory=dict)
    doubtful: Mapping[str, CopyEvidence | None] = field(default_factory=dict)
    written: bool = False
    skip_stale: bool = True
    ours: bool = False
    exit_code: int | None = None


class Journal(SealedLines):
    """One run's journal, open for appending.

    Of the step under way, `made` is the id in its first answer, `sent` when what it answers left.
    """

    def __init__(self, path: Path, file: int, origin: Origin) -> None:
        super().__init__(path, file, origin)
        self._step = self.made = self.sent = ""

    @classmethod
    def create(
        cls,
        folder: Path,
        plan: Mapping[str, Any],
        now: datetime,
        origin: Origin,
        skip_stale: bool = True,
    ) -> Journal:
        """A new journal in `folder`, readable by its owner only, or InvalidInput.

        `skip_stale` says how the run treats stale steps; a resumed run goes on in the same way.
        """
        path = folder / journal_name(now, plan["fingerprint"][:8])
        values = {"format": FORMAT, "plan": _harmless(plan), "skip_stale": skip_stale}
        return cls.begin(path, origin, **values)

    @classmethod
    def reopen(cls, path: Path, origin: Origin) -> tuple[Journal, JournalState, Plan]:
        """A journal that another run left, the state of that run, and its plan.

        Raises:
            InvalidInput: where the file is no journal, or its plan was changed.
        """
        try:
            file = os.open(path, os.O_RDWR | os.O_APPEND | BINARY)
        except OSError as error:
            raise InvalidInput(
                f"{path} cannot be read as a journal: {error.strerror}",
                "give the path that the interrupted apply named",
            ) from error
        journal = cls(path, file, origin)
        try:
            # Before anything is changed: a mistyped path may name any file.
            state, whole = journal._read()
            journal._seal = "" if origin.is_tracked(path) else origin.last_seal(whole)
            state = replace(state, ours=bool(journal._seal))
            # A line that the process could not finish is about nothing that was sent.
            os.ftruncate(file, len(whole))
            journal._append("resume")
            return journal, state, decode.of(state.plan, str(path))
        except (OSError, BmeconfError) as error:
            journal.close()
            if isinstance(error, BmeconfError):
                raise
            raise InvalidInput(f"{path} cannot be continued: {error.strerror}") from error

    # --- events of an apply

    def begins(self, step: str) -> None:
        """The writes after this belong to `step`."""
        self._step, self.made, self.sent = step, "", ""

    def copies(self, ids: Collection[str], source: Raw) -> CopyEvidence:
        """Note the evidence for a copy that the step is about to make: ids and source."""
        evidence = CopyEvidence(tuple(sorted(ids)), source, stamp(datetime.now(UTC)))
        self._keep(evidence)
        return evidence

    def finds(self, evidence: CopyEvidence, id: str) -> None:
        """Note that the step goes on with this copy, which it, or a run before, made unheard."""
        self.made = id
        self._keep(self.completed(evidence))

    def completed(self, evidence: CopyEvidence) -> CopyEvidence:
        """The same with what the writes of the step under way have told since."""
        made, at = evidence.made or self.made, self.sent or evidence.at
        return replace(evidence, made=made, at=at)

    def _keep(self, evidence: CopyEvidence) -> None:
        ids, source, at = list(evidence.ids), dict(evidence.source), evidence.at
        self._write("copy", step=self._step, ids=ids, source=source, made=at, id=evidence.made)

    def before(self, method: str, path: str) -> None:
        """Note that this request is about to be sent; on JournalLost it must not be."""
        self.sent = self.sent if self.made else stamp(datetime.now(UTC))
        self._write("write", step=self._step, method=method, path=path)

    def after(self, fate: str, made: str = "") -> None:
        """Note how a write ended (`taken`, `refused`, `unknown`, `not sent`), and the id in it."""
        self.made = self.made or made
        self._note("answer", step=self._step, fate=fate, id=made)

    def settles(self, step: str) -> None:
        """Note that the lost write of `step` had not landed."""
        self._note("absent", step=step)

    def ends(self, step: str, state: str, id: str, message: str) -> None:
        """Note how a step ended; `id` is the object that it made."""
        self._note("step", step=step, state=state, id=id, message=message)

    def close(self, exit_code: int | None = None) -> None:
        """End the journal; `exit_code` is that of the run, None where the run never began."""
        if exit_code is not None:
            self._note("end", exit_code=exit_code)
        super().close()

    def _read(self) -> tuple[JournalState, bytes]:
        """The state of the run so far, and the whole lines."""
        whole = whole_lines(self.path)
        try:
            return state_of(whole), whole
        except DAMAGE as error:
            raise InvalidInput(
                f"{self.path} is not a journal of bmeconf, or is damaged",
                "give the path that the interrupted apply named; or plan and apply again, which"
                " finds what was done",
            ) from error


def _harmless(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    """A plan document without what looks like a key, and with the digest that it has then."""
    text = json.dumps(plan)
    if masked(text) == text:
        return plan
    body = {key: value for key, value in json.loads(masked(text)).items() if key != "digest"}
    return {**body, "digest": replies.digest(body)}


def state_of(whole: bytes) -> JournalState:
    """The state that the whole lines of a journal tell."""
    head, *lines = [json.loads(line) for line in whole.splitlines()]
    if head["event"] != "begin" or head["format"] != FORMAT:
        raise ValueError(f"a journal of the format {head.get('format')}")
    done: dict[str, str] = {}
    copies: dict[str, CopyEvidence] = {}
    landed: set[str] = set()
    open_: set[str] = set()
    ended: int | None = None
    for line in lines:
        event, step = line["event"], line.get("step", "")
        if event == "copy":
            ids, source, at = tuple(line["ids"]), line["source"], line["made"]
            copies[step] = CopyEvidence(ids, source, at, line.get("id", ""))
        elif event == "absent":
            landed.discard(step)
        elif event == "write":
            open_.add(step)
            if step in copies and not copies[step].made:
                # It may have waited for its turn.
                copies[step] = replace(copies[step], at=line["at"])
        elif event == "answer":
            open_.discard(step)
            if line["fate"] not in NOT_DONE:
                landed.add(step)
            if step in copies and line["id"] and not copies[step].made:
                copies[step] = replace(copies[step], made=line["id"])
        elif event == "step" and line["state"] == "applied":
            done[step] = line["id"]
        elif event in ("end", "resume"):
            ended = line.get("exit_code")
    doubtful = {step: copies.get(step) for step in {*landed, *open_} - done.keys()}
    written = bool(landed or open_)
    return JournalState(head["plan"], done, doubtful, written, head["skip_stale"], exit_code=ended)
