"""Texts of files, below a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def write(root: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
