"""Proof that pulled files are valid and that a plan of them is empty: or else, what objects.

The plan is made against the account as it was just read, so that it needs no further request.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bmeconf.desired import manifest, scope, validate
from bmeconf.desired.manifest import MemoryFiles
from bmeconf.desired.scope import Scope
from bmeconf.kinds import ReadApi
from bmeconf.live import Reading, doubts
from bmeconf.live import read as live
from bmeconf.model import UPDATE, Address, Difference, Finding, Problem, Snapshot, dotted
from bmeconf.plan import diff, guard
from bmeconf.pull import layout
from bmeconf.pull.layout import Layout, Places
from bmeconf.pull.objections import Objection
from bmeconf.pull.query import Target


@dataclass(frozen=True)
class Trial:
    """What a plan of manifests would tell: findings above notes, and differences to plan."""

    reading: Reading
    findings: tuple[Finding, ...]
    differences: tuple[Difference, ...]


def trial(api: ReadApi, limited: Scope, target: Target) -> Trial:
    """Compare the resources in scope with the account.

    Raises:
        ApiError, Refused, LimitReached: a read that is not complete is an error.
    """
    reading = live.read(api, limited, target.lock, target.base_url)
    blocked = [r for r in reading.desired if reading.matches.blocked(r.address)]
    doubtful = (f for r in blocked for f in doubts.every(r, reading.matches[r.address]))
    findings = (*doubtful, *guard.check((), reading, target.project.policy))
    differences = diff.compare(reading, reading.baseline())
    return Trial(
        reading,
        tuple(finding for finding in findings if finding.level != "note"),
        tuple(each for each in differences if not reading.matches.blocked(each.address)),
    )


def objections(api: ReadApi, laid: Layout, target: Target) -> Iterator[Objection]:
    """What keeps these files from being valid, or their plan from being empty."""
    sources = manifest.read(MemoryFiles(laid.files))
    places = layout.places(sources.documents, laid)
    read = validate.desired(sources, target.variables)
    for problem in read.errors:
        yield _of_problem(problem, places)
    if read.errors:
        return
    tried = trial(api, scope.limit(read.snapshot, ()), target)
    for problem in tried.reading.problems:
        yield _of_problem(problem, places)
    for finding in tried.findings:
        address = _entry(read.snapshot, finding.address, places)
        path = (finding.field,) if finding.field else ()
        yield Objection(address, path, finding.code, finding.message, finding.remedy)
    for difference in tried.differences:
        address = _entry(read.snapshot, difference.address, places)
        yield from _of_difference(difference, address)


def _of_difference(difference: Difference, address: Address) -> Iterator[Objection]:
    remedy = "leave it unmanaged, or declare it by hand and look at the plan"
    if difference.action and not difference.changes:
        yield Objection(address, (), "not_found", "is not found again by its name", remedy)
    for change in difference.changes:
        path = change.path[:1] if difference.action == UPDATE else ()
        message = f"{dotted(change.path)}: a manifest cannot say it as the account has it"
        yield Objection(address, path, "not_the_same", message, remedy)
    for key in (*difference.unreadable, *difference.rewritten):
        message = f"{key}: the API does not show it as it is"
        yield Objection(address, (key,), "unreadable", message, remedy)


def _entry(desired: Snapshot, address: Address, places: Places) -> Address:
    """The entry behind a declared resource, whose address may lack the id that its own has."""
    return places[desired.resources[address].intent.place][0]


def _of_problem(problem: Problem, places: Places) -> Objection:
    if problem.place not in places:
        raise AssertionError(f"written and not readable: {problem.place}: {problem.message}")
    address, path = places[problem.place]
    remedy = "change it in the web app, then pull again; or leave it unmanaged"
    return Objection(address, path, "unwritable", problem.message, remedy)
