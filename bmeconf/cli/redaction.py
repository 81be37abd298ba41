"""--redact: what a run says and writes for people, without addresses and values of contacts.

Files that bmeconf reads again are left alone: saved plans, journals, the lock file, manifests.
What is needed for it is imported only where it was asked for.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from bmeconf.desired.manifest import Sources
    from bmeconf.plan import Plan
    from bmeconf.render import Page, PageItem
    from bmeconf.render.redaction import Redactor

VARIABLE = "BMECONF_REDACT_KEY"
"""Has the secret, where digests are to be the same on several machines."""


class Redaction(NamedTuple):
    """Texts, pages and documents as they may be shown: as they are, where there is no redactor."""

    redactor: Redactor | None = None

    @classmethod
    def asked(cls, wanted: bool) -> Redaction:
        """That of a run with --redact, keyed by a secret that no reader of its reports has."""
        if not wanted:
            return cls()
        from bmeconf.desired import manifest
        from bmeconf.project import machine_secret
        from bmeconf.render.redaction import Redactor

        key = os.fsencode(os.environ.get(VARIABLE, "").strip())
        with suppress(OSError):
            key = key or machine_secret(os.environ, manifest.find_root(Path("."))) or b""
        # Where no secret can be kept, digests compare within this run alone.
        return cls(Redactor(key or os.urandom(32)))

    def learn(self, known: Plan | Sources) -> None:
        """What a plan or manifests say of contacts may come back in any message from here on."""
        if self.redactor:
            from bmeconf.render import redaction

            redaction.learn(self.redactor, known)

    def text(self, text: str) -> str:
        """`text` without addresses."""
        return self.redactor.text(text) if self.redactor else text

    def message(self, text: str) -> str:
        """A sentence without addresses, and without values that are known."""
        return self.redactor.message(text) if self.redactor else text

    def value(self, text: str) -> str:
        """The value of a contact's field, or its address."""
        return self.redactor.value(text) if self.redactor else text

    def page(self, page: Page) -> Page:
        """A page without addresses and values."""
        if self.redactor is None:
            return page
        from bmeconf.render import redaction

        return redaction.page(self.redactor, page)

    def item(self, item: PageItem) -> PageItem:
        """An item of a page without addresses and values."""
        if self.redactor is None:
            return item
        from bmeconf.render import redaction

        return redaction.item(self.redactor, item)

    def document(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """A document without addresses, values and digests of these."""
        if self.redactor is None:
            return document
        from bmeconf.render import redaction

        return redaction.document(self.redactor, document)
