"""Merge tags and what a contact has for them. Pure.

`{key}` is the address of a contact, `{cf_...}` each other field, under names that an account
chooses (API contract 4.4). A tag that the account does not know is printed as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape

from bmeconf.model import Resource
from bmeconf.preview.model import Tag

KEY = "key"
TAG = re.compile(r"(?<![{$#%\\])\{(key|cf_[\w.-]+)\}(?!\})")
NO_SEED = "no seed contact is declared for its lists"


class Tags:
    """Fills the merge tags of texts with the values of `seed`, each through `show`.

    `fields` maps tags, as `cf_city`, to the labels of the fields that they stand for; for any
    other tag the field is taken whose label is spelled alike.
    """

    def __init__(
        self, seed: Resource | None, fields: Mapping[str, str], show: Callable[[str], str]
    ) -> None:
        self._seed, self._fields, self._show = seed, fields, show

    def text(self, text: str) -> str:
        """`text`, filled."""
        return TAG.sub(lambda tag: self._filled(tag[1], tag[0]), text)

    def markup(self, html: str) -> str:
        """The HTML `html`, filled with texts that are no markup."""
        return TAG.sub(lambda tag: escape(self._filled(tag[1], tag[0])), html)

    def used(self, texts: Iterable[str]) -> Iterator[Tag]:
        """Each tag of the texts once, in their order."""
        names = dict.fromkeys(tag[1] for text in texts for tag in TAG.finditer(text))
        return map(self.tag, names)

    def tag(self, name: str) -> Tag:
        """What stands in the place of the tag `name`."""
        if self._seed is None:
            return Tag(name, None, NO_SEED)
        if name == KEY:
            return Tag(name, self._show(self._seed.address.name), "the address")
        label = self._fields.get(name) or self._alike(name)
        if label is None:
            return Tag(name, None, "no field of the seed is called like this")
        source = f"the field {label}" + ("" if name in self._fields else ", which is called alike")
        value = (self._seed.fields.get("fields") or {}).get(label)
        return Tag(name, self._show(value), source) if value else Tag(name, "", f"{source}: empty")

    def _filled(self, name: str, written: str) -> str:
        value = self.tag(name).value
        return written if value is None else value

    def _alike(self, name: str) -> str | None:
        labels = (self._seed.fields.get("fields") or {}) if self._seed else {}
        return next((label for label in labels if _bare(label) == _bare(name[3:])), None)


def _bare(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
