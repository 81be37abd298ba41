"""The result of a pull: the files, what they declare, what they leave out and why. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bmeconf.kinds import KINDS
from bmeconf.model import Address, Finding, counted
from bmeconf.model.errors import InvalidInput

MOST_NAMED = 20


@dataclass(frozen=True)
class LeftOut:
    """Why something live is not declared; `resources` is 0 where it is a single field."""

    finding: Finding
    resources: int = 0


@dataclass(frozen=True)
class NextCommand:
    """A command to type next, and why, empty where that goes without saying."""

    command: str
    why: str = ""


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
        numbers = Counter(address.kind for address in self.declared)
        return {kind: numbers[kind] for kind in KINDS}

    @property
    def missing(self) -> Mapping[str, int]:
        """How many resources of each kind were left out."""
        numbers: Counter[str] = Counter()
        for each in self.left_out:
            numbers[each.finding.address.kind] += each.resources
        return {kind: numbers[kind] for kind in KINDS}

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
