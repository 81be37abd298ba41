"""API keys, masked on every way out of the program."""

from __future__ import annotations

import re

KEY = re.compile(r"bme_[A-Za-z0-9_-]{36,}")
"""What an API key looks like (API contract 1.2): the shortest form known has 41 characters."""


def masked(text: str) -> str:
    """`text` without anything that looks like a key, for every way out of the program."""
    return KEY.sub("***", text)
