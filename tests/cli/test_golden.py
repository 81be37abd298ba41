"""Whole command runs: a folder holds a command, its files, and what must come out.

`BMECONF_GOLDEN=write` writes what came out, for a reviewer to read in the diff.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.support.driver import Account, Project

GOLDEN = Path(__file__).parent / "golden"
VOLATILE = (
    r'"created_at": "[^"]*"',
    r'"digest": "[^"]*"',
    r"127\.0\.0\.1:\d+",
    r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}",
    r"\b[0-9a-f]{32}\b",
)


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.iterdir()))
def test_golden(name: str, tmp_path: Path, account: Account) -> None:
    folder = tmp_path / name
    shutil.copytree(GOLDEN / name, folder)
    command = shlex.split((folder / "command").read_text(encoding="utf-8"))
    ran = Project(folder, account.env).run(*command[1:])
    shown = f"exit {ran.code}\n--- stdout\n{ran.out}--- stderr\n{ran.err}"
    for pattern in VOLATILE:
        shown = re.sub(pattern, "…", shown)
    expected = GOLDEN / name / "expected"
    if os.environ.get("BMECONF_GOLDEN") == "write":
        expected.write_text(shown, encoding="utf-8")
    assert shown == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.iterdir()))
def test_golden_text_is_narrow_and_harmless(name: str) -> None:
    text = (GOLDEN / name / "expected").read_text(encoding="utf-8")
    for line in text.splitlines():
        assert not (line.lstrip().startswith("::") and not line.startswith("::")), line
        assert "##[" not in line
    if name.endswith("json") or name == "annotations":
        return
    one_line = re.compile(r"^(Next: |Error: |[\w.]+:\d+:\d+: |  → |- |~ |\+ )")
    assert [line for line in text.splitlines() if len(line) > 80 and not one_line.match(line)] == []
