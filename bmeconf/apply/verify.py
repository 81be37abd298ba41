"""The proof that an apply did what it says: outcomes, read back -> a Proof.

Everything written is read again: where there are many objects, by the listing or search that shows
them together, and once more alone where that disagrees, since a search lags behind what was
written (API contract 6, question 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial

from bmeconf import kinds
from bmeconf.apply.checks import StepCheck, not_meant
from bmeconf.apply.model import APPLIED, Outcome, Proof
from bmeconf.apply.recovery import landed_twice
from bmeconf.kinds import KINDS, IdMap, Kind, Managed, Raw, ReadApi, only, replies
from bmeconf.model import (
    CREATE,
    DELETE,
    NOT_CONVERGED,
    Address,
    Change,
    Difference,
    Finding,
    dotted,
    lookup,
    overlap,
)
from bmeconf.model.errors import NotFound
from bmeconf.plan import Step, build, diff

Rows = Mapping[str, Raw]


def check(
    api: ReadApi,
    id_map: IdMap,
    managed: Managed,
    outcomes: Sequence[Outcome],
    *,
    lockable: bool,
    differences: Iterable[Difference],
) -> Proof:
    """Read back what was applied: a finding for every field that is not as declared.

    Where the lock file can be written (`lockable`), a body may read back in words that nothing
    explains. What was not written is held against the `differences` behind the plan.
    """
    compared = {difference.address: difference for difference in differences}
    applied = [
        _Written(outcome, id_map, managed, compared.get(outcome.step.address))
        for outcome in outcomes
        if outcome.state == APPLIED
    ]
    findings: list[Finding] = []
    rows: dict[Address, Raw] = {}
    unproven: set[Address] = set()
    twice = hidden = False
    by_kind = {
        kind: [written for written in applied if written.step.address.kind == kind.name]
        for kind in KINDS.values()
    }
    looks = [partial(_read_back, api, kind, mine, lockable) for kind, mine in by_kind.items()]
    for kind, (mine, together) in zip(by_kind, api.together(looks), strict=True):
        for written in mine:
            problems = [*written.problems()]
            findings += [*problems, *written.notes()]
            unproven |= {finding.address for finding in problems}
            hidden |= bool(written.check and written.check.hidden())
            if written.row is not None:
                rows[written.step.address] = written.row
        namesakes = [*_twice(kind, [written.step for written in mine], together or {})]
        findings += namesakes
        twice |= bool(namesakes)
        if isinstance(kind, kinds.Audience):
            problems = [*_other_lists(api, id_map, [w.step for w in applied], together)]
            findings += problems
            unproven |= {finding.address for finding in problems}
    return Proof(tuple(findings), rows, frozenset(unproven), twice, hidden)


@dataclass(frozen=True)
class _Written:
    """One applied step beside its object `row` as it reads back, None where it is not there.

    `answer` is the reply to the write, where it may prove that nobody wrote after it.
    """

    outcome: Outcome
    id_map: IdMap
    managed: Managed
    difference: Difference | None
    row: Raw | None = None
    answer: Raw | None = None

    @property
    def step(self) -> Step:
        return self.outcome.step

    @cached_property
    def check(self) -> StepCheck | None:
        """The step beside its object, None where there is, or should be, no object."""
        if self.row is None or self.step.action == DELETE:
            return None
        return StepCheck(self.step, self.row, self.id_map, self.managed)

    @cached_property
    def reworded(self) -> list[Change]:
        """Texts that read back as something else than was sent, and was there before.

        All of their words have to be there: what was cut off is no rewriting.
        """
        check, answer = self.check, self.answer
        if check is None or answer is None or not replies.same_moment(answer, check.row):
            return []
        lives = ((change, lookup(check.live.fields, change.path)) for change in check.unmet())
        reworded = check.kind.reworded
        return [c for c, v in lives if v != c.before and reworded(c.path[0], c.after, v)]

    def problems(self) -> Iterator[Finding]:
        """Findings on what does not read back as declared."""
        if self.check is not None:
            for change in self.check.unmet():
                if change not in self.reworded:
                    told = f"{dotted(change.path)} was written and reads back differently"
                    yield _not_converged(self.step, told)
            for field in self._meanwhile(self.check):
                yield _not_converged(self.step, f"{field} changed while this ran")
        elif self.row is not None:
            yield _not_converged(self.step, "was deleted and is still there")
        elif self.step.action != DELETE:
            yield _not_converged(self.step, "was written and is not there")

    def notes(self) -> Iterator[Finding]:
        """Findings on what reads back as declared in other words, or is not shown."""
        if self.check is None:
            return
        address, kind, live = self.step.address, self.check.kind, self.check.live
        if self.reworded:
            yield Finding(
                "warning",
                "rewritten",
                address,
                f"the service rewrote {', '.join(dotted(c.path) for c in self.reworded)} of it in"
                " a way that it is not known for; the lock file remembers what was sent and what"
                " came of it, and as long as both stay it is in sync",
                "look at it in the web app once",
            )
        if hidden := self.check.hidden():
            yield Finding(
                "warning",
                "unreadable",
                address,
                f"{', '.join(hidden)} was written, and the API does not show it: not proven",
                "compare in the web app where it matters",
            )
        changes = [(c.path[0], c.after, lookup(live.fields, c.path)) for c in self.step.changes]
        if fields := {change[0] for change in changes if kind.rewrote(*change)}:
            yield build.rewritten(address, sorted(fields))

    def _meanwhile(self, check: StepCheck) -> Iterator[str]:
        """Declared fields that were not written, and are neither as declared nor as planned upon.

        Nobody judged what they are now, so that it must not be taken for what the service makes of
        the declared value.
        """
        if self.difference is None:
            return
        kind, desired = check.kind, self.difference.desired
        planned, written = self.difference.live, [change.path for change in self.step.changes]
        now = kind.observed(desired, check.live, self.managed)
        was = kind.observed(desired, planned, self.managed) if planned else {}
        for change in diff.field_changes(now, {key: desired.fields[key] for key in now}):
            known = change.path[0] in was and lookup(was, change.path) == change.before
            if not known and not any(overlap(change.path, path) for path in written):
                yield dotted(change.path)


def _read_back(
    api: ReadApi, kind: Kind, applied: Sequence[_Written], lockable: bool
) -> tuple[Sequence[_Written], Rows | None]:
    """The `applied` steps of a kind beside their objects, and the listing that shows these."""
    if not applied:
        return (), None
    id_map = applied[0].id_map
    together = _together(api, id_map, kind, [written.step for written in applied])

    def beside_object(listed: _Written) -> _Written:
        written = replace(listed, row=(together or {}).get(listed.outcome.object_id))
        if together is None or any(written.problems()) or any(written.notes()):
            written = replace(listed, answer=listed.outcome.reply if lockable else None)
            with suppress(NotFound):
                row = kind.fetch(api, id_map, listed.outcome.object_id)
                written = replace(written, row=row)
        return written

    return api.together([partial(beside_object, written) for written in applied]), together


def _together(api: ReadApi, id_map: IdMap, kind: Kind, steps: Sequence[Step]) -> Rows | None:
    """The objects of all steps in one listing, None where reading each alone is cheaper."""
    if not (steps and isinstance(kind, kinds.Batched)):
        return None
    keys = [key for step in steps for key in _identities(kind, step)]
    price = kind.batch_price(len(keys), api.dialect.search_batch)
    # For the same price rather all: where names need not be unique, that shows twins as well.
    if price > len(steps) or (price == len(steps) and not isinstance(kind, kinds.SharedNames)):
        return None
    return kind.reread(api, id_map, keys)


def _identities(kind: Kind, step: Step) -> tuple[str, ...]:
    """The identities under which a written object is to be found again, or to be gone."""
    own = [str(c.after) for c in step.changes if c.path == (kind.identity,)]
    return tuple(map(kind.canonical, own or [step.address.name]))


def _twice(kind: Kind, steps: Sequence[Step], rows: Rows) -> Iterator[Finding]:
    """Findings on objects created twice, as by a gateway that repeats requests (design 7.13)."""
    for step in steps:
        if step.action == CREATE:
            names = _identities(kind, step)
            ids = tuple(id for id, row in rows.items() if kind.key(row) in names)
            if len(ids) > 1:
                yield landed_twice(step, ids)


def _other_lists(
    api: ReadApi, id_map: IdMap, steps: Sequence[Step], lists: Rows | None
) -> Iterator[Finding]:
    """References to a list that has another name by now, or is gone: it is not the one meant."""
    referring = [step for step in steps if step.recipients()]
    rows = (lists or only(kinds.Audience).reread(api, id_map, ())) if referring else {}
    for step in referring:
        for address in sorted(step.recipients()):
            if other := not_meant(address, id_map.id(address), rows):
                yield _not_converged(step, f"{address}, which it refers to, {other}")


def _not_converged(step: Step, message: str) -> Finding:
    return Finding("warning", NOT_CONVERGED, step.address, message, "plan again")
