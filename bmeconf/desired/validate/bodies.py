"""The bodies and plain texts of entries, made of what their manifests name. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

from bmeconf.desired.manifest.variables import MARK
from bmeconf.desired.validate.edited import Edited
from bmeconf.desired.validate.entries import ManifestEntry, Texts, text_of
from bmeconf.desired.validate.filling import Filler
from bmeconf.desired.validate.flaws import dotted
from bmeconf.model import Code, Place, Problem

SOURCES = {
    "body": ("file", "mjml", "html", "template"),
    "plain_text": ("file", "text", "from_body"),
}
"""What a content is made of, one of these, by its field."""
INLINE = {"body": "html", "plain_text": "text"}
"""Under which of these a manifest has the text itself, by its field."""
FILES = ("file", "mjml")
MOST_BEHIND = 500
WORDS = re.compile(r"[^\s\"'<>=]{6,}+(?!=)")
"""Words that are likely to be those of the file, and no names of attributes."""


@dataclass(frozen=True)
class Content:
    """A body or plain text, and what is wrong with it.

    `files` have what it was made of; none where the manifest has it.
    """

    text: str = ""
    problems: tuple[Problem, ...] = ()
    files: tuple[Edited, ...] = ()

    @property
    def sound(self) -> bool:
        """True without an error."""
        return not any(problem.level == "error" for problem in self.problems)

    def place(self, at: int) -> Place | None:
        """Where a character of the text is written in a file; None where no file has it.

        In what was made of a file, it is where the first words behind it are written there.
        """
        if not self.files:
            return None
        whole = self.files[-1]
        if whole.text == self.text:
            return whole.place(at)
        for words in WORDS.findall(self.text, at, at + MOST_BEHIND):
            before = self.text.count(words, 0, at)
            for file in reversed(self.files):
                if place := file.find(words, before):
                    return place
        return whole.place(0)


class _Wrong(Exception):
    """A content that cannot be made."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass
class Bodies:
    """Makes the contents of entries, each once; `compilers` are the packages that it took."""

    texts: Texts
    variables: Mapping[str, str]
    compilers: set[str] = field(default_factory=set)
    _made: dict[tuple[int, str], Content] = field(default_factory=dict)

    def of(self, entry: ManifestEntry, key: str) -> Content:
        """The content under `key` of an entry, which has one."""
        known = self._made.get((id(entry), key))
        if known is None:
            known = self._made[id(entry), key] = self._make(entry, key)
        return known

    def problems(self, entry: ManifestEntry) -> Iterator[Problem]:
        """What is wrong with the contents of an entry."""
        for key in SOURCES:
            if entry.spec.get(key) is not None:
                content = self.of(entry, key)
                yield from (each._replace(address=entry.shown) for each in content.problems)

    def _make(self, entry: ManifestEntry, key: str) -> Content:
        spec = entry.spec[key]
        given = [source for source in SOURCES[key] if source in spec]
        try:
            if len(given) != 1:
                message = f"write exactly one of {', '.join(SOURCES[key])}"
                raise _wrong(entry, (key,), message, "value")
            source = given[0]
            if "expand" in spec and source not in FILES:
                message = "only a file has it; in a manifest variables are always filled in"
                raise _wrong(entry, (key, "expand"), message, "contradiction")
            if "inline_css" in spec and source == "template":
                message = "a template is sent as it is; remove one of them"
                raise _wrong(entry, (key, "inline_css"), message, "contradiction")
            content = self._content(entry, key, spec, source)
            if spec.get("inline_css") and content.sound:
                content = self._inlined(entry, content)
            return content
        except _Wrong as wrong:
            return Content(problems=(wrong.problem,))

    def _content(
        self, entry: ManifestEntry, key: str, spec: Mapping[str, Any], source: str
    ) -> Content:
        if source == "from_body":
            return self._from_body(entry, spec["from_body"])
        if source not in FILES:
            return Content(spec[source] if isinstance(spec[source], str) else "")
        file = text_of(self.texts, entry.node.place.file, spec[source])
        fault = file.fault or (f"{file.file} is not a text" if "\0" in file.text else "")
        if fault:
            raise _wrong(entry, (key, source), fault, "file")
        filler = Filler(self.variables)
        fill = filler.text if spec.get("expand") else Edited.of
        files, problems = tuple[Edited, ...](), list[Problem]()
        if source == "mjml":
            # Loaded here, as are the compilers: few bodies are made of MJML.
            from bmeconf.desired.validate.mjml import Compilation

            compilation = Compilation(self.texts, fill)
            with self._needing("mjml-python", entry, (key, source)):
                text = compilation.html(file)
            files, problems = compilation.filled, compilation.problems
        else:
            files = (fill(file),)
            text = files[0].text
        problems += [flaw.problem() for flaw in filler.flaws]
        if not spec.get("expand"):
            problems += [each for file in files for each in _unfilled(file, self.variables)]
        return Content(text, (*problems,), files)

    def _from_body(self, entry: ManifestEntry, wanted: bool) -> Content:
        path, body = ("plain_text", "from_body"), entry.spec.get("body")
        if not wanted:
            raise _wrong(entry, path, "write true, or a file or text in its place", "value")
        if not body or "template" in body:
            message = "the entry has no body of its own to make it from; write the text"
            raise _wrong(entry, path, message, "contradiction")
        made = self.of(entry, "body")
        if not made.sound:
            return Content()
        with self._needing("inscriptis", entry, path) as mail:
            return Content(mail.plain_text(made.text))

    def _inlined(self, entry: ManifestEntry, content: Content) -> Content:
        with self._needing("css-inline", entry, ("body", "inline_css"), content) as mail:
            return replace(content, text=mail.with_inline_css(content.text))

    @contextmanager
    def _needing(
        self, package: str, entry: ManifestEntry, path: tuple[str, ...], of: Content | None = None
    ) -> Iterator[ModuleType]:
        """Count a compiler among those used, and tell what it does not take, in a content."""
        from bmeconf import mail

        try:
            yield mail
        except mail.Missing as missing:
            raise _wrong(entry, path, str(missing), "missing_extra") from missing
        except mail.Fault as fault:
            wrong = _wrong(entry, path, fault.message, "not_made")
            if of and (place := of.place(fault.at or 0)):
                wrong = _Wrong(wrong.problem._replace(place=place))
            raise wrong from fault
        self.compilers.add(package)


def _wrong(entry: ManifestEntry, path: tuple[str, ...], message: str, code: Code) -> _Wrong:
    return _Wrong(Problem(entry.place(*path), "", f"{dotted(path)}: {message}", code))


def _unfilled(whole: Edited, variables: Collection[str]) -> Iterator[Problem]:
    """A warning on the first use of each variable in a file, where none is filled in."""
    used = {m[1]: m.start() for m in reversed([*MARK.finditer(whole.text)]) if m[1]}
    for name in (name for name in used if name in variables):
        message = (
            f"${{{name}}} goes out as it is written; write `expand: true` beside the file to have"
            " its variables filled in, or write the value"
        )
        yield Problem(whole.place(used[name]), "", message, "unfilled_variable", "warning")
