"""The account as it was read, and both sides of a comparison brought together. Frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bmeconf.baseline import CommitManifests, LockBaseline, Section, commit_baseline
from bmeconf.desired.scope import Scope
from bmeconf.kinds import KINDS, IdMap
from bmeconf.live.match import Matches
from bmeconf.model import Address, Finding, Problem, Resource, Snapshot


@dataclass(frozen=True)
class Account:
    """The live objects that desired resources were matched with, under the desired addresses.

    `unread` are those that were not read whole, since the baseline tells that nothing moved.
    `remembered` are objects that the baseline knows by id where no name tells which is meant.
    `dependents` are matched objects out of scope, where a delete in scope could take something
    from them. `sources` are objects that are to be copied, under their own addresses.
    `unmanaged` are the names of what no manifest declares, by kind. `ready_domains` is None where
    the sending domains were not asked for, or could not be read.
    """

    id_map: IdMap
    resources: Snapshot = field(default_factory=Snapshot)
    unread: frozenset[Address] = frozenset()
    remembered: Mapping[Address, Resource] = field(default_factory=dict)
    dependents: tuple[Resource, ...] = ()
    sources: Mapping[Address, Resource] = field(default_factory=dict)
    unmanaged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ready_domains: frozenset[str] | None = None


@dataclass(frozen=True)
class Reading:
    """The desired and the live side of a run.

    `desired` is the part in scope, in the account's own words: field labels as the account has
    them, templates as their HTML. `section` is the part of the lock file on this account, `gone`
    its keys of what is neither declared nor live any more. `problems` are references to what
    neither side has. `comparable` are resources that must not be planned, and whose live object
    is known all the same. `commit` has the manifests of an earlier commit, where the run compares
    with those; `orphans` are the matches of what they declare and no manifest does now.
    """

    scope: Scope
    desired: Snapshot
    account: Account
    matches: Matches
    section: Section = field(default_factory=Section)
    gone: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()
    findings: tuple[Finding, ...] = ()
    comparable: frozenset[Address] = frozenset()
    orphans: Matches = field(default_factory=Matches)
    commit: CommitManifests | None = None

    def baseline(self) -> LockBaseline:
        """Everything that is remembered of this account, in the words of this run."""
        id_map, managed = self.account.id_map, self.scope.managed
        behind = None
        if self.commit is not None:
            sides = self.scope.whole, self.desired, self.account.resources
            behind = commit_baseline.of_commit(self.commit, id_map, managed, *sides)
        return LockBaseline(id_map, managed, behind, self.section)

    @property
    def out_of_scope(self) -> Mapping[tuple[str, str], Address]:
        """By kind and live name, the declared resources that are live and out of scope."""
        outside = (
            (address, match.row)
            for address, match in self.matches.by_address.items()
            if match.row is not None and self.desired.get(address) is None
        )
        return {(a.kind, KINDS[a.kind].key(row)): a for a, row in outside}
