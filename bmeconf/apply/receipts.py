"""Receipts: a saved plan is applied once (design 7.14).

A receipt is made right before the first write, beside the plan and in `.bmeconf/`, so that a
copy of the plan is known as well. The run that makes the receipt is the one that applies the plan.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bmeconf.model import shell_line, stamp
from bmeconf.model.errors import InvalidInput, Stale
from bmeconf.project import read_file, write_file

FORMAT, SUFFIX = "bmeconf.receipt/1", ".applied"


@dataclass(frozen=True)
class Receipts:
    """The receipts of one plan: beside its file `plan`, and in `folder` under its `digest`."""

    plan: Path
    folder: Path
    digest: str

    @property
    def paths(self) -> tuple[Path, ...]:
        beside = self.plan.with_name(self.plan.name + SUFFIX)
        return beside, self.folder / (self.digest.partition(":")[2] + SUFFIX)

    def refuse(self, resuming: Sequence[str]) -> None:
        """Raise Stale if the plan has a receipt; `resuming` is the command that takes a journal."""
        for path in self.paths:
            if receipt := self._read(path):
                command = shell_line([*resuming, str(receipt.get("journal", ""))])
                raise Stale(
                    f"{self.plan} was applied already: that was begun at"
                    f" {receipt.get('begun_at')}; this run wrote nothing",
                    f"plan again to see what is left; if that apply was cut off: {command}",
                )

    def claim(self, now: datetime, journal: str) -> None:
        """Make the receipts, or raise InvalidInput; no other run does so meanwhile."""
        receipt = {"begun_at": stamp(now), "digest": self.digest, "journal": journal}
        text = json.dumps({"format": FORMAT, **receipt}, indent=2, sort_keys=True) + "\n"
        for path in self.paths:
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_file(path, text)
            except OSError as error:
                self.release()
                raise InvalidInput(
                    f"the receipt {path} cannot be written: {error.strerror};"
                    " nothing was written to the account",
                    "put the plan where this user may write: its receipt says that it was applied",
                ) from error

    def release(self) -> None:
        """Take the receipts back: nothing was written, so the plan may be applied again."""
        for path in self.paths:
            with contextlib.suppress(OSError):
                path.unlink()

    def _read(self, path: Path) -> dict[str, object] | None:
        try:
            receipt = json.loads(read_file(path))
        except (FileNotFoundError, ValueError):
            return None
        except OSError as error:
            raise InvalidInput(
                f"the receipt {path} cannot be read: {error.strerror}; nothing was sent",
                "remove it once you know whether this plan was applied",
            ) from error
        ours = isinstance(receipt, dict) and receipt.get("digest") == self.digest
        return receipt if ours else None
