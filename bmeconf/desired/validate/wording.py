"""A violation of a schema -> what is wrong and how to mend it, in plain words. Pure.

Every keyword that the schemas use has its words here; a `patternErrorMessage` stands in the
schema itself, where editors show it too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bmeconf.desired.validate import reasons
from bmeconf.kinds import KINDS
from bmeconf.model import errors

LONGEST_SHOWN = 40
KEY_WORDS = ("key", "apikey", "api-key", "token", "secret")
Path = tuple[str | int, ...]

PATH = re.compile(r"[^\s<>{}]+\.[A-Za-z0-9]{1,5}")
FLOW = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./+-]*(:[A-Za-z0-9_./+-]+)*")

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
    """What a schema found: `keyword` is broken by `value`, which stands at `path`."""

    keyword: str
    path: Path
    value: Any
    schema: Mapping[str, Any]
    of_key: bool = False

    @property
    def expected(self) -> Any:
        """The keyword's value in the schema."""
        return self.schema[self.keyword]


@dataclass(frozen=True)
class Fault:
    """A violation in words; `at_key` where the place is the key rather than its value."""

    path: Path
    message: str
    code: str
    at_key: bool = False


def faults(violation: Violation) -> Iterator[Fault]:
    """The faults behind one violation; several where several keys are unknown or missing."""
    if violation.keyword == "additionalProperties":
        yield from _unknown_keys(violation)
    elif violation.keyword == "required":
        yield from _missing_keys(violation)
    else:
        says = WORDS.get(violation.keyword, _anything_else)
        message = f"{_said(violation.path)}{says(violation)}"
        yield Fault(violation.path, message, _code(violation), violation.of_key)


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
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    return f'"{text}"' if isinstance(value, str) else text


def no_email(text: str, reason: str = "") -> str:
    """What to say of a text that is no email address."""
    reason = reason or reasons.email(text)
    mend = f": {reason}" if reason else "; write one like qa@acme.example"
    return f"{shown(text)} is not an email address{mend}"


def masked(text: str) -> str:
    """`text` without anything that looks like an API key."""
    return errors.masked(text)


def dotted(path: Sequence[str | int]) -> str:
    """A path inside an entry: `body.file`, `lists[2]`; items are counted from 1."""
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def inside(path: Path) -> Path:
    """The part of a document's path that lies inside its entry."""
    return path[2:] if len(path) > 1 and isinstance(path[1], int) else path


def _said(path: Path) -> str:
    text = dotted(inside(path))
    return f"{text}: " if text else ""


def _code(violation: Violation) -> str:
    return {"type": "type", "const": "version"}.get(violation.keyword, "value")


def _unknown_keys(violation: Violation) -> Iterator[Fault]:
    known = violation.schema.get("properties", {})
    for key in violation.value:
        if key in known:
            continue
        if key == "api_key" or (key in KEY_WORDS and "api_key_env" in known):
            message = (
                f'"{key}": a key itself in any file is an error; put it into an environment '
                "variable and name that in `api_key_env`"
            )
            yield Fault((*violation.path, key), message, "key_in_file", at_key=True)
            continue
        hint = errors.did_you_mean(key, known) or f"; known here: {', '.join(known)}"
        where = dotted(inside(violation.path))
        message = f"unknown key {shown(key)}{f' in {where}' if where else ''}{hint}"
        yield Fault((*violation.path, key), message, "unknown_key", at_key=True)


def _missing_keys(violation: Violation) -> Iterator[Fault]:
    strangers = set(violation.value) - set(violation.schema.get("properties", {}))
    for key in violation.expected:
        if key in violation.value or errors.did_you_mean(key, strangers):
            continue
        path = (*inside(violation.path), key)
        if path == ("version",):
            message = (
                "`version: 1` is missing; write it first (if this is no file of "
                "bmeconf, say under `manifests:` in bmeconf.yaml where the manifests are)"
            )
        else:
            message = f"`{dotted(path)}` is missing; add it"
        yield Fault(violation.path, message, "missing_key", at_key=True)


def _type(violation: Violation) -> str:
    types = violation.expected if isinstance(violation.expected, list) else [violation.expected]
    wanted = " or ".join(TYPES[kind] for kind in types if kind in TYPES)
    if violation.value is None:
        needed = violation.path[-1:] in [("name",), ("email",), ("label",), ("csv",)]
        leave = "" if needed else ", or leave the key out"
        return f"null has nothing to clear here; write {wanted}{leave}"
    if "boolean" in types and str(violation.value).lower() in BOOLEANS:
        return f"{shown(violation.value)} is text here; write {BOOLEANS[violation.value.lower()]}"
    return f"expected {wanted}, found {shown(violation.value)}{_mend(types, violation)}"


def _mend(types: Sequence[str], violation: Violation) -> str:
    text = violation.value
    if isinstance(text, Mapping):
        dashes = "array" in types and any(str(key).startswith("-") for key in text)
        return '; put a blank after the dash: "- name: ..."' if dashes else ""
    if not isinstance(text, str):
        return ""
    if "array" in types:
        return f"; write [{shown(text)[1:-1]}]"
    if "object" in types and not inside(violation.path):
        kind = KINDS.get(str(violation.path[0])) if violation.path else None
        key = kind.identity if kind else "name"
        return f'; write an entry as "- {key}: {shown(text)[1:-1]}"'
    if "object" in types:
        return _block(str(violation.path[-1]), text)
    if "boolean" in types and text.lower() in ("true", "false"):
        return f"; write {text.lower()} without the quotes"
    return "; write it without quotes" if "integer" in types and text.isdigit() else ""


def _block(key: str, text: str) -> str:
    """The block that a single text under `key` was meant to be, where that is known."""
    if key in ("body", "plain_text"):
        is_path = PATH.fullmatch(text)
        inner = "file" if is_path else "html" if key == "body" else "text"
        return f"; write {{{inner}: {_flow(text)}}}"
    if key == "schedule":
        return f"; write {{at: {_flow(text)}}}"
    if key == "template":
        return f"; write {{name: {_flow(text)}, lang: en}}"
    return ""


def _flow(text: str) -> str:
    """`text` as it is written inside { }: in quotes where it must be, cut short when long."""
    short = shown(text)
    return short[1:-1] if FLOW.fullmatch(text) and len(text) <= LONGEST_SHOWN else short


def _enum(violation: Violation) -> str:
    allowed = ", ".join(violation.expected)
    value = str(violation.value)
    hint = errors.did_you_mean(value, violation.expected)
    return f"{shown(violation.value)} is not known here; write one of {allowed}{hint}"


def _const(violation: Violation) -> str:
    return (
        f"{shown(violation.value)} is not a version that this bmeconf reads; "
        f"write {violation.expected}, or install a newer bmeconf"
    )


def _pattern(violation: Violation) -> str:
    if violation.schema["patternErrorMessage"].startswith("is not an email address"):
        return no_email(violation.value)
    subject = f"the key {shown(violation.value)}" if violation.of_key else shown(violation.value)
    return f"{subject} {violation.schema['patternErrorMessage']}"


def _longest(violation: Violation) -> str:
    return (
        f"{len(violation.value)} characters; at most {violation.expected} are allowed, shorten it"
    )


def _fewest_items(violation: Violation) -> str:
    least = violation.expected
    one = "; for a copy of one list write copy_of" if violation.path[-1:] == ("merge_of",) else ""
    return (
        f"at least {least} {'is' if least == 1 else 'are'} needed{one or ', or leave the key out'}"
    )


def _one_of(violation: Violation) -> str:
    return f"write exactly one of {', '.join(violation.schema['properties'])}"


def _minimum(violation: Violation) -> str:
    return f"{shown(violation.value)} is too small; write {violation.expected} or more"


def _anything_else(violation: Violation) -> str:
    return f"{shown(violation.value)} does not fit here; `bmeconf schema` shows what does"


WORDS: Mapping[str, Callable[[Violation], str]] = MappingProxyType(
    {
        "type": _type,
        "enum": _enum,
        "const": _const,
        "pattern": _pattern,
        "maxLength": _longest,
        "minItems": _fewest_items,
        "minProperties": _one_of,
        "maxProperties": _one_of,
        "minimum": _minimum,
    }
)
