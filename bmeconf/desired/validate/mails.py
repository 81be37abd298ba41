"""What is wrong in the mails that the manifests declare, at its place in the file of each. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bmeconf import mail
from bmeconf.desired.manifest import Inline, Scalar, Sources, at
from bmeconf.desired.validate.bodies import INLINE, SOURCES, Bodies
from bmeconf.desired.validate.entries import ManifestEntry
from bmeconf.kinds import KINDS, Mailing
from bmeconf.mail import lint
from bmeconf.model import OFF, Finding, LintPolicy, Place, Resource


@dataclass(frozen=True)
class Declared:
    """A campaign, and the entry that declares it."""

    entry: ManifestEntry
    resource: Resource


def check(
    campaigns: Sequence[Declared], sources: Sources, bodies: Bodies, policy: LintPolicy
) -> list[Finding]:
    """The findings on these campaigns, each at its place, as the policy and their entries say."""
    places, linter = _Places(sources, bodies), lint.Linter(policy)
    repeated = _same_bodies(campaigns)
    findings = []
    for number, declared in enumerate(campaigns):
        hits = [*linter.hits(_mail(declared)), *repeated.get(number, ())]
        levels = {**(declared.entry.spec.get("lint") or {})}
        levels.pop("reason", None)
        for hit in hits:
            level = levels.get(hit.code) or lint.level(hit.code, policy)
            if level != OFF:
                findings.append(_finding(hit, level, declared, places))
        findings += _unused(levels, {hit.code for hit in hits}, declared)
    return findings


def _mail(declared: Declared) -> lint.Mail:
    fields = declared.resource.fields
    body, plain = fields.get("body"), declared.entry.spec.get("plain_text") or {}
    return lint.Mail(
        subject=fields.get("subject"),
        preview_text=fields.get("preview_text"),
        from_name=fields.get("from_name"),
        body=body if isinstance(body, str) else None,
        # What is wrong in a text made of the body is told of the body.
        plain_text=None if "from_body" in plain else fields.get("plain_text"),
        # A copy has that of its source.
        lacks_plain_text="plain_text" not in fields and not declared.resource.intent.origins,
    )


def _same_bodies(campaigns: Sequence[Declared]) -> Mapping[int, Sequence[lint.Hit]]:
    """By its number, each campaign whose people get the body of another one too."""
    first: dict[tuple[object, object], Resource] = {}
    found: dict[int, list[lint.Hit]] = defaultdict(list)
    # By their names, as the order of files means nothing.
    named = sorted(enumerate(campaigns), key=lambda each: each[1].resource.address.parts)
    for number, declared in named:
        resource = declared.resource
        kind, body = KINDS[resource.address.kind], resource.fields.get("body")
        audiences = resource.fields.get(kind.recipients) if isinstance(kind, Mailing) else ()
        for audience in audiences or () if isinstance(body, str) else ():
            other = first.setdefault((body, audience), resource)
            if other is not resource and not found[number]:
                message = f"has the same body as {other.address}, and both go to {audience}"
                remedy = "name this campaign's own file, or take one of the two out"
                found[number] = [lint.Hit("same_body", "body", 0, message, remedy)]
    return found


def _finding(hit: lint.Hit, level: str, declared: Declared, places: _Places) -> Finding:
    address = declared.resource.address
    place = places.of(hit, declared.entry)
    return Finding(
        level, hit.code, address, hit.message, hit.remedy, hit.field, place=place, tag=hit.tag
    )


def _unused(levels: Mapping[str, str], codes: set[str], declared: Declared) -> Iterator[Finding]:
    for code, level in levels.items():
        if level == OFF and code not in codes:
            message = f"lint.{code}: nothing of that sort is found in this campaign"
            place = declared.entry.place("lint", code)
            address, remedy = declared.resource.address, "take the line out"
            yield Finding("warning", "lint_unused", address, message, remedy, "lint", place=place)


class _Places:
    """Finds the characters of a field in the files that it is written in."""

    def __init__(self, sources: Sources, bodies: Bodies) -> None:
        self._sources, self._bodies = sources, bodies
        self._inline: dict[str, Inline] = {}

    def of(self, hit: lint.Hit, entry: ManifestEntry) -> Place:
        """The place of a hit: in the file that the entry names, or in the manifest."""
        if hit.field in SOURCES and entry.spec.get(hit.field):
            content = self._bodies.of(entry, hit.field)
            # Fields begin with what is no blank.
            begin = len(content.text) - len(content.text.lstrip())
            if place := content.place(hit.at + begin):
                return place
        scalar = at(entry.node, (hit.field, INLINE.get(hit.field, "")))
        if not isinstance(scalar, Scalar):
            return scalar.place
        value = mail.plain_lines(scalar.text)
        index = hit.at + len(value) - len(value.lstrip())
        return self._written(scalar.place.file).place(scalar.place, value, index)

    def _written(self, file: str) -> Inline:
        if file not in self._inline:
            trees = [tree for tree in self._sources.documents if tree.place.file == file]
            self._inline[file] = Inline(self._sources.written.get(file, ""), trees)
        return self._inline[file]
