"""The body of a mail as a frame of its own, which can run, load, send and open nothing. Pure."""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup

from bmeconf.mail import make_inert
from bmeconf.model.errors import masked
from bmeconf.render import safe

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
START = (
    f'<!doctype html><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    '<meta http-equiv="x-dns-prefetch-control" content="off"><meta charset="utf-8">'
    "<style>body{margin:16px;font:15px/1.5 Arial,sans-serif;background:#fff;color:#111}</style>"
)
ESCAPED = "&<>\"'#"
ODD = re.compile(r"[^ !$%(-;=?-~]")


def frame(body: object) -> Markup:
    """The document of a frame, as an attribute's value on one line."""
    return Markup(ODD.sub(_escaped, START + make_inert(masked(str(body or "")))))


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    category = unicodedata.category(character)
    if category in ("Cc", "Cs") and character not in "\n\t":
        return "" if character == "\r" else "\ufffd"
    plain = character not in ESCAPED and category not in safe.HIDDEN
    return character if plain else f"&#{ord(character)};"
