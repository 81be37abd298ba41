"""Plain data -> YAML text that a person could have written, and that reads back to that data. Pure.

A plain scalar that another YAML reader takes for a number, a boolean or null is put in quotes, and
so is every character that a reviewer cannot see. PyYAML's emitter does neither, folds long texts
and knows no blank lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bmeconf.desired.manifest.yaml_tree import UNPRINTABLE
from bmeconf.model import shows_nothing

WIDTH = 92
"""Columns up to which a value that holds others is written on one line."""
LONGEST_KEY = 1000
"""A longer key takes a `?` before it."""

PLAIN = re.compile(r"[^\W_][\w ./+@()'!&=$%*<>;~^-]*(?<! )")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)")
OTHER = re.compile(
    r"0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+"
    r"|[0-9][0-9_,]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?"
    r"|\d{4}-\d\d?-\d\d?"
)
WORDS = ("null", "true", "false", "yes", "no", "on", "off", "y", "n")
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
JOINERS = "\u200c\u200d\ufe0f"
"""What scripts and emoji need inside a text."""


def yaml_text(data: Mapping[str, Any], remarks: Sequence[str] = ()) -> str:
    """`data` as one YAML document under comment lines; a blank line before each part of it.

    Values are None, booleans, whole numbers, texts without lone surrogates, and sequences and
    mappings of them; keys are texts that are not empty.
    """
    lines = [f"# {remark}" for remark in remarks]
    for key, value in data.items():
        if lines and _holds(value):
            lines.append("")
        lines += _pair(key, value, entries=True)
    return "\n".join(lines) + "\n"


def scalar(value: Any) -> str:
    """One value on one line, in quotes wherever another reader could take it for another."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    means_more = value.lower() in WORDS or OTHER.fullmatch(value)
    if TIME.fullmatch(value) or (PLAIN.fullmatch(value) and not means_more):
        return str(value)
    return '"' + "".join(map(_character, value)) + '"'


def _character(character: str) -> str:
    if character in ESCAPES:
        return ESCAPES[character]
    hidden = shows_nothing(character) and character not in JOINERS
    if not hidden and not UNPRINTABLE.match(character):
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _pair(key: str, value: Any, *, entries: bool = False) -> list[str]:
    """`key: value`; the value below it where it does not fit beside it.

    `entries` are the members of a section, each of which has lines of its own.
    """
    start = scalar(key)
    if len(start) > LONGEST_KEY:
        below = _below(value, entries) if _holds(value) else [str(flow(value))]
        return [f"? {start}", *_led(":", below)]
    short = None if entries and _holds(value) else flow(value)
    if short is not None and (len(start) + len(short) < WIDTH or not _holds(value)):
        return [f"{start}: {short}"]
    return [f"{start}:", *(f"  {line}" if line else "" for line in _below(value, entries))]


def _holds(value: Any) -> bool:
    return bool(value) and (isinstance(value, Mapping) or is_list(value))


def _below(value: Any, entries: bool) -> list[str]:
    if isinstance(value, Mapping):
        return [line for key, below in value.items() for line in _pair(key, below)]
    items = [_item(item, entries) for item in value]
    apart = any(len(lines) > 1 for lines in items)
    return [line for n, lines in enumerate(items) for line in ([""] if n and apart else []) + lines]


def _item(item: Any, entry: bool) -> list[str]:
    short = None if entry and isinstance(item, Mapping) and _holds(item) else flow(item)
    if short is not None and (len(short) < WIDTH or not _holds(item)):
        return [f"- {short}"]
    return _led("-", _below(item, False))


def _led(sign: str, lines: Sequence[str]) -> list[str]:
    """`lines` behind a sign of one character, lined up with the first."""
    return [f"{sign} {lines[0]}", *(f"  {line}" if line else "" for line in lines[1:])]


def flow(value: Any) -> str | None:
    """A value on one line; None where it nests too deep for one."""
    if isinstance(value, Mapping):
        if any(map(_holds, value.values())) or any(len(key) > LONGEST_KEY for key in value):
            return None
        return "{" + ", ".join(f"{scalar(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if is_list(value):
        if any(map(_holds, value)):
            return None
        return "[" + ", ".join(str(flow(item)) for item in value) + "]"
    return scalar(value)
