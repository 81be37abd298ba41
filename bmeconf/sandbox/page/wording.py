"""Words and signs of the page: live texts made harmless, states in words, what was done. Pure."""

from __future__ import annotations

import unicodedata

from bmeconf.sandbox.store import Doc

_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_JOINERS = "\u200c\u200d"
_LINES = "\n\t"

#: what is said once a form was carried out
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
    """A text with every character that hides, reorders or controls shown as its escape.

    Where a text has `several_lines`, line ends and tabs stay.
    """
    kept = _JOINERS + (_LINES if several_lines else "")
    return "".join(_shown(character, kept) for character in text or "")


def _shown(character: str, kept: str) -> str:
    if character in kept or unicodedata.category(character) not in _HIDDEN:
        return character
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    code = ord(character)
    escape = f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return named.get(character, escape)


def status(contact: Doc) -> str:
    """A contact's status in one word."""
    given = contact["status"]
    if given["primary"] == "Active":
        return "Active"
    return _REASONS.get(given.get("secondary", ""), given.get("secondary") or "Inactive")


def entered(text: str | None, several_lines: bool = False) -> str:
    """A stored text as a form gives it back when nobody touches it.

    Forms know one kind of line end, and inputs of one line none.
    """
    plain = (text or "").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    return plain if several_lines else plain.replace("\n", "")
