"""Results of earlier runs in `.bmeconf/sound/`, sealed with this machine's secret.

Whoever adds files to a checkout can neither make an entry nor change one. An entry that another
process writes, that is cut short, or that is none, is no entry. Old ones are removed.
"""

from __future__ import annotations

import contextlib
import hmac
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from bmeconf.project.atomic import read_file, write_file
from bmeconf.project.machine_secret import machine_secret
from bmeconf.project.work_folder import sound_folder

PURPOSE = b"bmeconf.sound/1\n"
"""Goes into each seal, so that one of a journal is none of an entry."""
MOST_BYTES, MOST_ENTRIES = 64_000_000, 8
"""Of all entries together; the newest are kept."""


class SealedEntries(NamedTuple):
    """The entries of one project; texts in ASCII, by names that only this machine can tell."""

    folder: Path
    secret: bytes

    @classmethod
    def of(
        cls, root: Path, environ: Mapping[str, str], *, make: bool = False
    ) -> SealedEntries | None:
        """Those of the project at `root`; None without a folder, or a secret to seal with.

        Both are made where asked for.

        Raises:
            OSError, InvalidInput: the folder cannot be used.
        """
        folder = sound_folder(root, make=make)
        secret = machine_secret(environ, root) if folder.is_dir() else None
        return cls(folder, secret) if secret else None

    def name(self, about: str) -> str:
        """The name of the entry about this: a seal, since `about` is for nobody's eyes."""
        return self._seal(f"name {about}".encode())

    def read(self, name: str) -> str:
        """The entry of this name, empty where there is none; raises OSError as `read_file`."""
        path = self.folder / name
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
            return ""
        seal, _, text = read_file(path).partition(b"\n")
        return text.decode("ascii") if hmac.compare_digest(seal, self._seal(text).encode()) else ""

    def write(self, name: str, text: str) -> None:
        """Write an entry, and remove what is too old or too much.

        Raises:
            OSError: it cannot be written.
        """
        if len(text) < MOST_BYTES:
            sealed = f"{self._seal(text.encode('ascii'))}\n{text}"
            # What a power cut leaves half written has no seal that fits: nothing waits for a disk.
            write_file(self.folder / name, sealed, durable=False)
        left = MOST_BYTES
        files = [(each, each.lstat()) for each in self.folder.iterdir()]
        files.sort(key=lambda file: -file[1].st_mtime_ns)
        for number, (path, status) in enumerate(files):
            left -= status.st_size
            if number >= MOST_ENTRIES or left < 0:
                with contextlib.suppress(OSError):
                    path.unlink()

    def _seal(self, text: bytes) -> str:
        return hmac.digest(self.secret, PURPOSE + text, "sha256").hex()
