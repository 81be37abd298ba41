"""Cases of manifests, good and bad, out of tests/desired.

A case is one text file: a title, each input file under `-- name --`, the variables under
`-- vars --`, and what is to be said under `-- problems --`, one problem a line, or what is
declared under `-- resources --`, one field a line.
"""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent.parent / "desired"
GOOD, BAD = (sorted((HERE / f"{sort}_manifests").rglob("*.txt")) for sort in ("good", "bad"))


def parts_of(case: Path, last: str) -> tuple[dict[str, str], list[str], dict[str, str]]:
    """The files of a case, the lines under `last`, and the variables."""
    pieces = re.split(r"(?m)^-- (\S+) --\n", case.read_text(encoding="utf-8"))
    parts = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    variables = dict(line.split("=", 1) for line in parts.pop("vars", "").splitlines())
    return parts, parts.pop(last).splitlines(), variables
