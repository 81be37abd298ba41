"""A file in the ZIP archive of an artifact, which anybody may have made who may push a branch."""

from __future__ import annotations

import io
import zipfile

LARGEST = 20_000_000
"""Bytes of a file; an archive can hold a thousand times its own size."""


class NoSuchFile(Exception):
    """An archive does not have a file; the message is the reason."""


def file_in(archive: bytes, name: str) -> bytes:
    """The file of this name in an archive.

    Raises:
        NoSuchFile: there is none, or it is too large, or the archive is none.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened, opened.open(name) as file:
            content = file.read(LARGEST + 1)
    # zipfile lets through whatever zlib, struct and others raise on what they cannot read.
    except Exception as error:
        raise NoSuchFile(f"{name} is not in it, or cannot be read") from error
    if len(content) > LARGEST:
        raise NoSuchFile(f"{name} is larger than {LARGEST // 1_000_000} MB")
    return content
