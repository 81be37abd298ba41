"""All documents -> the desired Snapshot, or every problem in them. Pure.

In order: fill variables, read and check each document along the schema, turn it and its tables
into entries, check each entry alone and then all together, build resources of the sound ones. A
flaw in one entry hides no flaw in another (design 1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from bmeconf.desired.manifest import Block, Node, Sources, at, keys
from bmeconf.desired.validate import entries, filling, references, unseen
from bmeconf.desired.validate.bodies import Bodies
from bmeconf.desired.validate.entries import ManifestEntry
from bmeconf.desired.validate.filling import Filler
from bmeconf.desired.validate.flaws import Flaw
from bmeconf.desired.validate.formats import instant
from bmeconf.desired.validate.places import Fields
from bmeconf.desired.validate.shape import Shape
from bmeconf.kinds import KINDS, Mailing
from bmeconf.model import (
    Address,
    Finding,
    Intent,
    LintPolicy,
    Place,
    Problem,
    Resource,
    Schedule,
    Snapshot,
    canonical_name,
    counted,
    once,
)
from bmeconf.model.errors import InvalidInput, masked

MENDED_ONCE = (
    "variable",
    "missing_extra",
    "file",
    "renamed_reference",
    "absent_reference",
    "too_many_files",
)
"""Codes of problems that have one cause, wherever they show."""
Judge = Callable[[Snapshot], Iterable[Problem]]


class ManifestProblems(InvalidInput):
    """The files cannot be used; `problems` holds all that are in them."""

    code = "problems"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        wrong = [problem for problem in self.problems if problem.level == "error"]
        files = len({problem.place.file for problem in wrong})
        super().__init__(f"{counted(len(wrong), 'error')} in {counted(files, 'file')}")


class Desired(NamedTuple):
    """The desired resources and the problems of the manifests; `digest` covers every file read.

    With an error among `problems` the snapshot lacks what the error is about: use `sound()`.
    `judged` are the problems that `check_offline` was told to look for. `covered` are the files
    that the run was given, None where these are all. `lint` are the findings on the mails, and
    `linted` the same as problems of the files, where `check_offline` made them.
    """

    snapshot: Snapshot
    problems: tuple[Problem, ...]
    digest: str
    judged: tuple[Problem, ...] = ()
    covered: frozenset[str] | None = None
    lint: tuple[Finding, ...] = ()
    linted: tuple[Problem, ...] = ()

    def covers(self, file: str) -> bool:
        """Whether the run was given this file, or a manifest that names it."""
        return self.covered is None or file in self.covered

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop a run."""
        return tuple(problem for problem in self.problems if problem.level == "error")

    def sound(self) -> Snapshot:
        """The snapshot; raises ManifestProblems where a problem is an error."""
        if self.errors:
            raise ManifestProblems(self.problems)
        return self.snapshot


def desired(
    sources: Sources, variables: Mapping[str, str], lint: LintPolicy | None = None
) -> Desired:
    """The desired side with an account's `variables` filled in; problems are not raised.

    Mails are looked at as `lint` says, where it says anything.
    """
    return _Reading(sources, variables, lint).result(with_notes=False)


def check_offline(
    sources: Sources,
    accounts: Mapping[str, Mapping[str, str]],
    judge: Judge = lambda _: (),
    lint: LintPolicy | None = None,
) -> Desired:
    """The desired side for every account in turn, with notes on what no manifest declares.

    `accounts` maps each account's name to its variables; a problem that only some accounts have
    names them. `judge` finds more in a snapshot, `lint` says what is looked for in mails. The
    result has the snapshot of the first.
    """
    texts = (text.text for text in sources.texts.values())
    fills = any(map(filling.uses_variables, sources.documents)) or any("${" in t for t in texts)
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for name, variables in (accounts if fills and accounts else {"": {}}).items():
        groups.setdefault(tuple(sorted(variables.items())), []).append(name)
    results = [
        _Reading(sources, dict(variables), lint).result(with_notes=True) for variables in groups
    ]
    named = [*groups.values()]
    return results[0]._replace(
        problems=_once([result.problems for result in results], named),
        judged=_once([judge(result.snapshot) for result in results], named),
        linted=_once([map(Problem.of, result.lint) for result in results], named),
    )


def _once(
    found: Sequence[Iterable[Problem]], named: Sequence[Sequence[str]]
) -> tuple[Problem, ...]:
    """The problems of groups of accounts, each once; those that only some have name them."""
    concerned: dict[Problem, list[str]] = {}
    for names, problems in zip(named, found, strict=True):
        for problem in problems:
            concerned.setdefault(problem, []).extend(names)
    everywhere = sum(map(len, named))
    told = []
    for problem, names in concerned.items():
        accounts_named = f" (account {', '.join(names)})" if len(names) < everywhere else ""
        told.append(problem._replace(message=problem.message + accounts_named))
    return tuple(ordered(told))


class _Reading:
    """One walk over all documents with one account's variables."""

    def __init__(
        self, sources: Sources, variables: Mapping[str, str], lint: LintPolicy | None
    ) -> None:
        self._sources = sources
        self._variables = variables
        self._lint = lint
        self._shape = Shape("manifest")
        self._bodies = Bodies(sources.texts, variables)
        self._entries: list[ManifestEntry] = []
        self._problems: list[Problem] = []
        self._final = [*sources.problems]
        """Problems that hide, as errors, all others at their places."""

    def result(self, *, with_notes: bool) -> Desired:
        """The desired side of all documents."""
        for tree in self._sources.documents:
            filler = Filler(self._variables)
            filled = filler.fill(tree) if filling.uses_variables(tree) else tree
            self._document(filled, filler.flaws)
        found = sorted(self._entries, key=lambda entry: entry.node.place)
        declared = references.by_name(found)
        problems = [*self._problems, *references.check(found, declared), *unseen.check(found)]
        for entry in found:
            if entry.sound:
                problems += (*entries.check(entry), *self._bodies.problems(entry))
        # What a file declares that cannot be read is not known.
        if with_notes and not any(each.level == "error" for each in self._sources.problems):
            problems += references.notes(found, declared)
        final = {problem.place for problem in self._final if problem.level == "error"}
        problems = [*self._final, *(p for p in problems if p.place not in final)]
        covered = self._sources.covered
        if covered is not None:
            problems = [p for p in problems if p.level == "error" or p.place.file in covered]
        several = [p for p in problems if p.code in MENDED_ONCE]
        problems = [*once(several), *(p for p in problems if p.code not in MENDED_ONCE)]
        snapshot = _snapshot(found, declared, self._bodies)
        lint = self._linted(found, declared, snapshot)
        told = tuple(ordered(problems))
        return Desired(snapshot, told, self._digest, covered=covered, lint=lint)

    @property
    def _digest(self) -> str:
        """A digest of all that was read, and of the compilers that made bodies of it."""
        digest = self._sources.digest
        if not self._bodies.compilers:
            return digest
        from bmeconf import mail

        made = [f"{name} {mail.version(name)}" for name in sorted(self._bodies.compilers)]
        total = hashlib.sha256("\n".join([digest, *made]).encode())
        return f"sha256:{total.hexdigest()}"

    def _linted(
        self, found: Sequence[ManifestEntry], declared: references.ByName, snapshot: Snapshot
    ) -> tuple[Finding, ...]:
        """The findings on the mails of the files that the run was given."""
        mailing = [
            each
            for each in found
            if each.sound and not each.absent and isinstance(KINDS[each.kind], Mailing)
        ]
        if self._lint is None or not mailing:
            return ()
        # Loaded here: a command that looks at no mail needs none of it.
        from bmeconf.desired.validate import mails

        campaigns = [
            mails.Declared(entry, snapshot.resources[references.address(entry, declared)])
            for entry in mailing
        ]
        covered = self._sources.covered
        return tuple(
            finding
            for finding in mails.check(campaigns, self._sources, self._bodies, self._lint)
            if covered is None or (finding.place and finding.place.file in covered)
        )

    def _document(self, tree: Node, unfilled: list[Flaw], *, is_table: bool = False) -> None:
        """Take one document in; `unfilled` are its variables without a value."""
        if tree.place.file not in self._sources.with_keys:
            self._problems += keys.in_tree(tree)
        data, flaws = self._shape.check(tree)
        found, problems = entries.of(tree, data, [*unfilled, *flaws], is_rows=is_table)
        self._entries += found
        self._final += problems[: len(unfilled)]
        self._problems += problems[len(unfilled) :]
        flawed = {flaw.path[:2] for flaw in (*unfilled, *flaws)}
        listed = data.get("contact_files") if isinstance(data, Mapping) else None
        for index, table in enumerate(listed if isinstance(listed, list) else []):
            path, node = ("contact_files", index), at(tree, ("contact_files", index))
            if path in flawed or not isinstance(node, Block):
                continue
            text = entries.text_of(self._sources.texts, tree.place.file, table["csv"])
            filler = Filler(self._variables)
            rows, wrong = filling.contacts(node, table, text, filler)
            self._problems += wrong
            if rows is not None:
                self._document(rows, filler.flaws, is_table=True)


def _snapshot(
    found: Sequence[ManifestEntry], declared: references.ByName, bodies: Bodies
) -> Snapshot:
    """The resources of all sound entries, sorted by address; of two at one address the first."""
    where = Fields()
    resources: dict[Address, Resource] = {}
    for entry in found:
        if entry.sound:
            spec = dict(entry.spec)
            for key, name in (("body", "html"), ("plain_text", "text")):
                if spec.get(key) is not None and "template" not in spec[key]:
                    spec[key] = {name: bodies.of(entry, key).text}
            fields = MappingProxyType(dict(KINDS[entry.kind].declared(spec)))
            address = references.address(entry, declared)
            resource = Resource(address, fields, id=entry.id, intent=_intent(entry, where))
            resources.setdefault(address, resource)
    return Snapshot(dict(sorted(resources.items())))


def _intent(entry: ManifestEntry, where: Fields) -> Intent:
    spec, refers = entry.spec, KINDS[entry.kind].refers
    copied, schedule = spec.get("copy_of"), spec.get("schedule") or {}
    due = instant(schedule["at"]) if schedule else None
    return Intent(
        absent=entry.absent,
        protect=bool(spec.get("protect")),
        renamed_from=tuple(KINDS[entry.kind].written(name) for name in entry.texts("renamed_from")),
        spelled=(*entry.texts(KINDS[entry.kind].identity), *entry.texts("renamed_from")),
        copy_of=Address(refers["copy_of"], canonical_name(copied)) if copied else None,
        merge_of=tuple(
            Address(refers["merge_of"], canonical_name(name)) for name in entry.texts("merge_of")
        ),
        schedule=Schedule(due, schedule.get("owner"), schedule.get("note")) if due else None,
        expect=MappingProxyType(
            {metric: entries.threshold(t) or t for metric, t in (spec.get("expect") or {}).items()}
        ),
        place=entry.node.place,
        places=where.places(entry.node),
    )


def ordered(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by place, keys masked, what several resources at a place have wrong only once."""
    once: dict[tuple[Place, str], Problem] = {}
    for problem in problems:
        once.setdefault((problem.place, problem.message), problem)
    safe = (p._replace(message=masked(p.message), address=masked(p.address)) for p in once.values())
    return sorted(safe, key=lambda p: (p.place, p.address, p.message))
