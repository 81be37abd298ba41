"""Files in archives that anybody may have made."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.forge.archive import LARGEST, NoSuchFile, file_in

NAME, CONTENT = "review.json", b'{"steps": {"lists/Autumn": "' + b"0f" * 200 + b'"}}'


def packed(content: bytes, method: int = zipfile.ZIP_DEFLATED, name: str = NAME) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as opened:
        opened.writestr(name, content)
    return archive.getvalue()


def with_password(archive: bytes) -> bytes:
    """The same archive, where it says that its file needs a password."""
    flags = archive.index(b"PK\x01\x02") + 8
    return archive[:flags] + b"\x01" + archive[flags + 1 :]


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_file_is_read_however_it_is_packed(method: int) -> None:
    assert file_in(packed(CONTENT, method), NAME) == CONTENT


@pytest.mark.parametrize(
    ("archive", "said"),
    [
        (b"", "is not in it"),
        (b"no archive", "is not in it"),
        (packed(CONTENT, name="other.json"), "is not in it"),
        (packed(bytes(LARGEST + 1)), "is larger than 20 MB"),
        (with_password(packed(CONTENT)), "is not in it"),
    ],
)
def test_an_archive_without_the_file_is_told_of(archive: bytes, said: str) -> None:
    with pytest.raises(NoSuchFile, match=said):
        file_in(archive, NAME)


@given(st.sampled_from([packed(CONTENT, method) for method in (0, 8, 12, 14)]), st.data())
def test_an_archive_that_was_damaged_is_read_or_told_of(
    archive: bytes, data: st.DataObject
) -> None:
    damaged = bytearray(archive)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    with suppress(NoSuchFile):
        file_in(bytes(damaged), NAME)
