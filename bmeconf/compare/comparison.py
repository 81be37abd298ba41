"""The readings and plans of two accounts -> how each stands to the manifests. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bmeconf.live import Reading
from bmeconf.model import Address, Change, Difference, Place
from bmeconf.plan import Plan, build


class State(StrEnum):
    """How a declared resource is in one account.

    `NOT_DELETED` is declared as absent, and there. `REFUSED` differs, and no apply can change
    that, as of a campaign that was sent. `BLOCKED` waits for a person to tell which object is
    meant. `UNREADABLE` is as declared in all that the account shows. `LEFT_OUT` was not asked for.
    """

    AS_DECLARED, DIFFERS, MISSING = "as declared", "differs", "missing"
    NOT_DELETED, REFUSED, BLOCKED = "not deleted", "refused", "blocked"
    UNREADABLE, LEFT_OUT = "unreadable", "left out"


@dataclass(frozen=True)
class ResourceState:
    """One declared resource in one account; `changes` lead from the account to the manifest.

    `address` is that of this account, None for a resource that was left out. `why` are the words
    of a finding.
    """

    state: State
    address: Address | None = None
    changes: tuple[Change, ...] = ()
    why: str = ""


LEFT_OUT = ResourceState(State.LEFT_OUT)


@dataclass(frozen=True)
class Side:
    """One account: its name in the project, what was read of it, and the plan of that.

    `label` is the name for people, with the host.
    """

    name: str
    label: str
    reading: Reading
    plan: Plan

    @property
    def live_names(self) -> set[Address]:
        """What is live, of the kinds that were read by name."""
        declared = {d.address for d in self.plan.differences if d.live}
        return declared.union(self.undeclared)

    @property
    def undeclared(self) -> Sequence[Address]:
        """What is live and not declared, of these kinds."""
        names = self.plan.unmanaged_names.items()
        return [Address(kind, name) for kind, each in names for name in each]

    def states(self) -> Mapping[Place | Address, ResourceState]:
        """Each declared resource, by the place where it is declared."""
        return {d.desired.intent.place or d.address: self._state(d) for d in self.plan.differences}

    def _state(self, planned: Difference) -> ResourceState:
        difference, address = planned.now or planned, planned.address
        if self.reading.matches.blocked(address):
            told = (f.message for f in self.plan.findings if f.address == address)
            return ResourceState(State.BLOCKED, address, difference.changes, next(told, ""))
        if refusal := build.refusal(difference):
            return ResourceState(State.REFUSED, address, difference.changes, refusal.message)
        if difference.desired.intent.absent:
            state = State.NOT_DELETED if difference.live else State.AS_DECLARED
        elif difference.live is None:
            state = State.MISSING
        elif difference.changes:
            state = State.DIFFERS
        else:
            state = State.UNREADABLE if difference.unreadable else State.AS_DECLARED
        why = f"not shown: {', '.join(difference.unreadable)}" if difference.unreadable else ""
        return ResourceState(state, address, difference.changes, why)


@dataclass(frozen=True)
class Comparison:
    """Two accounts beside the manifests; each row has the states of both, in their order.

    `undeclared` are, by account, the addresses that only this account has and nothing declares.
    """

    sides: tuple[Side, Side]
    rows: Mapping[Place | Address, tuple[ResourceState, ResourceState]]
    undeclared: tuple[tuple[Address, ...], tuple[Address, ...]] = field(default=((), ()))

    def summary(self, number: int) -> Counter[State]:
        """How many resources are in each state, in the account of this number."""
        return Counter(row[number].state for row in self.rows.values())

    @property
    def equal(self) -> bool:
        """True where both accounts are as declared."""
        return all(each.state is State.AS_DECLARED for row in self.rows.values() for each in row)

    def only(self, number: int) -> Iterator[Address]:
        """The declared resources that the other account lacks, and this one has."""
        for row in self.rows.values():
            mine, other = row[number], row[1 - number]
            if other.state is State.MISSING and mine.state is not State.MISSING and mine.address:
                yield mine.address


def compare(one: Side, other: Side) -> Comparison:
    """Both accounts, resource by resource; neither of them is the measure, the manifests are."""
    states = one.states(), other.states()
    rows = {
        place: (states[0].get(place, LEFT_OUT), states[1].get(place, LEFT_OUT))
        for place in dict.fromkeys((*states[0], *states[1]))
    }
    return Comparison((one, other), rows, (_only(one, other), _only(other, one)))


def _only(side: Side, other: Side) -> tuple[Address, ...]:
    """What nothing declares and only `side` has, of the kinds that were read in both accounts."""
    read = other.plan.unmanaged_names.keys()
    there = other.live_names
    return tuple(a for a in side.undeclared if a.kind in read and a not in there)
