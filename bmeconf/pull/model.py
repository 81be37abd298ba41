"""What a pull is asked for, where its files go, and what comes out of it. Pure data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bmeconf.baseline import Lock
from bmeconf.desired import matches
from bmeconf.kinds import KINDS, Kind, Personal
from bmeconf.model import Address, Finding, counted
from bmeconf.model.errors import BmeconfError, InvalidInput
from bmeconf.project import Project

MOST_NAMED = 20


@dataclass(frozen=True)
class PullQuery:
    """Which live resources are wanted: all, or those that `targets` (globs on addresses) name.

    `structure` is a label or an id. Contacts are those on `lists` (names or ids), and those
    named in `contacts`. Campaigns have one of the `statuses`, or any where none is given.
    """

    targets: tuple[str, ...] = ()
    structure: str = ""
    lists: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()

    def wants(self, address: Address) -> bool:
        """True if a live resource is in scope; only targets on contacts narrow contacts."""
        targets = self.targets
        if isinstance(KINDS[address.kind], Personal):
            targets = tuple(t for t in targets if t.startswith(f"{address.kind}/"))
        return not targets or any(matches(target, address) for target in targets)

    def reads(self, *kinds: Kind) -> bool:
        """True if any of these kinds is in scope."""
        asked = {target.partition("/")[0] for target in self.targets}
        personal = bool(self.lists or self.contacts)
        return not self.targets or any(
            kind.name in asked or (personal and isinstance(kind, Personal)) for kind in kinds
        )


@dataclass(frozen=True)
class Consent:
    """How many contacts a pull may write into files: personal data that Git would keep.

    `ask` puts a question to a person, and is None where nobody is there to answer.
    """

    agreed: int
    ask: Callable[[str], bool] | None = None

    def covering(self, count: int) -> Consent:
        """Consent to `count` contacts, asked for where that is more than `agreed`.

        Raises:
            InvalidInput: where there is nobody to ask.
            BmeconfError: where the answer is no.
        """
        if count <= self.agreed:
            return self
        demand = f"{counted(count, 'contact')} would be written into files, to be kept in Git"
        if self.ask is None:
            raise InvalidInput(
                f"{demand}; more than {self.agreed} must be allowed",
                f"add --max-contacts {count} if that is intended; else name fewer, or list the"
                " seeds in bmeconf.yaml: policy: {seeds: [...]}",
            )
        if not self.ask(f"{demand}. Go on?"):
            raise BmeconfError("not confirmed; nothing was written")
        return Consent(count, self.ask)


@dataclass(frozen=True)
class Target:
    """Where pulled files go, and what a plan of them will work with.

    `folder` is the project's root or a folder below it, as an absolute path. `variables` are the
    account's, `base_url` is the address under which `lock` knows it.
    """

    project: Project
    folder: Path
    variables: Mapping[str, str]
    lock: Lock
    base_url: str


@dataclass(frozen=True)
class LeftOut:
    """Why something live is not declared; `resources` is 0 where it is a single field."""

    finding: Finding
    resources: int = 0


@dataclass(frozen=True)
class Pulled:
    """`files` are texts by path below their folder; `declared` are the resources in them.

    `unchanged` files were on disk with the same text, `overwritten` ones with another.
    `other_files` are the project's other manifests, `other_findings` what to know of them.
    `requests` counts the requests to the API.
    """

    files: Mapping[str, str]
    declared: tuple[Address, ...]
    left_out: tuple[LeftOut, ...]
    unchanged: frozenset[str] = frozenset()
    overwritten: frozenset[str] = frozenset()
    other_files: tuple[str, ...] = ()
    other_findings: tuple[Finding, ...] = ()
    requests: int = 0

    @property
    def counts(self) -> Mapping[str, int]:
        """How many resources of each kind are declared."""
        return {kind: sum(a.kind == kind for a in self.declared) for kind in KINDS}

    @property
    def missing(self) -> Mapping[str, int]:
        """How many resources of each kind were left out."""
        counts = dict.fromkeys(KINDS, 0)
        for each in self.left_out:
            counts[each.finding.address.kind] += each.resources
        return counts

    @property
    def fields(self) -> int:
        """How many single fields were left out of declared resources."""
        return sum(not each.resources for each in self.left_out)


def refuse(lines: Sequence[str], noun: str, reason: str, remedy: str) -> None:
    """Refuse to write anything if there are `lines`: each is one `noun` that stands in the way.

    Raises:
        InvalidInput: with the first of the lines.
    """
    if lines:
        shown = [f"  {line}" for line in lines[:MOST_NAMED]]
        more = len(lines) - MOST_NAMED
        shown += [f"  and {more:,} more"] if more > 0 else []
        opening = f"nothing was written: {counted(len(lines), noun)} {reason}"
        raise InvalidInput("\n".join([opening, *shown]), remedy)
