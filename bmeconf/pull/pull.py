"""Adoption: the live account -> manifests of which a plan is empty (design 3).

What is written is proven before anybody sees it: the texts are read back by the reader of
manifests, checked, and planned against the account as it was just read, without another request.
Whatever stands in the way of an empty plan is taken out and told of, and nothing else is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bmeconf.baseline.classify import Baseline
from bmeconf.baseline.lock import Lock
from bmeconf.desired import manifest, scope, validate
from bmeconf.desired.manifest import Sources, files
from bmeconf.desired.scope import Scope
from bmeconf.kinds import KINDS, replies
from bmeconf.kinds.api import ReadApi
from bmeconf.live import match as bind
from bmeconf.live import read as live
from bmeconf.live.read import Live
from bmeconf.model import CAMPAIGNS, LISTS, Address, Finding, Problem, Snapshot, dotted
from bmeconf.plan import diff, guard
from bmeconf.project.settings import Policy
from bmeconf.pull import beside, compose, inventory, layout
from bmeconf.pull.compose import Objection
from bmeconf.pull.inventory import PullQuery, Watch
from bmeconf.pull.layout import Laid, Places
from bmeconf.pull.pulled import Pulled

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


def pull(api: ReadApi, asked: PullQuery, ground: Ground, watch: Watch) -> Pulled:
    """The account as files that plan empty; nothing is written.

    `api` is asked the same things again to prove it, so that it should be one that remembers.

    Raises:
        InvalidInput: where something that was asked for is not there.
        ApiError, Refused, LimitReached: a read that is not complete is an error.
    """
    seen = inventory.read(api, asked, ground.policy, watch)
    entries, left = compose.entries(seen.resources, seen.id_map, seen.several)
    entries, more = compose.without(entries, compose.unsafe(entries))
    left = [*seen.left_out, *left, *more]
    for _ in range(MOST_ROUNDS):
        laid = layout.laid(entries, REMARK)
        wrong = [*_objections(api, laid, ground)] if laid.files else []
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
    known = Baseline(seen.section, seen.id_map, limited.managed)
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


# --- with what is there already


def among(
    api: ReadApi, made: Pulled, others: Sources, asked: PullQuery, ground: Ground
) -> tuple[Finding, ...]:
    """What to know of the `others`, which a plan would read beside `made`.

    It is proven in the same way: what was pulled must plan empty together with them. What they
    do elsewhere in the account is their own affair.

    Raises:
        InvalidInput: where it does not, naming what stands in the way.
        ApiError, Refused, LimitReached: a read that is not complete is an error.
    """
    if not (others.documents or others.problems):
        return ()
    mine = manifest.foreseen(
        ground.root, {files.shown(ground.root / name): text for name, text in made.files.items()}
    )
    read = validate.desired(_together(mine, others), ground.variables)
    if made.declared:
        alone = validate.desired(others, ground.variables)
        beside.refuse_twins(made.declared, alone.snapshot)
        beside.refuse_problems(read.errors)
    elif read.errors:
        return ()
    written = {document.file for document in mine.documents}
    ours = Snapshot.of(
        r for r in read.snapshot if r.intent.place and r.intent.place.file in written
    )
    limited = scope.Scope(ours, read.snapshot, scope.managed(read.snapshot))
    seen = live.read(api, limited, ground.lock, ground.base_url)
    claimants = {r.address: seen.left_out.get((r.address.kind, r.address.name)) for r in ours}
    beside.refuse_clashes(
        [*_clashes(seen, limited, ground.policy)],
        {address: read.snapshot.resources[by] for address, by in claimants.items() if by},
        {document.file for document in others.documents},
    )
    return tuple(_gone(api, seen, limited, asked))


def _together(mine: Sources, others: Sources) -> Sources:
    return Sources(
        mine.root,
        (*others.documents, *mine.documents),
        {**others.texts, **mine.texts},
        (*others.problems, *mine.problems),
        "",
    )


def _clashes(seen: Live, limited: Scope, policy: Policy) -> Iterator[tuple[str, str]]:
    """What a plan would say of what was pulled; without the others it would say nothing."""
    for problem in seen.problems:
        yield problem.address, problem.message
    for finding in (*seen.withheld.values(), *guard.check((), seen, policy)):
        if finding.level != "note":
            yield str(finding.address), finding.message
    for each in diff.compare(
        seen.desired, seen.snapshot, Baseline(seen.section, seen.id_map, limited.managed)
    ):
        if each.action and each.address not in seen.withheld:
            changed = ", ".join(dotted(change.path) for change in each.changes)
            told = f"a plan would {each.action} it"
            yield str(each.address), f"{told}: {changed}" if changed else told


def _gone(api: ReadApi, seen: Live, limited: Scope, asked: PullQuery) -> Iterator[Finding]:
    """What others declare and the account has not, of the kinds that were listed whole."""
    for kind in (KINDS[name] for name in (LISTS, CAMPAIGNS) if asked.reads(name)):
        wanted = limited.whole.of_kind(kind.name)
        if not wanted:
            continue
        rows = kind.rows(api, seen.id_map, wanted)
        found = bind.bind(kind, wanted, rows)
        ids = set(map(replies.id_of, rows))
        for each in wanted:
            lost = each.id not in ids if each.id else each.address not in found.withheld
            if each.address not in found.rows and lost and not each.intent.absent:
                yield beside.gone(each)
