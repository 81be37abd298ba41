"""Adoption: the live account -> manifests of which a plan is empty (design 3).

What is written is proven before anybody sees it: the texts are read back by the reader of
manifests, checked, and planned against the account as it was just read, without another request.
Whatever stands in the way of an empty plan is taken out and told of, and nothing else is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bmeconf import diff, guard, live, manifest, scope, validate
from bmeconf.adoption import compose, inventory, layout
from bmeconf.adoption.compose import Objection
from bmeconf.adoption.inventory import Asked, Watch
from bmeconf.adoption.layout import Laid, Places
from bmeconf.adoption.pulled import Pulled
from bmeconf.adoption.remembering import Remembering
from bmeconf.kinds.api import ReadApi
from bmeconf.lock import Lock
from bmeconf.manifest import Sources
from bmeconf.model import (
    Address,
    Finding,
    Problem,
    Snapshot,
    dotted,
)
from bmeconf.settings import Policy
from bmeconf.truth import Known

REMARK = "yaml-language-server: $schema={up}schemas/manifest.schema.json"
MOST_ROUNDS = 50
"""Each one takes something out; what is left after so many is a fault of this program."""


@dataclass(frozen=True)
class Ground:
    """What a plan of the pulled files will stand on: where it is made, and under which rules."""

    root: Path
    variables: Mapping[str, str]
    policy: Policy
    lock: Lock
    base_url: str


def pull(api: ReadApi, asked: Asked, ground: Ground, watch: Watch) -> Pulled:
    """The account as files that plan empty; nothing is written.

    Raises:
        InvalidInput: where something that was asked for is not there.
        ApiError, Refused, LimitReached: a read that is not complete is an error.
    """
    once = Remembering(api)
    seen = inventory.read(once, asked, ground.policy, watch)
    entries, left = compose.entries(seen.resources, seen.names, seen.several)
    entries, more = compose.without(entries, compose.unsafe(entries))
    left = [*seen.left_out, *left, *more]
    for _ in range(MOST_ROUNDS):
        laid = layout.laid(entries, REMARK)
        wrong = [*_objections(once, laid, ground)] if laid.files else []
        if not wrong:
            return Pulled(laid.files, _addresses(laid), tuple(left))
        entries, more = compose.without(entries, wrong)
        left += more
    raise AssertionError("what was pulled does not plan empty, whatever is taken out")


def _addresses(laid: Laid) -> tuple[Address, ...]:
    return tuple(each.address for part in laid.entries.values() for each in part)


def _objections(api: ReadApi, laid: Laid, ground: Ground) -> Iterator[Objection]:
    """What keeps these files from being valid, or their plan from being empty."""
    sources = manifest.foreseen(ground.root, laid.files)
    places = layout.places(sources.documents, laid)
    read = validate.desired(sources, ground.variables)
    for problem in read.errors:
        yield _of_problem(problem, places)
    if not read.errors:
        yield from _of_plan(api, sources, read.snapshot, places, ground)


def _of_plan(
    api: ReadApi, sources: Sources, desired: Snapshot, places: Places, ground: Ground
) -> Iterator[Objection]:
    """Every difference, doubt and refusal that a plan of these files would tell of."""
    limited = scope.limit(desired, ())
    seen = live.read(api, limited, ground.lock, ground.base_url)
    for problem in seen.problems:
        yield _of_problem(problem, places)
    for finding in (*seen.withheld.values(), *guard.check((), seen, ground.policy)):
        if finding.level != "note":
            yield _of_finding(finding, desired, places)
    known = Known(seen.section, seen.names, limited.managed)
    for each in diff.compare(seen.desired, seen.snapshot, known):
        if each.address not in seen.withheld:
            yield from _of_difference(each, desired, places)


def _of_finding(finding: Finding, desired: Snapshot, places: Places) -> Objection:
    address = _entry(desired, finding.address, places)
    path = ("from",) if finding.code == "sender_not_ready" else ()
    return Objection(address, path, finding.code, finding.message, finding.remedy)


def _of_difference(each: diff.Difference, desired: Snapshot, places: Places) -> Iterator[Objection]:
    address = _entry(desired, each.address, places)
    remedy = "leave it unmanaged, or declare it by hand and look at the plan"
    if each.action and not each.changes:
        yield Objection(address, (), "not_found", "is not found again by its name", remedy)
    for change in each.changes:
        path = change.path[:1] if each.action == diff.UPDATE else ()
        told = f"{dotted(change.path)}: cannot be told in a manifest as the account has it"
        yield Objection(address, path, "not_the_same", told, remedy)
    for key in (*each.unreadable, *each.rewritten):
        told = f"{key}: the API does not show it as it is"
        yield Objection(address, (key,), "unreadable", told, remedy)


def _entry(desired: Snapshot, address: Address, places: Places) -> Address:
    """The entry behind a declared resource, whose address may lack the id that its own has."""
    return places[desired.resources[address].intent.place][0]


def _of_problem(problem: Problem, places: Places) -> Objection:
    if problem.place not in places:
        raise AssertionError(f"written and not readable: {problem.place}: {problem.message}")
    address, path = places[problem.place]
    remedy = "change it in the web app, then pull again; or leave it unmanaged"
    return Objection(address, path, "unwritable", problem.message, remedy)
