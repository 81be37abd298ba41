"""What a pull is asked for: which resources, how many contacts, and into which folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bmeconf.baseline import Lock
from bmeconf.desired.scope import matches
from bmeconf.kinds import KINDS, Kind, Personal
from bmeconf.model import Address, counted
from bmeconf.model.errors import BmeconfError, InvalidInput
from bmeconf.project import Project


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
