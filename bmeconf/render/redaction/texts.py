"""Texts with digests for the addresses of people, and for the values of their fields. Pure.

An address is known by its form, wherever it stands and however it is escaped; the values of fields
are known by where they stand, and in messages because the manifests and the account have them.
"""

from __future__ import annotations

import hmac
import html
import re
import unicodedata
from base64 import b32encode
from collections import defaultdict
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from bmeconf.kinds import Personal, only
from bmeconf.model import canonical_email, canonical_text

MARK, LENGTH = "redacted-", 12
"""What a digest begins with, and how many characters of 5 bits follow."""
SHORT = 3
"""Shorter values are found in messages only where these put them in quotes."""
SHOWN = 39
"""Characters of a long value that a message shows before its ellipsis."""
WINDOW = 400
"""Characters before an @ that may belong to the address."""

TAGS = r"(?:</?[A-Za-z][^<>@]{0,80}>){0,4}"
AT = re.compile(rf"{TAGS}(?:[@＠﹫]|%(?:25)?40|&#0*64;|&#[xX]0*40;|&commat;|\\u0040|\\x40){TAGS}")
APOSTROPHE = "'\"'\"'"
"""An apostrophe in a word of a shell line."""
UNIT = rf"""(?:{APOSTROPHE}|&(?:#\w+|\w{{2,6}});|[^\s<>()\[\],;:"])"""
"""One character of a local part, as it may be written."""
LOCAL = re.compile(
    r"(?:"
    r'"(?:[^"\\\n]|\\.){1,128}"'
    r'|\\"(?:[^"\\\n]|\\\\.){1,128}\\"'
    r"|&(?:quot|#34|#x22);[^<>\n]{1,128}?&(?:quot|#34|#x22);"
    rf"|{UNIT}+"
    r")\Z"
)
DOMAIN = re.compile(
    r"\[[^\]\s]{1,80}\]"
    r"|(?:[\w.-]|[^\x00-\x7f\s@＠﹫]|%(?:25)?(?:[89A-Fa-f][0-9A-Fa-f]|2[DdEe])|&#\w+;|\\u[0-9a-fA-F]{4})+"
)
DOTS = ".\u3002\uff0e\uff61"
QUOTES = ('"', '\\"', "&quot;", "&#34;", "&#x22;")
ESCAPES = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
PERSON = re.compile(rf"(?:.*\W)?{only(Personal).name}/", re.DOTALL)
"""What stands before the address of a contact as a resource."""
BOUNDS = (
    re.compile(r".*(?:[{}|`\s?]|&(?!#?\w+;)|&amp;)", re.DOTALL),
    re.compile(r"/.*/", re.DOTALL),
)
"""Where something else ends that an address may follow: markup, a query, a path."""
NEVER = ("", *" \t\n<>()[],:")
"""What is no end of a local part."""
TOKEN = re.compile(r"\w+|[^\w\s]")


class Redactor:
    """Redacts with one `key`: a text has the same digest wherever the key is the same."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._addresses: set[str] = set()
        self._values: dict[str, str] = {}
        self._lengths: Mapping[str, set[int]] = defaultdict(set)

    # --- what is known

    def learn(self, value: object) -> None:
        """The texts of a field's value, or of several, are to be found in messages."""
        if isinstance(value, Mapping):
            value = value.values()
        if isinstance(value, str):
            if text := canonical_text(value):
                self._learn(text)
        elif isinstance(value, Iterable):
            for each in value:
                self.learn(each)

    def learn_addresses(self, texts: Iterable[str]) -> None:
        """These are addresses, or meant to be."""
        for text in texts:
            if "@" in text:
                self._addresses.add(_canonical(text))
            else:
                self.learn(text)

    def _learn(self, text: str) -> None:
        digest = self.value(text)
        written = [text] if len(text) >= SHORT else []
        shown = [f'"{text}"', f'"{text[:SHOWN]}…"'] if len(text) > SHOWN else [f'"{text}"']
        for form in (*written, *shown):
            quoted = form[:1] == '"' and form != text
            self._values[form] = f'"{digest}"' if quoted else digest
            self._lengths[TOKEN.findall(form)[0]].add(len(form))

    # --- digests

    def address(self, text: str) -> str:
        """The digest of an address, which all ways to write it share."""
        return self._digest("address", _canonical(text))

    def value(self, text: str) -> str:
        """The digest of a field's value; a digest stays as it is, and an address has its own."""
        shown = self.text(text.strip())
        if shown.startswith(MARK) and len(shown) == len(MARK) + LENGTH:
            return shown
        return self._digest("value", canonical_text(text) or "")

    def _digest(self, sort: str, text: str) -> str:
        mac = hmac.digest(self._key, f"bmeconf {sort}\n{text}".encode("utf-8", "replace"), "sha256")
        return MARK + b32encode(mac).decode().lower()[:LENGTH]

    # --- texts

    def text(self, text: str) -> str:
        """`text` with a digest for each address in it."""
        parts, end = [], 0
        for at in AT.finditer(text):
            if at.start() < end or text[max(at.start() - 1, end) : at.start()] in NEVER:
                continue
            local = LOCAL.search(text, max(end, at.start() - WINDOW), at.start())
            domain = DOMAIN.match(text, at.end())
            if local is None or domain is None:
                continue
            host = _host(domain[0])
            if "<" in at[0] and not any(dot in _plain(host) for dot in DOTS):
                # Not an address with tags in it, but a mention after them.
                continue
            start = self._start(local[0], _plain(host)) if host else None
            if start is not None:
                parts.append(text[end : local.start() + start])
                parts.append(self.address(f"{_plain(local[0][start:])}@{_plain(host)}"))
                end = at.end() + len(host)
        return "".join([*parts, text[end:]]) if parts else text

    def message(self, text: str) -> str:
        """`text` with a digest for each address, and for each value that is known."""
        parts, end = [], 0
        for token in TOKEN.finditer(text) if self._values else ():
            start = token.start()
            lengths = self._lengths.get(token[0], ()) if start >= end else ()
            for stop in sorted((start + length for length in lengths), reverse=True):
                digest = self._values.get(text[start:stop])
                # No part of a longer word; it begins with a whole one.
                if digest and not (
                    text[stop - 1 : stop].isalnum() and text[stop : stop + 1].isalnum()
                ):
                    parts += [text[end:start], digest]
                    end = stop
                    break
        return self.text("".join([*parts, text[end:]]))

    def _start(self, local: str, host: str) -> int | None:
        """Where an address begins in what stands before its @; None where there is none."""
        if local.startswith(QUOTES):
            return 0
        for start in range(len(local)) if self._addresses else ():
            begins = start == 0 or not local[start - 1].isalnum()
            if begins and _canonical(f"{local[start:]}@{host}") in self._addresses:
                return start
        if person := PERSON.match(local):
            start = person.end()
        else:
            ends = (found.end() for bound in BOUNDS if (found := bound.match(local)))
            start = max(ends, default=0)
            if start and local[start - 1] in "?&;":
                start = max(start, local.find("=", start) + 1)
            start += len(local[start:]) - len(local[start:].lstrip("'\"*!=~"))
        # What is in no script, as before the @ of a rule of CSS, is nobody's name.
        return start if any(map(str.isalnum, _plain(local[start:]))) else None


def _host(text: str) -> str:
    """The domain that a text begins with, as it is written there; empty where it has none."""
    for index, character in enumerate(text):
        category = unicodedata.category(character)
        if not character.isascii() and category[0] not in "LNM" and character not in DOTS:
            text = text if category == "Cf" else text[:index]
            if category != "Cf":
                break
    text = text.rstrip(f"-_{DOTS}")
    return text if any(map(str.isalnum, text)) else ""


def _plain(text: str) -> str:
    """A part of an address without the escapes of a shell, HTML, JSON or a URL."""
    text = text.replace(APOSTROPHE, "'")
    text = (
        ESCAPES.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
        if "\\" in text
        else text
    )
    text = html.unescape(text) if "&" in text else text
    text = unquote(unquote(text)) if "%" in text else text
    return text.replace('\\"', '"') if text.startswith('\\"') else text


def _canonical(address: str) -> str:
    """An address as identity sees it, without escapes and characters that nobody sees."""
    seen = "".join(c for c in _plain(address) if c.isascii() or unicodedata.category(c) != "Cf")
    return canonical_email(seen)
