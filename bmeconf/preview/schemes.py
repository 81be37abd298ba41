"""A mail as a light and as a dark program shows it, whatever the reader's own screen. Pure."""

from __future__ import annotations

import re

PREFERS = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)", re.IGNORECASE)
ALWAYS, NEVER = "(min-width:0)", "(max-width:0)"
"""Questions about a screen that each one answers alike."""
DECLARED = re.compile(r"color-schemes?(?:\"|'|\s)*(?:content\s*=|:)[^;}>]{0,60}dark", re.IGNORECASE)
"""The mail says that it may be shown on a dark ground, in a style or a `meta`."""
PLAIN = "html{color-scheme:light;background:#fff}"
DARK = "html{color-scheme:dark!important;background:#000}"
TURNED = (
    "html{color-scheme:light;background:#fff;filter:invert(1) hue-rotate(180deg)}"
    "img{filter:invert(1) hue-rotate(180deg)}"
)


def has_dark(html: str) -> bool:
    """True for a mail that is made for a dark screen as well."""
    return bool(DECLARED.search(html)) or any(
        found[1].lower() == "dark" for found in PREFERS.finditer(html)
    )


def in_scheme(html: str, dark: bool) -> tuple[str, str]:
    """`html` as one of the two shows it, and the style that goes before it.

    Colours of a mail without any for the dark are turned, as many programs do it.
    """
    wanted = "dark" if dark else "light"
    shown = PREFERS.sub(lambda found: ALWAYS if found[1].lower() == wanted else NEVER, html)
    if not dark:
        return shown, PLAIN
    return shown, DARK if has_dark(html) else TURNED
