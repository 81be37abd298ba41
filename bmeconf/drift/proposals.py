"""Drift -> the edits of files that declare it, each field by itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bmeconf.desired.editing import NO_VALUE, VARIABLE, Edit, Editor, TableEditor, Unedited
from bmeconf.desired.manifest import SEPARATOR, Items, Scalar, Sources, at, literal, names_variable
from bmeconf.desired.validate import INLINE
from bmeconf.drift.model import Drift, DriftItem
from bmeconf.kinds import KINDS
from bmeconf.live import Reading
from bmeconf.model import (
    IDENTITY,
    PRESENCE,
    Address,
    Path,
    Place,
    Resource,
    Value,
    canonical_email,
    canonical_name,
)

RENAMED = "renamed by hand: write the new name in its entry, and in what refers to it"
BY_HAND = "made or deleted by hand: change its entry, and what refers to it"
REPLACED = (
    "another object has its name now: give each its name back in the web app, or pin the one that"
    " is meant with `id:`"
)
MADE = {
    "mjml": "it is made of MJML: change the file, or declare the HTML in its place",
    "from_body": "it is made of the body: change that, or declare the text in its place",
    "template": "a template of the account writes it: declare the HTML in its place",
    "inline_css": "inline_css makes another text of it: edit it by hand",
}
"""Why a content differs from all that a manifest could write, by the key that makes it."""
HIDDEN = re.compile(r"(?<!\*)\*{3}(?!\*)")
"""What stands in a reply for the API key of the run."""


class Proposal(NamedTuple):
    """The edits of a file that declare an item; `place` is that of its value, None: the file."""

    file: str
    place: Place | None
    edits: tuple[Edit, ...]


class Author:
    """Writes live values into the texts of files."""

    def __init__(
        self, drift: Drift, reading: Reading, sources: Sources, texts: Mapping[str, str]
    ) -> None:
        self._reading, self._sources, self._texts = reading, sources, texts
        self._editors: dict[str, Editor] = {}
        self._tables: dict[str, TableEditor] = {}
        self._renamed = {
            Address(item.address.kind, item.live)
            for item in drift.items
            if item.is_rename and isinstance(item.live, str)
        }

    def proposals(
        self, items: Sequence[DriftItem]
    ) -> tuple[Mapping[int, Proposal], dict[int, str]]:
        """The edits of each item by its number, or why there are none."""
        found, failed = dict[int, Proposal](), dict[int, str]()
        for number, item in enumerate(items):
            try:
                found[number] = self._proposal(item)
            except Unedited as error:
                failed[number] = str(error)
        return found, failed

    def _proposal(self, item: DriftItem) -> Proposal:
        if item.is_rename:
            raise Unedited(RENAMED)
        if item.path in (IDENTITY, PRESENCE):
            raise Unedited(REPLACED if item.path == IDENTITY else BY_HAND)
        if isinstance(item.live, str) and HIDDEN.search(item.live):
            raise Unedited('"***" in it may stand for the API key: look at it, and edit it by hand')
        resource = self._reading.scope.desired.resources[item.address]
        if item.path[0] in INLINE:
            return self._content(item, resource)
        place = resource.intent.written(self._as_declared(item.path, resource))
        if place is None:
            raise Unedited(NO_VALUE)
        emails = item.path[0] in KINDS[item.address.kind].emails
        canonical = canonical_email if emails else canonical_name
        editor = self.editor(place.file)
        edits = editor.value(place, self._written(item.live), canonical)
        return Proposal(place.file, place, (*edits,))

    def _as_declared(self, path: Path, resource: Resource) -> Path:
        """The path of a field in the words of its manifest, which may have another label."""
        if len(path) != 2 or resource.intent.written(path):
            return path
        label = self._reading.account.id_map.label
        names = resource.fields.get(path[0]) or ()
        return next(((path[0], name) for name in names if label(name) == path[1]), path)

    def _content(self, item: DriftItem, resource: Resource) -> Proposal:
        """The edit of a body or plain text: in its manifest, or of the file that it names."""
        field, written = item.path[0], resource.intent.written
        whole = written((field,))
        if whole is None:
            raise Unedited(NO_VALUE)
        editor = self._manifest(whole.file)
        if not item.live:
            return Proposal(whole.file, whole, (*editor.clear(whole),))
        made = next((key for key in ("mjml", "from_body", "template") if written((field, key))), "")
        if made:
            raise Unedited(MADE[made])
        if file := self.named(resource, field):
            return self._whole(file, item, written((field, "expand")))
        value = self._written(item.live)
        if inline := written((field, INLINE[field])):
            return Proposal(whole.file, inline, (*editor.value(inline, value),))
        return Proposal(whole.file, whole, (*editor.value(whole, {INLINE[field]: value}),))

    def named(self, resource: Resource, field: str) -> str:
        """The file that has a content, empty where it has none; raises Unedited if unknown."""
        place = resource.intent.written((field, "file"))
        if place is None:
            return ""
        text = self._sources.texts.get((place.file, self._manifest(place.file).written(place)))
        if text is None or text.fault:
            raise Unedited(VARIABLE)
        return text.file

    def _whole(self, file: str, item: DriftItem, expand: Place | None) -> Proposal:
        """The edit of a whole file, in which variables are filled in where `expand` says so."""
        old, new = self._texts[file], str(item.live)
        # YAML has several words for true.
        if expand and self._manifest(expand.file).written(expand).lower() != "false":
            if names_variable(old):
                raise Unedited(f"variables are filled in: change one, or the words in {file}")
            new = literal(new)
        return Proposal(file, None, (Edit(0, len(old), _like(old, new)),))

    def editor(self, file: str) -> Editor | TableEditor:
        """What edits a file; raises Unedited where it is not clear how it is written."""
        if file in self._sources.files:
            return self._manifest(file)
        if file not in self._tables:
            self._tables[file] = TableEditor(self._texts[file], self._separator(file))
        return self._tables[file]

    def table(self, place: Place) -> TableEditor | None:
        """What edits the table that a place is in, None where it is in a manifest."""
        editor = self.editor(place.file)
        return editor if isinstance(editor, TableEditor) else None

    def _manifest(self, file: str) -> Editor:
        if file not in self._editors:
            self._editors[file] = Editor(self._texts[file])
        return self._editors[file]

    def _separator(self, file: str) -> str:
        """What stands between the names in a cell of a table."""
        found = set()
        for document in self._sources.documents:
            listed = at(document, ("contact_files",))
            for entry in listed.items if isinstance(listed, Items) else ():
                csv, separator = at(entry, ("csv",)), at(entry, ("separator",))
                reference = csv.text if isinstance(csv, Scalar) else ""
                text = self._sources.texts.get((document.place.file, reference))
                if names_variable(reference) or (text and text.file == file):
                    found.add(separator.text if isinstance(separator, Scalar) else SEPARATOR)
        if len(found) != 1 or any(map(names_variable, found)):
            raise Unedited("it is not clear how its table is written: change the cell by hand")
        return found.pop()

    def _written(self, value: Value) -> object:
        """A live value as a manifest has it; raises Unedited for one that none can have."""
        if isinstance(value, tuple):
            return [self._written(member) for member in value]
        if isinstance(value, Address):
            if value.id or not value.name:
                raise Unedited("a list in it has no name of its own: give it one")
            if value in self._renamed:
                raise Unedited(f"{value} was renamed by hand: change the entry of that list first")
            return self._written(value.name)
        if isinstance(value, str):
            return literal(value)
        if value is None or isinstance(value, bool | int):
            return value
        raise Unedited("a manifest does not write it as one value: edit it by hand")


def _like(old: str, new: str) -> str:
    """A text with the ends of lines of another: they mean nothing to a mail, and a lot to Git."""
    new += "\n" if old.endswith("\n") and not new.endswith("\n") else ""
    usual = "\r\n" if "\r\n" in old else "\n"
    ends = {
        line.removesuffix("\r"): "\r\n" if line.endswith("\r") else "\n"
        for line in old.split("\n")[:-1]
    }
    *lines, last = new.split("\n")
    bare = (line.removesuffix("\r") for line in lines)
    return "".join(f"{line}{ends.get(line, usual)}" for line in bare) + last
