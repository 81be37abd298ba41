"""Receipts: a saved plan is applied once (design 7.14).

A receipt is made right before the first write, beside the plan and in `.bmeconf/`, so that a
copy of the plan is known as well; whoever makes it is the one who applies the plan.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bmeconf.errors import InvalidInput, Stale
from bmeconf.model import stamp

FORMAT, SUFFIX = "bmeconf.receipt/1", ".applied"


@dataclass(frozen=True)
class Receipts:
    """The places where a receipt of one plan stands: beside its file, and in `folder`."""

    plan: Path
    folder: Path
    digest: str

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where they are, or would be."""
        beside = self.plan.with_name(self.plan.name + SUFFIX)
        return beside, self.folder / (self.digest.partition(":")[2] + SUFFIX)

    def refuse(self, resuming: Sequence[str]) -> None:
        """Refuse a plan that has its receipt; `resuming` is the command that takes a journal.

        Raises:
            Stale: saying when it was applied, and where its journal is.
        """
        for path in self.paths:
            if told := _read(path, self.digest):
                command = shlex.join([*resuming, told.get("journal", "")])
                raise _used(self.plan, told, f"; if it was cut off: {command}")

    def claim(self, now: datetime, journal: str) -> None:
        """Make the receipts.

        Raises:
            Stale: where somebody else was faster.
            InvalidInput: where one cannot be made; nothing was written to the account.
        """
        told = {"applied_at": stamp(now), "digest": self.digest, "journal": journal}
        text = json.dumps({"format": FORMAT, **told}, indent=2, sort_keys=True) + "\n"
        made = []
        try:
            for path in reversed(self.paths):
                path.parent.mkdir(parents=True, exist_ok=True)
                _place(path, text, self.digest)
                made.append(path)
        except FileExistsError as error:
            _remove(made)
            raise _used(self.plan, _read(Path(error.filename), self.digest) or told) from error
        except OSError as error:
            _remove(made)
            raise InvalidInput(
                f"the receipt {error.filename} cannot be written: {error.strerror};"
                " nothing was written to the account",
                "put the plan where this user may write: its receipt says that it was applied",
            ) from error

    def release(self) -> None:
        """Take the receipts back: nothing was written, so the plan may be applied again."""
        _remove(self.paths)


def _place(path: Path, text: str, digest: str) -> None:
    if path.exists() and not _read(path, digest):
        # Another plan was saved under this name since: its predecessor's receipt is no hindrance.
        path.unlink()
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _read(path: Path, digest: str) -> dict[str, str] | None:
    """The receipt at `path`, None where there is none for this plan."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) and told.get("digest") == digest else None


def _used(plan: Path, told: dict[str, str], finish: str = "") -> Stale:
    return Stale(
        f"{plan} was applied at {told.get('applied_at')} already; nothing was written",
        f"plan again to see what is left{finish}",
    )


def _remove(paths: tuple[Path, ...] | list[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()
