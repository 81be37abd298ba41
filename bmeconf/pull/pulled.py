"""What a pull brought: the files, what they declare, and what they leave out and why. Pure data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bmeconf.model import CAMPAIGNS, CONTACTS, LISTS, STRUCTURE, Address, Finding

KINDS = (STRUCTURE, LISTS, CONTACTS, CAMPAIGNS)


@dataclass(frozen=True)
class LeftOut:
    """Why something live is not declared: so many resources, or none for a single field."""

    finding: Finding
    resources: int = 0


@dataclass(frozen=True)
class Pulled:
    """`files` are texts by path below the folder they go to; `declared` is what stands in them.

    `unchanged` are those that stand there already, to the letter, `overwritten` those that stood
    there with other content; `beside` is what to know of the project's other manifests;
    `requests` what it took.
    """

    files: Mapping[str, str]
    declared: tuple[Address, ...]
    left_out: tuple[LeftOut, ...]
    unchanged: frozenset[str] = frozenset()
    overwritten: frozenset[str] = frozenset()
    beside: tuple[Finding, ...] = ()
    requests: int = 0

    @property
    def counts(self) -> Mapping[str, int]:
        """How many resources of each kind are declared."""
        found = Counter(address.kind for address in self.declared)
        return {kind: found[kind] for kind in KINDS}

    @property
    def missing(self) -> Mapping[str, int]:
        """How many resources of each kind were left out."""
        found: Counter[str] = Counter()
        for each in self.left_out:
            found[each.finding.address.kind] += each.resources
        return {kind: found[kind] for kind in KINDS}

    @property
    def fields(self) -> int:
        """How many single fields were left out of what is declared."""
        return sum(not each.resources for each in self.left_out)
