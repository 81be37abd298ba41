"""Flaws of documents: what is wrong, where, and how to mend it, in plain words. Pure.

Every keyword that the schemas use has its words in `WORDS`. A `patternErrorMessage` is in the
schema itself, where editors show it too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from bmeconf.desired.manifest import Block, Node, Path, at
from bmeconf.desired.validate.formats import TIME_LIKE, email_fault, time_fault
from bmeconf.kinds import KINDS
from bmeconf.model import Code, Place, Problem, did_you_mean, visible
from bmeconf.model.errors import masked

Violation: TypeAlias = Any
"""A ValidationError of jsonschema, whose own types say that any of it may be unset."""
LONGEST_SHOWN = 40
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
KEY_WORDS = ("key", "apikey", "api-key", "token", "secret")
NEVER_NULL = ("name", "email", "label", "csv")
FILE_NAME = re.compile(r"[^\s<>{}]+\.[A-Za-z0-9]{1,5}")
UNQUOTED = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./+-]*(:[A-Za-z0-9_./+-]+)*")
CODES: Mapping[str, Code] = {"type": "type", "const": "version"}
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


class Flaw(NamedTuple):
    """A problem of a document that still knows the path to what it is about."""

    path: Path
    place: Place
    message: str
    code: Code

    def problem(self, address: str = "") -> Problem:
        """The flaw as a problem of the resource at `address`."""
        field = next((key for key in self.path[1:] if isinstance(key, str)), "")
        return Problem(self.place, address, self.message, self.code, field=field)


def shown(value: Any) -> str:
    """A value as messages show it: on one line, shortened, API keys masked before that."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "`key: value` lines"
    if isinstance(value, list):
        return "a list"
    text = masked(str(value))
    text = text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
    text = visible(CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text))
    return f'"{text}"' if isinstance(value, str) else text


def dotted(path: Sequence[str | int]) -> str:
    """A path inside an entry: `body.file`, `lists[2]`; items are counted from 1."""
    steps = (f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


def inside(path: Path) -> Path:
    """The part of a document's path that lies inside its entry."""
    return path[2:] if len(path) > 1 and isinstance(path[1], int) else path


def violated(error: Violation, tree: Node) -> Iterator[Flaw]:
    """The flaws behind a violation of a schema; several where several keys are wrong or missing."""
    path: Path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        yield from _unknown_keys(error, path, tree)
    elif error.validator == "required":
        yield from _missing_keys(error, path, tree)
    else:
        of_key = _of_key(error)
        path = (*path, error.instance) if of_key else path
        place = _key_place(tree, path) if of_key else at(tree, path).place
        where, words = dotted(inside(path)), WORDS[str(error.validator)](error)
        message = f"{where}: {words}" if where else words
        yield Flaw(path, place, message, CODES.get(str(error.validator), "value"))


def _of_key(error: Violation) -> bool:
    """Whether it is a key that breaks the schema, and not a value."""
    return "propertyNames" in error.absolute_schema_path


def _key_place(tree: Node, path: Path) -> Place:
    """The place of the last key of a path, or of the nearest value that exists above it."""
    parent = at(tree, path[:-1])
    key = parent.key(str(path[-1])) if isinstance(parent, Block) and path else None
    return key.place if key else at(tree, path).place


def _unknown_keys(error: Violation, path: Path, tree: Node) -> Iterator[Flaw]:
    known = error.schema.get("properties", {})
    where = dotted(inside(path))
    if _is_foreign(error, path):
        message = f"this is no manifest: it has none of {', '.join(known)}; if it is not meant as"
        message += " one, say under `manifests:` in bmeconf.yaml where the manifests are"
        yield Flaw(path, tree.place, message, "no_manifest")
        return
    for key in (key for key in error.instance if key not in known):
        code: Code = "unknown_key"
        hint = did_you_mean(key, known) or f"; known here: {', '.join(known)}"
        message = f"unknown key {shown(key)}{f' in {where}' if where else ''}{hint}"
        if key == "api_key" or (key in KEY_WORDS and "api_key_env" in known):
            code = "key_in_file"
            message = (
                f'"{key}": a key itself in any file is an error; put it into an environment '
                "variable and name that in `api_key_env`"
            )
        yield Flaw((*path, key), _key_place(tree, (*path, key)), message, code)


def _is_foreign(error: Violation, path: Path) -> bool:
    """Whether a whole document has several keys, and none of a manifest."""
    known = error.schema.get("properties", {})
    return (
        not path
        and "contact_files" in known
        and len(error.instance) > 1
        and not known.keys() & error.instance.keys()
    )


def _missing_keys(error: Violation, path: Path, tree: Node) -> Iterator[Flaw]:
    unknown = error.instance.keys() - error.schema.get("properties", {}).keys()
    if _is_foreign(error, path):
        return
    for key in error.validator_value:
        if key in error.instance or did_you_mean(key, unknown):
            continue
        missing = dotted((*inside(path), key))
        message = f"`{missing}` is missing; add it"
        if missing == "version":
            message = (
                "`version: 1` is missing; write it first (if this is no file of "
                "bmeconf, say under `manifests:` in bmeconf.yaml where the manifests are)"
            )
        yield Flaw(path, _key_place(tree, path), message, "missing_key")


def _type(error: Violation) -> str:
    value, path = error.instance, tuple(error.absolute_path)
    expected = error.validator_value
    types = expected if isinstance(expected, list) else [expected]
    wanted = " or ".join(TYPES[kind] for kind in types if kind in TYPES)
    if value is None:
        leave = "" if path[-1:] and path[-1] in NEVER_NULL else ", or leave the key out"
        return f"null has nothing to clear here; write {wanted}{leave}"
    if "boolean" in types and str(value).lower() in BOOLEANS:
        return f"{shown(value)} is text here; write {BOOLEANS[value.lower()]}"
    return f"expected {wanted}, found {shown(value)}{_mend(types, value, path)}"


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
    return (
        "; write it without quotes"
        if "integer" in types and value.isascii() and value.isdigit()
        else ""
    )


def _as_block(key: str, text: str) -> str:
    """How to write a text under `key` as the block that belongs there, where that is clear."""
    is_file = FILE_NAME.fullmatch(text)
    is_short = UNQUOTED.fullmatch(text) and len(text) <= LONGEST_SHOWN
    value = text if is_short else shown(text)
    blocks = {
        "body": f"{{{'file' if is_file else 'html'}: {value}}}",
        "plain_text": f"{{{'file' if is_file else 'text'}: {value}}}",
        "schedule": f"one like {{at: {TIME_LIKE}}}" if time_fault(text) else f"{{at: {value}}}",
        "template": f"{{name: {value}, lang: en}}",
    }
    return f"; write {blocks[key]}" if key in blocks else ""


def _pattern(error: Violation) -> str:
    subject, says = shown(error.instance), error.schema["patternErrorMessage"]
    if says.startswith("is not an email address"):
        return f"{subject} is not an email address: {email_fault(error.instance)}"
    return f"{'the key ' if _of_key(error) else ''}{subject} {says}"


def _too_few(error: Violation) -> str:
    least = error.validator_value
    of_merge = [*error.absolute_path][-1:] == ["merge_of"]
    else_ = "; for a copy of one list write copy_of" if of_merge else ", or leave the key out"
    return f"at least {least} {'is' if least == 1 else 'are'} needed{else_}"


WORDS: Mapping[str, Callable[[Violation], str]] = MappingProxyType(
    {
        "type": _type,
        "enum": lambda error: (
            f"{shown(error.instance)} is not known here; write one of "
            f"{', '.join(error.validator_value)}"
            f"{did_you_mean(str(error.instance), error.validator_value)}"
        ),
        "const": lambda error: (
            f"{shown(error.instance)} is not a version that this bmeconf reads; "
            f"write {error.validator_value}, or install a newer bmeconf"
        ),
        "pattern": _pattern,
        "maxLength": lambda error: (
            f"{len(error.instance)} characters; at most {error.validator_value} are allowed, "
            "shorten it"
        ),
        "minItems": _too_few,
        "minimum": lambda error: (
            f"{shown(error.instance)} is too small; write {error.validator_value} or more"
        ),
        "maximum": lambda error: (
            f"{shown(error.instance)} is too large; write {error.validator_value} or less"
        ),
    }
)
