"""Mails in frames that may run, load, send and open nothing; the look of marks in them. Pure."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup

from bmeconf.mail import GONE_MARK, NEW_MARK, make_inert, mark_changes, plain_lines, visible_lines
from bmeconf.model import HIDDEN
from bmeconf.model.errors import masked
from bmeconf.render.model import Field

WIDTHS = {"wide": 600, "phone": 375}
"""The widths at which the service shows a mail (API contract 4.4), in pixels."""
LEAST_HEIGHT, MOST_HEIGHT = 420, 1200
LETTER, LINE, BLOCK, PICTURE = 8.5, 26, 14, 150
"""About how much room a letter, a line and so on takes in a mail, in pixels."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
FRAME = (
    f'<!doctype html><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    '<meta http-equiv="x-dns-prefetch-control" content="off"><meta charset="utf-8">'
)
USUAL = (
    "html{scrollbar-width:thin}"
    "body{margin:0;font:15px/1.5 Arial,sans-serif;background:#fff;color:#111}"
    "img{background:#e3e5ea;color:#4a5060;font:13px/1.4 Arial,sans-serif}"
)
GREEN, RED, DIFFERENT = "23 112 63", "173 32 24", "67 70 184"
ODD = re.compile(r"[^ !$%(-;=?-~]")


def frame(body: object) -> Markup:
    """The body of a mail as the document of a frame, an attribute's value on one line."""
    return framed(USUAL, str(body or ""))


class Side(NamedTuple):
    """A mail on one side of a change as the document of frames; `marked` with what changed.

    `heights` are those of its frames in the order of `WIDTHS`, in pixels.
    """

    name: str
    document: Markup
    marked: bool
    heights: tuple[int, ...]


def _as_it_is(body: str) -> str:
    return body


def outlines(apart: bool) -> str:
    """The look of marks, in one colour where neither side is the right one.

    What counts in a layer is above what a mail finds important. White around an outline tells it
    from any ground; most of it lies inside, where no edge of a frame cuts it off.
    """
    new, gone = (DIFFERENT, DIFFERENT) if apart else (GREEN, RED)
    return (
        "@layer bmeconf{"
        f"[{NEW_MARK}]{{outline:3px solid rgb({new})!important;--bmeconf:rgb({new}/14%)}}"
        f"[{GONE_MARK}]{{outline:3px dashed rgb({gone})!important;--bmeconf:rgb({gone}/14%)}}"
        f"[{NEW_MARK}],[{GONE_MARK}]{{outline-offset:-2px!important;"
        "box-shadow:0 0 0 3px #fff,inset 0 0 0 99em var(--bmeconf)!important}"
        f":is(img,body):is([{NEW_MARK}],[{GONE_MARK}]){{outline-offset:-5px!important}}}}"
    )


class View(NamedTuple):
    """A way to look at both sides of a mail: `as_seen` makes of a marked body what is shown."""

    title: str = "How it looks"
    as_seen: Callable[[str], str] = _as_it_is
    night: bool = False


def frames(field: Field, view: View) -> Iterator[Side]:
    """How a mail looks before and after, with outlines at what changed; a new one as it is."""
    sides = str(field.before or ""), str(field.after or "")
    bodies = sides if field.new else mark_changes(*sides)
    sizes = [(visible_lines(plain), plain.lower().count("<img")) for plain in sides]
    # Of one height, so that both are level with each other, and fit one over the other.
    heights = tuple(max(height(*size, width) for size in sizes) for width in WIDTHS.values())
    for name, plain, body in list(zip(field.sides, sides, bodies, strict=True))[field.new :]:
        marked = body not in (plain, plain_lines(plain))
        document = framed(USUAL + outlines(field.apart) if marked else USUAL, view.as_seen(body))
        yield Side(name, document, marked, heights)


def height(words: Sequence[str], pictures: int, width: int) -> int:
    """About how high a mail is on a screen, within what fits beside others."""
    across = max(1, int((width - 48) / LETTER))
    lines = sum(math.ceil(len(line) / across) * LINE + BLOCK for line in words)
    return min(max(LEAST_HEIGHT, 96 + lines + PICTURE * pictures), MOST_HEIGHT)


def framed(style: str, body: str) -> Markup:
    """As `frame`, with a style of ours before what the mail says."""
    document = f"{FRAME}<style>{style}</style>{make_inert(masked(body))}"
    return Markup(ODD.sub(_escaped, document))


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    category = unicodedata.category(character)
    if category in ("Cc", "Cs") and character not in "\n\t":
        return "" if character == "\r" else "\ufffd"
    plain = character not in "&<>\"'#" and category not in HIDDEN
    return character if plain else f"&#{ord(character)};"
