"""A violation of a schema -> flaws: what is wrong and how to mend it, in plain words. Pure.

Every keyword that the schemas use has its words here. A `patternErrorMessage` is in the schema
itself, where editors show it too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bmeconf.desired.manifest import Block, Node, Path, at
from bmeconf.desired.validate import emails
from bmeconf.desired.validate.flaws import LONGEST_SHOWN, Flaw, dotted, inside, shown
from bmeconf.kinds import KINDS
from bmeconf.model import Place, did_you_mean

KEY_WORDS = ("key", "apikey", "api-key", "token", "secret")
FILE_NAME = re.compile(r"[^\s<>{}]+\.[A-Za-z0-9]{1,5}")
UNQUOTED = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./+-]*(:[A-Za-z0-9_./+-]+)*")
CODES = {"type": "type", "const": "version"}
BOOLEANS = {
    **dict.fromkeys(("yes", "on", "y"), "true"),
    **dict.fromkeys(("no", "off", "n"), "false"),
}
TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": 'a list (lines that begin with "- ", or [a, b])',
    "object": "`key: value` lines",
}


@dataclass(frozen=True)
class Violation:
    """The `value` at `path` breaks the `keyword` of a `schema`, which asks for `expected`.

    With `of_key` the value is the key that ends the path.
    """

    keyword: str
    path: Path
    value: Any
    expected: Any
    schema: Mapping[str, Any]
    of_key: bool


def flaws(broken: Violation, tree: Node) -> Iterator[Flaw]:
    """The flaws behind a violation in `tree`; several where several keys are unknown or missing."""
    if broken.keyword == "additionalProperties":
        yield from _unknown_keys(broken, tree)
    elif broken.keyword == "required":
        yield from _missing_keys(broken, tree)
    else:
        path = broken.path
        place = _key_place(tree, path) if broken.of_key else at(tree, path).place
        where = dotted(inside(path))
        words = WORDS.get(broken.keyword, _anything_else)(broken)
        message = f"{where}: {words}" if where else words
        yield Flaw(path, place, message, CODES.get(broken.keyword, "value"))


def _key_place(tree: Node, path: Path) -> Place:
    """The place of the last key of a path, or of the nearest value that exists above it."""
    parent = at(tree, path[:-1])
    key = parent.key(str(path[-1])) if isinstance(parent, Block) and path else None
    return key.place if key else at(tree, path).place


def _unknown_keys(broken: Violation, tree: Node) -> Iterator[Flaw]:
    known = broken.schema.get("properties", {})
    where = dotted(inside(broken.path))
    for key in broken.value:
        if key in known:
            continue
        code = "unknown_key"
        hint = did_you_mean(key, known) or f"; known here: {', '.join(known)}"
        message = f"unknown key {shown(key)}{f' in {where}' if where else ''}{hint}"
        if key == "api_key" or (key in KEY_WORDS and "api_key_env" in known):
            code = "key_in_file"
            message = (
                f'"{key}": a key itself in any file is an error; put it into an environment '
                "variable and name that in `api_key_env`"
            )
        yield Flaw((*broken.path, key), _key_place(tree, (*broken.path, key)), message, code)


def _missing_keys(broken: Violation, tree: Node) -> Iterator[Flaw]:
    unknown = set(broken.value) - set(broken.schema.get("properties", {}))
    for key in broken.expected:
        if key in broken.value or did_you_mean(key, unknown):
            continue
        message = f"`{dotted((*inside(broken.path), key))}` is missing; add it"
        if (*inside(broken.path), key) == ("version",):
            message = (
                "`version: 1` is missing; write it first (if this is no file of "
                "bmeconf, say under `manifests:` in bmeconf.yaml where the manifests are)"
            )
        yield Flaw(broken.path, _key_place(tree, broken.path), message, "missing_key")


def _type(broken: Violation) -> str:
    value, expected = broken.value, broken.expected
    types = expected if isinstance(expected, list) else [expected]
    wanted = " or ".join(TYPES[kind] for kind in types if kind in TYPES)
    if value is None:
        needed = broken.path[-1:] in (("name",), ("email",), ("label",), ("csv",))
        leave = "" if needed else ", or leave the key out"
        return f"null has nothing to clear here; write {wanted}{leave}"
    if "boolean" in types and str(value).lower() in BOOLEANS:
        return f"{shown(value)} is text here; write {BOOLEANS[value.lower()]}"
    return f"expected {wanted}, found {shown(value)}{_mend(types, value, broken.path)}"


def _mend(types: Sequence[str], value: Any, path: Path) -> str:
    """How to write a value as one of `types`, where that is clear."""
    if isinstance(value, Mapping):
        dashes = "array" in types and any(str(key).startswith("-") for key in value)
        return '; put a blank after the dash: "- name: ..."' if dashes else ""
    if not isinstance(value, str):
        return ""
    if "array" in types:
        return f"; write [{shown(value)[1:-1]}]"
    if "object" in types and not inside(path):
        kind = KINDS.get(str(path[0])) if path else None
        return f'; write an entry as "- {kind.identity if kind else "name"}: {shown(value)[1:-1]}"'
    if "object" in types:
        return _as_block(str(path[-1]), value)
    if "boolean" in types and value.lower() in ("true", "false"):
        return f"; write {value.lower()} without the quotes"
    return "; write it without quotes" if "integer" in types and value.isdigit() else ""


def _as_block(key: str, text: str) -> str:
    """How to write a text under `key` as the block that belongs there, where that is clear."""
    content = "html" if key == "body" else "text"
    content = "file" if FILE_NAME.fullmatch(text) else content
    is_short = UNQUOTED.fullmatch(text) and len(text) <= LONGEST_SHOWN
    value = text if is_short else shown(text)
    blocks = {
        **dict.fromkeys(("body", "plain_text"), f"{{{content}: {value}}}"),
        "schedule": f"{{at: {value}}}",
        "template": f"{{name: {value}, lang: en}}",
    }
    return f"; write {blocks[key]}" if key in blocks else ""


def _enum(broken: Violation) -> str:
    allowed = ", ".join(broken.expected)
    hint = did_you_mean(str(broken.value), broken.expected)
    return f"{shown(broken.value)} is not known here; write one of {allowed}{hint}"


def _pattern(broken: Violation) -> str:
    subject, says = shown(broken.value), broken.schema["patternErrorMessage"]
    if says.startswith("is not an email address"):
        return f"{subject} is not an email address: {emails.fault(broken.value)}"
    return f"{'the key ' if broken.of_key else ''}{subject} {says}"


def _too_few(broken: Violation) -> str:
    least = broken.expected
    of_merge = broken.path[-1:] == ("merge_of",)
    else_ = "; for a copy of one list write copy_of" if of_merge else ", or leave the key out"
    return f"at least {least} {'is' if least == 1 else 'are'} needed{else_}"


def _one_of(broken: Violation) -> str:
    return f"write exactly one of {', '.join(broken.schema['properties'])}"


def _anything_else(broken: Violation) -> str:
    return f"{shown(broken.value)} does not fit here; `bmeconf schema` shows what does"


WORDS: Mapping[str, Callable[[Violation], str]] = MappingProxyType(
    {
        "type": _type,
        "enum": _enum,
        "const": lambda broken: (
            f"{shown(broken.value)} is not a version that this bmeconf reads; "
            f"write {broken.expected}, or install a newer bmeconf"
        ),
        "pattern": _pattern,
        "maxLength": lambda broken: (
            f"{len(broken.value)} characters; at most {broken.expected} are allowed, shorten it"
        ),
        "minItems": _too_few,
        "minProperties": _one_of,
        "maxProperties": _one_of,
        "minimum": lambda broken: (
            f"{shown(broken.value)} is too small; write {broken.expected} or more"
        ),
    }
)
