"""A mail, and what a project asks of its mails -> everything that is wrong with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bmeconf.mail import parse
from bmeconf.mail.lint import body, footer, links, tags
from bmeconf.mail.lint.model import BODY, PLAIN, PREVIEW, SUBJECT, Fault, Hit, Hits, Mail
from bmeconf.model import LintPolicy

LARGE_BODY, CLIPPED = 500_000, 102_000
"""Bytes above which the service refuses a body, and above which mail programs clip it."""
LONG_SUBJECT, LONG_PREVIEW = 80, 50
IN_PLAIN = re.compile(r"https?://[^\s<>\"'`]+", re.IGNORECASE)
SENTENCE_END = ".,;:!?)]}»"
"""What may follow an address in a plain text, and is no part of it."""
PAGE = re.compile(r"<html[\s>]", re.IGNORECASE)


class Linter:
    """Finds what is wrong with mails, as a policy says; a body that several send, once."""

    def __init__(self, policy: LintPolicy) -> None:
        self._policy = policy
        self._bodies: dict[str, list[Hit]] = {}

    def hits(self, mail: Mail) -> list[Hit]:
        """Everything that is wrong with a mail, also where its level is `off`."""
        found = self._lines(mail)
        if mail.body:
            if mail.body not in self._bodies:
                self._bodies[mail.body] = self._body(mail.body)
            found += self._bodies[mail.body]
        return found + self._plain(mail)

    def _lines(self, mail: Mail) -> list[Hit]:
        """What is wrong with the texts that an inbox shows."""
        lines = {
            SUBJECT: mail.subject,
            PREVIEW: mail.preview_text,
            "from_name": mail.from_name,
        }
        found = {field: Hits(field) for field in lines}
        for field, text in lines.items():
            tags.in_text(text or "", self._policy, found[field])
        for field, fault in _of_lines(mail.subject or "", mail.preview_text or ""):
            found[field].add(0, fault)
        return [hit for hits in found.values() for hit in hits.found]

    def _body(self, text: str) -> list[Hit]:
        markup, text, hits = parse.read(text), parse.plain_lines(text), Hits(BODY)
        for fault in _size(text):
            hits.add(0, fault)
        tags.in_body(text, markup, self._policy, hits)
        body.check(text, markup, self._policy, hits)
        return sorted(hits.found, key=lambda hit: hit.at)

    def _plain(self, mail: Mail) -> list[Hit]:
        hits, text = Hits(PLAIN), mail.plain_text or ""
        # What is no whole page is no mail yet.
        if mail.lacks_plain_text and PAGE.search(mail.body or ""):
            message = "the mail has no plain text, which some readers see and spam filters look for"
            hits.add(0, Fault("no_plain_text", message, "add plain_text: {file: ...}"))
        tags.in_text(text, self._policy, hits)
        for match in IN_PLAIN.finditer(text):
            for fault in links.faults(match[0].rstrip(SENTENCE_END), self._policy):
                hits.add(match.start(), fault)
        if words := footer.IN_PLAIN.search(text):
            message = "words to unsubscribe: the service appends a footer with them to every mail"
            hits.add(words.start(), Fault("own_footer", message, "take your own footer out"))
        return sorted(hits.found, key=lambda hit: hit.at)


def _of_lines(subject: str, preview: str) -> Iterator[tuple[str, Fault]]:
    if len(subject) > LONG_SUBJECT:
        message = f"the subject has {len(subject)} characters, and mail programs cut it at"
        yield SUBJECT, Fault("long_subject", f"{message} {LONG_SUBJECT} or before", "shorten it")
    if len(preview) > LONG_PREVIEW:
        message = f"the preview text has {len(preview)} characters, and the service shows"
        yield PREVIEW, Fault("long_preview_text", f"{message} {LONG_PREVIEW}", "shorten it")
    if preview and preview.casefold().strip(" .!") == subject.casefold().strip(" .!"):
        message = "the preview text says what the subject says, right behind it"
        yield PREVIEW, Fault("preview_is_subject", message, "say more, or leave it out")


def _size(text: str) -> Iterator[Fault]:
    size = len(text.encode("utf-8", "replace"))
    shown = f"a body of {-(-size // 1000)} KB"
    if size > LARGE_BODY:
        message = f"{shown}, and the service takes no more than 500 KB"
        yield Fault("large_body", message, "shorten it, and link to images")
    elif size > CLIPPED:
        message = f"{shown}, and mail programs clip it at 102 KB"
        yield Fault("clipped", message, "shorten it, or take comments and styles out")
