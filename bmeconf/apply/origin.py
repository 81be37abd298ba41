"""Where a journal comes from: each line is sealed together with all lines above it."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bmeconf.baseline import git
from bmeconf.project import machine_secret

SEALED = re.compile(rb'(.*), "seal": "([0-9a-f]{64})"\}', re.DOTALL)


@dataclass(frozen=True)
class Origin:
    """What tells where a journal comes from: the `secret` of this machine, and whether Git has it.

    Without a secret no journal is known to be of this machine.
    """

    secret: bytes | None
    is_tracked: Callable[[Path], bool]

    @classmethod
    def here(cls, root: Path, environ: Mapping[str, str]) -> Origin:
        """What this user on this machine knows, of the project at `root`."""
        return cls(machine_secret(environ, root), lambda path: git.is_tracked(path, environ))

    def seal(self, above: str, line: bytes) -> str:
        """The seal of a line below the one with the seal `above`; empty without a secret."""
        return (
            hmac.digest(self.secret, above.encode() + line, "sha256").hex() if self.secret else ""
        )

    def last_seal(self, whole: bytes) -> str:
        """The seal of a journal's last line; empty where one line is not of this machine."""
        seal = ""
        for line in whole.splitlines():
            parts = SEALED.fullmatch(line)
            if parts is None or self.seal(seal, parts[1] + b"}") != parts[2].decode():
                return ""
            seal = parts[2].decode()
        return seal
