"""The manifests as they were at a revision: Git -> the sound part of what they declared then.

They are read by the rules of today, with today's variables: what is asked is what the same files
would have meant. What cannot be read is named, and nothing is concluded from it: a past that is
broken stops no run, and never looks like one that declared nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bmeconf.baseline import git
from bmeconf.baseline.git import GitTree
from bmeconf.desired import manifest, validate
from bmeconf.desired.manifest import Sources
from bmeconf.kinds import KINDS
from bmeconf.model import Address, Place, Problem, Resource, Snapshot
from bmeconf.model.errors import InvalidInput
from bmeconf.project import Project


@dataclass(frozen=True)
class CommitManifests:
    """The manifests at `commit`, which the user named as `revision`.

    `declared` is everything that has an address, `sound` what of it can be compared, but for the
    fields that are `flawed`. Where it is not `complete`, what is missing from either may have
    been declared all the same; `problems` say why, as warnings.
    """

    revision: str
    commit: str
    declared: Snapshot = field(default_factory=Snapshot)
    sound: Snapshot = field(default_factory=Snapshot)
    flawed: Mapping[Address, frozenset[str]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all that was declared then could be read."""
        return not self.problems


def read(
    root: Path,
    names: Sequence[str],
    revision: str,
    account: tuple[str | None, Mapping[str, str]],
    environ: Mapping[str, str],
) -> CommitManifests:
    """The manifests under `names`, paths from the project's `root`, at `revision`.

    `account` is the name and the variables of the account as it is declared now.

    Raises:
        InvalidInput: where Git knows no such commit, or is not there.
    """
    tree = git.read_tree(root, revision, environ)
    project, problems = _project(tree, root)
    try:
        sources = _sources(tree, names, project)
    except InvalidInput as error:
        problem = Problem(Place(tree.shown("")), "", error.message, "unreadable")
        return CommitManifests(revision, tree.commit, problems=_warnings([*problems, problem]))
    desired = validate.desired(sources, _variables(project, account))
    errors = [*problems, *desired.errors]
    flaws = {r.address: _flaws(r, errors) for r in desired.snapshot} if errors else {}
    sound = Snapshot.of(r for r in desired.snapshot if flaws.get(r.address) is not None)
    return CommitManifests(
        revision,
        tree.commit,
        declared=desired.snapshot,
        sound=sound if errors else desired.snapshot,
        flawed={address: flawed for address, flawed in flaws.items() if flawed},
        problems=_warnings(errors),
    )


def _project(tree: GitTree, root: Path) -> tuple[Project, Sequence[Problem]]:
    """The project file of then; one that says nothing where it cannot be used."""
    try:
        return validate.project(manifest.read_project(tree), root), ()
    except validate.ManifestProblems as error:
        return Project(root), [p for p in error.problems if p.level == "error"]


def _sources(tree: GitTree, names: Sequence[str], project: Project) -> Sources:
    """The manifests of then under the paths of today, and the files that they name."""
    there = [name for name in names if tree.exists(name)]
    patterns = [each for each in project.manifests or () if manifest.matching(tree, each)]
    if not tree.children(""):
        raise InvalidInput("there is nothing in this folder at that commit")
    if not there or (project.manifests and not patterns):
        raise InvalidInput("there are no manifests at that commit")
    return manifest.read(tree, there, patterns)


def _variables(
    project: Project, account: tuple[str | None, Mapping[str, str]]
) -> Mapping[str, str]:
    """The variables of the account as it is now, and those that only were there then."""
    name, now = account
    entry = project.accounts.get(name) if name else None
    return {**(entry.vars if entry else {}), **now}


def _flaws(resource: Resource, errors: Iterable[Problem]) -> frozenset[str] | None:
    """The fields at which an error stands; None where one is about the resource as a whole."""
    places = {p.place for p in errors if p.address == str(resource.address)}
    written = {place: key.partition(".")[0] for key, place in resource.intent.places.items()}
    fields = {written.get(place, "") for place in places}
    identity = KINDS[resource.address.kind].identity
    return frozenset(fields) if fields <= resource.fields.keys() - {identity} else None


def _warnings(errors: Iterable[Problem]) -> tuple[Problem, ...]:
    """`errors` as warnings: they stop nothing."""
    return tuple(replace(problem, level="warning") for problem in errors)
