"""Manifests at a Git revision -> the resources that they declared, as far as they are sound.

They are read by the rules and with the variables of today. A problem in them becomes a warning: it
stops no run, and a resource that cannot be read never looks like one that was not declared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bmeconf.baseline import git
from bmeconf.baseline.git import GitTree
from bmeconf.desired import manifest, validate
from bmeconf.desired.manifest import Sources
from bmeconf.kinds import KINDS
from bmeconf.model import NOTHING, Address, Place, Problem, Resource, Snapshot
from bmeconf.model.errors import InvalidInput
from bmeconf.project import Project


class CommitManifests(NamedTuple):
    """The resources that manifests declared at `commit`, which the user named as `revision`.

    `declared` are all that have an address, `sound` those that can be compared, without their
    `flawed` fields. Unless it is `complete`, more may have been declared; `problems` say why.
    `given` are those that the files declared which the run was given.
    """

    revision: str
    commit: str
    declared: Snapshot = Snapshot()
    sound: Snapshot = Snapshot()
    flawed: Mapping[Address, frozenset[str]] = NOTHING
    problems: tuple[Problem, ...] = ()
    given: frozenset[Address] = frozenset()

    @property
    def complete(self) -> bool:
        """True if all manifests could be read without an error."""
        return not self.problems


def manifests_at(
    root: Path,
    names: Sequence[str],
    revision: str,
    account: tuple[str | None, Mapping[str, str]],
    environ: Mapping[str, str],
) -> CommitManifests:
    """The manifests under `names`, paths from the project's `root`, at `revision`.

    `account` is the name and the variables of the account as it is declared now.

    Raises:
        InvalidInput: there is no such commit, no repository, or no Git.
    """
    tree = git.read_tree(root, revision, environ)
    problems: list[Problem] = []
    try:
        project = validate.project(manifest.read_project(tree), root)
    except validate.ManifestProblems as error:
        project = Project(root)
        problems += (problem for problem in error.problems if problem.level == "error")
    try:
        sources = _sources(tree, names, project)
    except InvalidInput as error:
        problems.append(Problem(Place(tree.shown("")), "", error.message, "unreadable"))
        return CommitManifests(revision, tree.commit, problems=_warnings(problems))
    name, now = account
    then = project.accounts[name].vars if name and name in project.accounts else {}
    desired = validate.desired(sources, {**then, **now})
    problems += desired.errors
    flaws = {r.address: _flaws(r, problems) for r in desired.snapshot} if problems else {}
    sound = Snapshot.of(r for r in desired.snapshot if flaws.get(r.address) is not None)
    return CommitManifests(
        revision,
        tree.commit,
        declared=desired.snapshot,
        sound=sound if problems else desired.snapshot,
        flawed={address: flawed for address, flawed in flaws.items() if flawed},
        problems=_warnings(problems),
        given=frozenset(
            r.address
            for r in desired.snapshot
            if r.intent.place and desired.covers(r.intent.place.file)
        ),
    )


def _sources(tree: GitTree, names: Sequence[str], project: Project) -> Sources:
    """All manifests at the commit, given those under the names that exist there.

    Raises:
        InvalidInput: there are none.
    """
    there = [name for name in names if tree.exists(name)]
    patterns = [each for each in project.manifests or () if manifest.matching(tree, each)]
    if not tree.children(""):
        raise InvalidInput("there is nothing in this folder at that commit")
    if project.manifests and not patterns:
        raise InvalidInput("there are no manifests at that commit")
    sources = manifest.read_whole(tree, there or [""], patterns)
    return sources if there else sources._replace(given=frozenset())


def _flaws(resource: Resource, errors: Iterable[Problem]) -> frozenset[str] | None:
    """The fields with an error; None where an error is about the resource as a whole."""
    places = {p.place for p in errors if p.address == str(resource.address)}
    written = {place: key.partition(".")[0] for key, place in resource.intent.places.items()}
    fields = {written.get(place, "") for place in places}
    identity = KINDS[resource.address.kind].identity
    return frozenset(fields) if fields <= resource.fields.keys() - {identity} else None


def _warnings(errors: Iterable[Problem]) -> tuple[Problem, ...]:
    """`errors` as warnings."""
    return tuple(problem._replace(level="warning") for problem in errors)
