"""Words of the page: live texts made harmless, contact statuses, messages after forms. Pure."""

from __future__ import annotations

import unicodedata

from bmeconf.sandbox.store import Doc

_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_JOINERS = "\u200c\u200d"
_LINES = "\n\t"

#: the messages after a successful form, by the key in the address
SAID = {
    "saved": "Saved.",
    "same": "Nothing was changed, so nothing was saved.",
    "scheduled": "Scheduled.",
    "draft": "Back to a draft.",
    "cancelled": "Cancelled.",
    "paused": "Paused.",
    "sending": "Sending has begun.",
    "failed": "Marked as failed.",
    "sent": "Sent, as far as this account knows. Nothing left this machine.",
    "unsubscribed": "Unsubscribed.",
    "reactivated": "Opted in again.",
    "bounced": "Marked as bounced.",
    "complained": "Marked as a complaint.",
    "added": "Added.",
    "deleted": "Deleted.",
}

_REASONS = {
    "Unsubscribe": "Unsubscribed",
    "Bounce": "Bounced",
    "Complaint-FBL": "Complained",
}


def visible(text: str | None, several_lines: bool = False) -> str:
    """A text with an escape for every character that hides, reorders or controls other text.

    With `several_lines`, line ends and tabs stay.
    """
    kept = _JOINERS + (_LINES if several_lines else "")
    return "".join(_escaped(character, kept) for character in text or "")


def _escaped(character: str, kept: str) -> str:
    if character in kept or unicodedata.category(character) not in _HIDDEN:
        return character
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    code = ord(character)
    escape = f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return named.get(character, escape)


def status(contact: Doc) -> str:
    """A contact's status in one word."""
    primary, secondary = contact["status"]["primary"], contact["status"].get("secondary")
    return "Active" if primary == "Active" else _REASONS.get(secondary, secondary or "Inactive")


def entered(text: str | None, several_lines: bool = False) -> str:
    """A stored text as a browser sends it back from an untouched input.

    Browsers send LF as the only line end, and no line end from an input of a single line.
    """
    plain = (text or "").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    return plain if several_lines else plain.replace("\n", "")
