"""A mail, and what a project asks of its mails -> everything that is wrong with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bmeconf.mail import parse
from bmeconf.mail.lint import body, footer, links, tags
from bmeconf.mail.lint.model import BODY, PLAIN, PREVIEW, SUBJECT, Hit, Mail
from bmeconf.model import LintPolicy

LARGE_BODY, CLIPPED = 500_000, 102_000
"""Bytes above which the service refuses a body, and above which mail programs clip it."""
LONG_SUBJECT, LONG_PREVIEW = 80, 50
IN_PLAIN = re.compile(r"https?://[^\s<>\"'`]+", re.IGNORECASE)
PAGE = re.compile(r"<html[\s>]", re.IGNORECASE)
SENTENCE_END = ".,;:!?)]}»"
"""What may follow an address in a plain text, and is no part of it."""


class Linter:
    """Finds what is wrong with mails, as a policy says; a body that several send, once."""

    def __init__(self, policy: LintPolicy) -> None:
        self._policy = policy
        self._bodies: dict[str, tuple[Hit, ...]] = {}

    def hits(self, mail: Mail) -> tuple[Hit, ...]:
        """Everything that is wrong with a mail, also where its level is `off`."""
        return (
            *_lines(mail, self._policy),
            *(self._of_body(mail.body) if mail.body else ()),
            *(_plain(mail.plain_text, self._policy) if mail.plain_text else ()),
            *_parts(mail),
        )

    def _of_body(self, text: str) -> tuple[Hit, ...]:
        if text not in self._bodies:
            self._bodies[text] = tuple(sorted(_body(text, self._policy), key=lambda hit: hit.at))
        return self._bodies[text]


def _lines(mail: Mail, policy: LintPolicy) -> Iterator[Hit]:
    """What is wrong with the texts that an inbox shows."""
    fields = ((SUBJECT, mail.subject), (PREVIEW, mail.preview_text), ("from_name", mail.from_name))
    for field, text in fields:
        yield from tags.in_text(field, text or "", policy)
    subject, preview = mail.subject or "", mail.preview_text or ""
    if len(subject) > LONG_SUBJECT:
        message = f"the subject has {len(subject)} characters, and mail programs cut it at"
        yield Hit("long_subject", SUBJECT, 0, f"{message} {LONG_SUBJECT} or before", "shorten it")
    if len(preview) > LONG_PREVIEW:
        message = f"the preview text has {len(preview)} characters, and the service shows"
        remedy = "shorten it"
        yield Hit("long_preview_text", PREVIEW, 0, f"{message} {LONG_PREVIEW}", remedy)
    if preview and preview.casefold().strip(" .!") == subject.casefold().strip(" .!"):
        message = "the preview text says what the subject says, right behind it"
        yield Hit("preview_is_subject", PREVIEW, 0, message, "say more, or leave it out")


def _parts(mail: Mail) -> Iterator[Hit]:
    # What is no whole page is no mail yet.
    if mail.lacks_plain_text and PAGE.search(mail.body or ""):
        message = "the mail has no plain text, which some readers see and spam filters look for"
        yield Hit("no_plain_text", PLAIN, 0, message, "add plain_text: {file: ...}")


def _body(text: str, policy: LintPolicy) -> Iterator[Hit]:
    markup, text = parse.read(text), parse.plain_lines(text)
    yield from _size(text)
    yield from tags.in_body(text, markup, policy)
    yield from body.check(text, markup, policy)


def _size(text: str) -> Iterator[Hit]:
    size = len(text.encode("utf-8", "replace"))
    if size > LARGE_BODY:
        message = f"a body of {-(-size // 1000)} KB, and the service takes no more than 500 KB"
        yield Hit("large_body", BODY, 0, message, "shorten it, and link to images")
    elif size > CLIPPED:
        message = f"a body of {-(-size // 1000)} KB, and mail programs clip it at 102 KB"
        yield Hit("clipped", BODY, 0, message, "shorten it, or take comments and styles out")


def _plain(text: str, policy: LintPolicy) -> Iterator[Hit]:
    yield from tags.in_text(PLAIN, text, policy)
    for match in IN_PLAIN.finditer(text):
        for fault in links.faults(match[0].rstrip(SENTENCE_END), policy):
            yield Hit(fault.code, PLAIN, match.start(), fault.message, fault.remedy)
    if words := footer.IN_PLAIN.search(text):
        message = "words to unsubscribe: the service appends a footer with them to every mail"
        yield Hit("own_footer", PLAIN, words.start(), message, "take your own footer out")
