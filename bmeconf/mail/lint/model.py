"""A mail to look at, and a place where it is wrong. Frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

SUBJECT, PREVIEW, BODY, PLAIN = "subject", "preview_text", "body", "plain_text"


class Hit(NamedTuple):
    """One thing that is wrong: in which field, at which character of it, and how to mend it.

    `tag` is the merge tag that nothing declares, which an account may know all the same.
    """

    code: str
    field: str
    at: int
    message: str
    remedy: str
    tag: str = ""


@dataclass(frozen=True)
class Mail:
    """The fields of a campaign that people read; None where nothing says what they are.

    `lacks_plain_text` says that there is none, and none to come.
    """

    subject: str | None = None
    preview_text: str | None = None
    from_name: str | None = None
    body: str | None = None
    plain_text: str | None = None
    lacks_plain_text: bool = False
