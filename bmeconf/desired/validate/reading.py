"""The walk over all documents -> the desired Snapshot, or every problem in them. Pure.

In order: fill variables, read and check each document along the schema, turn it
into entries, let tables become entries too, check each entry alone and then all together, and
build resources of what is sound. A flaw in one entry hides nothing in another (design 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bmeconf.desired.manifest import Document, Sources
from bmeconf.desired.validate import (
    entries,
    references,
    resources,
    rules,
    tables,
    wording,
)
from bmeconf.desired.validate.entries import ManifestEntry
from bmeconf.desired.validate.shape import Flaw, Shape, keys_in_file
from bmeconf.desired.validate.variables import Filler, used
from bmeconf.model import Problem, Snapshot
from bmeconf.model.errors import InvalidInput, counted


class ManifestProblems(InvalidInput):
    """The files cannot be used; `problems` holds everything that was found in them."""

    code = "problems"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        wrong = [problem for problem in self.problems if problem.level == "error"]
        files = len({problem.place.file for problem in wrong})
        super().__init__(f"{counted(len(wrong), 'problem')} in {counted(files, 'file')}")


@dataclass(frozen=True)
class Desired:
    """What the manifests ask for; `digest` covers every file read.

    With an error among `problems` the snapshot lacks what the error is about: use `sound()`.
    """

    snapshot: Snapshot
    problems: tuple[Problem, ...]
    digest: str

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop a run."""
        return tuple(problem for problem in self.problems if problem.level == "error")

    def sound(self) -> Snapshot:
        """The snapshot, where no problem is an error; else raises ManifestProblems."""
        if self.errors:
            raise ManifestProblems(self.problems)
        return self.snapshot


def desired(sources: Sources, variables: Mapping[str, str]) -> Desired:
    """The desired side as `variables`, an account's `vars`, fill it; problems are not raised."""
    return _Reading(sources, variables).result(with_notes=False)


def check_offline(sources: Sources, accounts: Mapping[str, Mapping[str, str]]) -> Desired:
    """What `validate` says: every account in turn, and notes on what no manifest declares.

    `accounts` maps each declared account's name to its variables; a problem that only some
    accounts have names them. The snapshot is that of the first account.
    """
    named = accounts or {"": {}}
    if not _uses_variables(sources):
        named = {"": {}}
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for name, variables in named.items():
        groups.setdefault(tuple(sorted(variables.items())), []).append(name)
    results = [
        (names, _Reading(sources, dict(variables)).result(with_notes=True))
        for variables, names in groups.items()
    ]
    first = results[0][1]
    return Desired(first.snapshot, tuple(_merged(results)), first.digest)


def _uses_variables(sources: Sources) -> bool:
    return any(used(document.tree) for document in sources.documents) or any(
        "${" in text.text for text in sources.texts.values()
    )


def _merged(results: list[tuple[list[str], Desired]]) -> list[Problem]:
    concerned: dict[Problem, list[str]] = {}
    for names, result in results:
        for problem in result.problems:
            concerned.setdefault(problem, []).extend(names)
    everywhere = sum(len(names) for names, _ in results)
    return ordered(
        problem if len(names) == everywhere else _for_accounts(problem, names)
        for problem, names in concerned.items()
    )


def _for_accounts(problem: Problem, names: list[str]) -> Problem:
    message = f"{problem.message} (account {', '.join(names)})"
    return Problem(problem.place, problem.address, message, problem.code, problem.level)


class _Reading:
    """One walk over all documents with one account's variables."""

    def __init__(self, sources: Sources, variables: Mapping[str, str]) -> None:
        self._sources = sources
        self._variables = variables
        self._shape = Shape("manifest")
        self._problems: list[Problem] = []
        self._unfilled: list[Problem] = []
        self._entries: list[ManifestEntry] = []
        self._settled = {problem.place for problem in sources.problems}
        for document in sources.documents:
            self._problems += keys_in_file(document.tree)
            filler = Filler(variables)
            tree = filler.fill(document.tree)
            self._document(replace(document, tree=tree), filler.flaws)

    def result(self, *, with_notes: bool) -> Desired:
        """Everything found, in the order of the files."""
        problems = [*self._problems, *references.check(self._entries)]
        for entry in self._entries:
            if entry.sound:
                problems += rules.check(entry, self._sources.texts)
        if with_notes:
            problems += references.notes(self._entries)
        problems = [p for p in problems if p.place not in self._settled]
        problems += [*self._sources.problems, *self._unfilled]
        snapshot = resources.snapshot(self._entries, self._sources.texts)
        return Desired(snapshot, tuple(ordered(problems)), self._sources.digest)

    def _document(
        self, document: Document, unfilled: list[Flaw], *, is_table: bool = False
    ) -> None:
        """Takes one document in; of a place whose variable is missing nothing else is said."""
        data, flaws = self._shape.check(document.tree)
        found, problems = entries.of(document, data, [*unfilled, *flaws])
        if is_table:
            found = [replace(entry, is_row=True) for entry in found]
        self._entries += found
        self._problems += problems[len(unfilled) :]
        self._unfilled += problems[: len(unfilled)]
        self._settled |= {flaw.place for flaw in unfilled}
        flawed = {flaw.path[:2] for flaw in (*unfilled, *flaws)}
        for index, table in enumerate(_tables(data)):
            if ("contact_files", index) not in flawed:
                self._table(document, table, index)

    def _table(self, document: Document, table: Mapping[str, Any], index: int) -> None:
        filler = Filler(self._variables)
        texts = self._sources.texts
        documents, problems = tables.expand(document, table, index, texts, filler.fill)
        self._problems += problems
        for rows in documents:
            self._problems += keys_in_file(rows.tree)
            self._document(rows, filler.flaws, is_table=True)


def _tables(data: Any) -> list[Mapping[str, Any]]:
    listed = data.get("contact_files") if isinstance(data, Mapping) else None
    return listed if isinstance(listed, list) else []


def ordered(problems: Iterable[Problem]) -> list[Problem]:
    """By place; what is said twice of one place, for several resources, is said once.

    Everything that leaves this module passes here, so here API keys are masked too.
    """
    once: dict[tuple[Any, str], Problem] = {}
    for problem in problems:
        message, address = wording.masked(problem.message), wording.masked(problem.address)
        safe = replace(problem, message=message, address=address)
        once.setdefault((problem.place, message), safe)
    return sorted(once.values(), key=lambda p: (p.place, p.address, p.message))
