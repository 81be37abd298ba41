"""Characters that show nothing, or no more than a blank: found, and made visible. Pure.

Two names that differ in such a character alone look the same to whoever reviews them; so do two
that differ in a letter of another script. Emoji and some scripts are written with joiners and
selectors: where those mean something, they stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
"""Categories of characters that control, reorder or hide text."""
IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
"""Characters of other categories that show nothing all the same."""
EMOJI = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff][\ufe0e\ufe0f]?\u20e3?"
)
MEANT = (
    "\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"
    f"|{EMOJI}(?:\u200d{EMOJI})*|[#*0-9]\ufe0f?\u20e3"
    "|[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff][\ufe00-\ufe02\U000e0100-\U000e01ef]"
    "|[\u1820-\u18aa][\u180b-\u180d\u180f]"
)
"""Sequences in which such characters mean something: emoji, flags, forms of one ideograph.

A pattern that is compiled where it is used: that takes longer than all else here.
"""
JOINERS = "\u200c\u200d"
LATIN = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u051b\u051d\u04cf"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405"
    "\u03b1\u03b9\u03ba\u03bd\u03bf\u03c1\u03c5\u03c7"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "aeopcyxijsdhqwlABEKMHOPCTYXIJSaikvopuxABEZHIKMNOPTYX",
)
"""Letters of Cyrillic and Greek that look like one of Latin, and that one."""
WORD = re.compile(r"\w+")


def shows_nothing(character: str) -> bool:
    """True for what cannot be seen, and for every blank but the ordinary one."""
    category = unicodedata.category(character)
    hidden = category in HIDDEN or (category == "Zs" and character != " ")
    return hidden or IGNORABLE.match(character) is not None


def visible(text: str) -> str:
    """`text` with an escape, as `\\u00a0`, for each character that shows nothing.

    So is a letter of another script that makes a word look like Latin. What is visible stays as it
    is: escapes are part of the words that they stand in.
    """
    return text if text.isascii() and text.isprintable() else _told_apart(_changed(text, _escape))


def seen(text: str) -> str:
    """`text` as the eye takes it: each blank is a blank, and what shows nothing is not there."""
    return _changed(text, lambda character: " " if character.isspace() else "")


def look(name: str) -> str:
    """A name as a hasty reader takes it: without letter case, blanks and what shows nothing."""
    folded = unicodedata.normalize("NFKC", seen(name).translate(LATIN)).casefold()
    return "".join(unicodedata.normalize("NFKC", folded).split())


def _changed(text: str, change: Callable[[str], str]) -> str:
    """`text` with `change` made to each character that shows nothing."""
    if text.isascii() and text.isprintable():
        return text
    pieces, at = [], 0
    for meant in [*re.finditer(MEANT, text), None]:
        end = meant.start() if meant else len(text)
        pieces += [
            change(text[n]) if shows_nothing(text[n]) and not _joins(text, n) else text[n]
            for n in range(at, end)
        ]
        if meant:
            pieces.append(meant[0])
            at = meant.end()
    return "".join(pieces)


def _told_apart(text: str) -> str:
    def escaped(word: re.Match[str]) -> str:
        if word[0].isascii():
            return word[0]
        latin = [c.isascii() or unicodedata.name(c, "").startswith("LATIN") for c in word[0]]
        every = all(own or ord(c) in LATIN for own, c in zip(latin, word[0], strict=True))
        mixed = every and any(latin)
        return "".join(_escape(c) if mixed and ord(c) in LATIN else c for c in word[0])

    return WORD.sub(escaped, text)


def _joins(text: str, position: int) -> bool:
    """True for a joiner that changes how the letters around it are written (RFC 5892)."""
    if text[position] not in JOINERS:
        return False
    # Loaded here: most texts never need it.
    import idna

    try:
        return idna.valid_contextj(text, position)
    except ValueError:
        return False


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0xA0:
        return character.encode("unicode_escape").decode("ascii")
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
