"""The stages in their order, for the commands that need several of them.

In: what the command line asked for. Out: a Prepared project, a Planned run. Nothing is printed
here; what becomes of a plan is in `execute`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path

from bmeconf.baseline import git, lock, recall
from bmeconf.baseline.commit import CommitManifests
from bmeconf.baseline.lock import Lock, Section
from bmeconf.client import Reader
from bmeconf.desired import manifest, scope, validate
from bmeconf.desired.manifest import DiskFiles, Sources
from bmeconf.desired.scope import OtherManifests, Scope
from bmeconf.desired.validate import Desired, ManifestProblems
from bmeconf.kinds import KINDS
from bmeconf.kinds.base import Managed
from bmeconf.live import orphans as former
from bmeconf.live import read as live
from bmeconf.live.orphans import Removed
from bmeconf.live.read import Live
from bmeconf.model import Address, Finding, Problem, Resource
from bmeconf.model.errors import InvalidInput
from bmeconf.plan import diff, guard
from bmeconf.plan import model as plan
from bmeconf.plan import preconditions as grounds
from bmeconf.plan.model import Plan, Price, Since, Source
from bmeconf.project import Project, read_lock_file, write_lock_file


@dataclass(frozen=True)
class Prepared:
    """A project and its manifests, read but not yet given meaning; `names` say which."""

    project: Project
    sources: Sources
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planned:
    """A plan, what it was made from, remarks on the manifests.

    `elsewhere` tells what the project declares in files that were not asked for: they are read
    once, and only where something depends on it.
    """

    plan: Plan
    live: Live
    differences: Sequence[diff.Difference]
    remarks: tuple[Problem, ...]
    elsewhere: Callable[[], OtherManifests]


def prepare(paths: Sequence[Path]) -> Prepared:
    """Read the project file and the manifests under `paths`.

    Raises:
        InvalidInput: where there are none, or the project file cannot be used.
    """
    root = manifest.find_root(paths[0])
    project, files = project_at(root), DiskFiles(root)
    names = tuple(files.name(path) for path in paths)
    return Prepared(project, manifest.read(files, names, project.manifests or ()), names)


def project_at(root: Path) -> Project:
    """The project whose root this is, without its manifests.

    Raises:
        InvalidInput: where its project file cannot be used.
    """
    return validate.project(manifest.read_project(DiskFiles(root)), root)


def problems(prepared: Prepared, targets: Sequence[str] = ()) -> tuple[Problem, ...]:
    """Everything an offline look finds, the seed policy included (design 1).

    Raises:
        InvalidInput: where a target names nothing that is declared.
    """
    accounts = {name: entry.vars for name, entry in prepared.project.accounts.items()}
    found = validate.check_offline(prepared.sources, accounts)
    if not found.errors:
        scope.limit(found.snapshot, targets)
    outside = [
        _as_problem(finding, found)
        for finding in guard.seeds(found.snapshot, prepared.project.policy)
    ]
    return tuple(sorted([*found.problems, *outside], key=lambda p: (p.place, p.address)))


def _as_problem(finding: Finding, desired: Desired) -> Problem:
    resource = desired.snapshot.get(finding.address)
    place = resource.intent.place if resource else None
    message = f"{finding.message}; {finding.remedy}"
    assert place is not None
    return Problem(place, str(finding.address), message, finding.code, finding.level)


def planned(
    prepared: Prepared,
    variables: Mapping[str, str],
    reader: Reader,
    base_url: str,
    targets: Sequence[str],
    now: datetime,
    lock_file: Path,
    past: CommitManifests | None = None,
) -> Planned:
    """Read the account and plan; the manifests of the `past` tell who moved, and what is declared
    no more.

    Raises:
        ManifestProblems: every problem of the manifests, and of what they refer to.
        InvalidInput: where there is a lock file and it cannot be used.
        ApiError, Refused, LimitReached: where the account could not be read whole.
    """
    desired = validate.desired(prepared.sources, variables)
    elsewhere = cache(partial(_elsewhere, prepared, variables))
    limited, memory = scope.limit(desired.sound(), targets), locked(lock_file)
    if memory.accounts or past:
        limited = replace(limited, elsewhere=elsewhere())
    undeclared = _undeclared(limited, targets, past)
    seen = live.read(reader, limited, memory, base_url, undeclared)
    if seen.problems:
        raise ManifestProblems((*desired.problems, *seen.problems))
    seen, differences = _compared(
        reader, replace(seen, past=past, whole=limited.whole), limited.managed
    )
    seen = replace(seen, origins=_origins(reader, seen, differences))
    steps, manual, findings, in_sync = plan.build(differences, seen, now)
    steps = _with_sources(steps, seen)
    refusals = guard.check(steps, seen, prepared.project.policy)
    noted = _noted(past, undeclared, limited, seen, targets) if past else ()
    root = prepared.project.root
    since = Since(past.revision, past.commit, past.complete) if past else None
    source = Source(desired.digest, git.current_commit(root), os.path.relpath(root), since)
    made = Plan(
        created_at=now,
        account=plan.account_of(base_url, seen.id_map),
        source=source,
        steps=steps,
        manual=manual,
        findings=plan.by_severity((*findings, *refusals, *noted)),
        in_sync=in_sync,
        unmanaged={kind: len(names) for kind, names in seen.unmanaged.items()},
        left_out=limited.left_out,
        price=_price(reader, steps),
        grounds=grounds.of(
            steps,
            seen.id_map,
            limited.managed,
            grounds.protection(seen.desired, seen.id_map, seen.section),
            [m.address for m in manual],
        ),
    )
    return Planned(made, seen, differences, desired.problems, elsewhere)


def locked(path: Path) -> Lock:
    """The lock file, an empty one where there is none.

    Raises:
        InvalidInput: where it cannot be used.
    """
    text = read_lock_file(path)
    return Lock(path.name) if text is None else lock.parse(text, path.name)


def keep(path: Path, section: Section) -> None:
    """Put down what is remembered of one account; the file is touched only where that is news.

    Raises:
        InvalidInput: where there is a lock file and it cannot be used.
        OSError: where it cannot be written.
    """
    # Read again: an apply to another account may have written its section meanwhile.
    text = locked(path).having(section).text
    if text != (read_lock_file(path) or ""):
        write_lock_file(path, text)


def _origins(
    reader: Reader, seen: Live, differences: Sequence[diff.Difference]
) -> Mapping[Address, Resource]:
    """What is to be copied, as it is live: a copy brings along what no manifest declares."""
    copied = {
        origin
        for d in differences
        if d.action == diff.CREATE and d.address not in seen.withheld
        if KINDS[d.address.kind].pins_source and (origin := d.desired.intent.copy_of)
    }
    return {
        origin: kind.live(kind.fetch(reader, seen.id_map, id), origin, seen.id_map)
        for origin in sorted(copied)
        if (id := seen.id_map.id(origin)) and (kind := KINDS[origin.kind])
    }


def _with_sources(steps: Sequence[plan.Step], seen: Live) -> tuple[plan.Step, ...]:
    """`steps`, with the pins of what they copy."""
    return tuple(
        replace(step, source=plan.pin_of(KINDS[step.address.kind], origin.raw))
        if step.intent.copy_of and (origin := seen.origins.get(step.intent.copy_of))
        else step
        for step in steps
    )


def _compared(
    reader: Reader, seen: Live, managed: Managed
) -> tuple[Live, Sequence[diff.Difference]]:
    differences = _differences(seen, managed)
    in_doubt = [d.address for d in differences if d.live and (d.action or d.unreadable)]
    if not in_doubt:
        return seen, differences
    confirmed = live.confirm(reader, seen, in_doubt)
    return confirmed, _differences(confirmed, managed)


def _differences(seen: Live, managed: Managed) -> Sequence[diff.Difference]:
    ahead = diff.foreseen(seen.desired, seen.snapshot, seen.withheld)
    return diff.compare(seen.desired, ahead, recall.memory(seen, managed))


def _undeclared(limited: Scope, targets: Sequence[str], past: CommitManifests | None) -> Removed:
    """What the past declared, and neither this run's manifests nor others of the project do."""
    if past is None:
        return Removed()
    whole = former.elsewhere(limited.whole, limited.elsewhere.declared)
    return former.undeclared(past.declared, whole, targets)


def _elsewhere(prepared: Prepared, variables: Mapping[str, str]) -> OtherManifests:
    """What other files of the project declare, as far as they can be read."""
    project = prepared.project
    if "" in prepared.names:
        return OtherManifests()
    try:
        sources = manifest.read(DiskFiles(project.root), (), project.manifests or ())
    except InvalidInput:
        return OtherManifests(complete=False)
    found = validate.desired(sources, variables)
    return OtherManifests(found.snapshot, not found.errors)


def _noted(
    past: CommitManifests, undeclared: Removed, limited: Scope, seen: Live, targets: Sequence[str]
) -> Sequence[Finding]:
    """What is declared no more, and still there."""
    notes = former.findings(
        undeclared, seen.former, limited.whole, seen.id_map, seen.section, past.commit
    )
    more = (
        () if targets else former.structure(past.declared, limited.whole, seen.id_map, past.commit)
    )
    return (*notes, *more)


def _price(reader: Reader, steps: Sequence[plan.Step]) -> Price:
    budget = reader.budget
    writing = sum(len(step.calls) for step in steps)
    return Price(
        budget.used,
        writing,
        plan.verify_price(steps),
        plan.check_price(steps),
        budget.hour_remaining,
        budget.month_remaining,
    )
