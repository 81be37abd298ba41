"""Proof that pulled files are valid and that a plan of them is empty: or else, what objects.

The plan is made against the account as it was just read, so that it needs no further request. It
must be empty of the pulled files alone, and also beside the project's other manifests: these may
declare what was just pulled, or mean it by another name. What they do elsewhere in the account is
their own affair.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from bmeconf.desired import Scope, manifest, scope, validate
from bmeconf.desired.manifest import DiskFiles, MemoryFiles, Sources
from bmeconf.kinds import KINDS, ReadApi, Searched, Singleton, identity, replies
from bmeconf.live import Reading, doubts, match
from bmeconf.live import read as live
from bmeconf.model import UPDATE, Address, Difference, Finding, Place, Problem, Snapshot, dotted
from bmeconf.model.errors import InvalidInput
from bmeconf.plan import diff, guard
from bmeconf.pull import layout
from bmeconf.pull.entries import Objection
from bmeconf.pull.layout import Layout, Places
from bmeconf.pull.model import MOST_NAMED, Pulled, PullQuery, Target, refuse

APART = "pull into a folder of its own with a bmeconf.yaml in it (--out)"


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
    differences = diff.compare(reading)
    return Trial(
        reading,
        tuple(finding for finding in findings if finding.level != "note"),
        tuple(each for each in differences if not reading.matches.blocked(each.address)),
    )


# --- the pulled files alone


def objections(api: ReadApi, laid: Layout, target: Target) -> Iterator[Objection]:
    """What keeps these files from being valid, or their plan from being empty."""
    sources = manifest.read(MemoryFiles(laid.files))
    places = layout.places(sources.documents, laid)
    read = validate.desired(sources, target.variables)
    for problem in read.errors:
        yield _of_problem(problem, places)
    if read.errors:
        return

    def entry(address: Address) -> Address:
        # The address of a declared resource may lack the id that its entry has.
        return places[read.snapshot.resources[address].intent.place][0]

    tried = trial(api, scope.limit(read.snapshot, ()), target)
    for problem in tried.reading.problems:
        yield _of_problem(problem, places)
    for finding in tried.findings:
        path = (finding.field,) if finding.field else ()
        code, message, remedy = finding.code, finding.message, finding.remedy
        yield Objection(entry(finding.address), path, code, message, remedy)
    for difference in tried.differences:
        yield from _of_difference(difference, entry(difference.address))


def _of_difference(difference: Difference, address: Address) -> Iterator[Objection]:
    remedy = "leave it undeclared, or declare it by hand and look at the plan"
    if difference.action and not difference.changes:
        yield Objection(address, (), "not_found", "is not found again by its name", remedy)
    for change in difference.changes:
        path = change.path[:1] if difference.action == UPDATE else ()
        message = f"{dotted(change.path)}: a manifest cannot say it as the account has it"
        yield Objection(address, path, "not_the_same", message, remedy)
    for key in (*difference.unreadable, *difference.rewritten):
        message = f"{key}: the API does not show it as it is"
        yield Objection(address, (key,), "unreadable", message, remedy)


def _of_problem(problem: Problem, places: Places) -> Objection:
    if problem.place not in places:
        raise AssertionError(f"written and not readable: {problem.place}: {problem.message}")
    address, path = places[problem.place]
    remedy = "change it in the web app, then pull again; or leave it undeclared"
    return Objection(address, path, "unwritable", problem.message, remedy)


# --- beside other manifests


def other_manifests(target: Target, pulled: Collection[str]) -> Sources:
    """The manifests of the project that a plan would read beside the `pulled` files."""
    project = target.project
    if target.folder != project.root and project.manifests is not None:
        # Those patterns do not lead there: a plan is only made of it where it is named.
        return Sources()
    files = DiskFiles(project.root)
    # Some lead nowhere yet.
    patterns = [each for each in project.manifests or () if manifest.matching(files, each)]
    if project.manifests and not patterns:
        return Sources()
    try:
        sources = manifest.read(files, (), patterns)
    except InvalidInput:
        return Sources()
    ours = {str(target.folder / path) for path in pulled}

    def is_other(place: Place) -> bool:
        return str(manifest.absolute(Path(place.file))) not in ours

    return Sources(
        tuple(document for document in sources.documents if is_other(document.place)),
        sources.texts,
        tuple(problem for problem in sources.problems if is_other(problem.place)),
    )


def beside(
    api: ReadApi, pulled: Pulled, others: Sources, query: PullQuery, target: Target
) -> tuple[Finding, ...]:
    """Prove that a plan of `pulled` is empty beside `others`; findings on what these declare.

    Raises:
        InvalidInput: where it is not, naming what stands in the way.
        ApiError, Refused, LimitReached: a read that is not complete is an error.
    """
    if not (others.documents or others.problems):
        return ()
    read = MemoryFiles(pulled.files, target.folder)
    ours = manifest.read(read) if pulled.files else Sources()
    together = Sources(
        (*others.documents, *ours.documents),
        {**others.texts, **ours.texts},
        (*others.problems, *ours.problems),
    )
    desired = validate.desired(together, target.variables)
    if pulled.declared:
        alone = validate.desired(others, target.variables).snapshot
        places = {identity(r.address): r.intent.place for r in alone}
        twice = sorted({*map(identity, pulled.declared)} & places.keys())
        refuse(
            [f"{'/'.join(filter(None, pair))}, at {places[pair]}" for pair in twice],
            "resource",
            "declared already",
            f"pull what is not declared yet (--target), or {APART}",
        )
        refuse(
            [
                f"{e.place}: {', '.join(filter(None, (e.address, e.message)))}"
                for e in desired.errors
            ],
            "problem",
            "with the other manifests of this project, so that no plan would be possible",
            f"correct them first, or {APART}",
        )
    elif desired.errors:
        return ()
    whole = desired.snapshot
    in_scope = Snapshot.of(r for r in whole if r.intent.place and r.intent.place.file in ours.files)
    tried = trial(api, Scope(in_scope, whole, scope.managed(whole)), target)
    refuse(
        [*_claims(tried.reading)] or [*_clashes(tried)],
        "difference",
        f"with {', '.join(sorted(others.files)[:MOST_NAMED])} beside it: a plan of what was pulled"
        " would not be empty",
        f"take that out of the other manifests, or {APART}",
    )
    return tuple(_not_in_account(api, tried.reading, query))


def _claims(reading: Reading) -> Iterator[str]:
    """The pulled resources that another manifest takes for its own."""
    for address in sorted(resource.address for resource in reading.desired):
        claimant = reading.out_of_scope.get(identity(address))
        if claimant:
            place = reading.scope.whole.resources[claimant].intent.place
            yield f"{address}: in the account it is what {claimant} means, at {place}"


def _clashes(tried: Trial) -> Iterator[str]:
    """What a plan would say of the pulled resources, of which it said nothing alone."""
    told: tuple[Problem | Finding, ...] = (*tried.reading.problems, *tried.findings)
    for each in told:
        yield f"{each.address}: {each.message}"
    for difference in tried.differences:
        if difference.action:
            changed = ", ".join(dotted(change.path) for change in difference.changes)
            step = f"{difference.address}: a plan would {difference.action} it"
            yield f"{step}: {changed}" if changed else step


def _not_in_account(api: ReadApi, reading: Reading, query: PullQuery) -> Iterator[Finding]:
    """What others declare and the account has not, of the kinds that were listed whole."""
    for kind in KINDS.values():
        wanted = reading.scope.whole.of_kind(kind.name)
        if isinstance(kind, Searched | Singleton) or not (wanted and query.reads(kind)):
            continue
        rows = kind.rows(api, reading.account.id_map, wanted)
        matches = match(kind, wanted, rows)
        ids = set(map(replies.id_of, rows))
        for each in wanted:
            live = matches[each.address]
            lost = each.id not in ids if each.id else not live.blocked
            if live.row is None and lost and not each.intent.absent:
                then = "not find what its id means" if each.id else "create it"
                yield Finding(
                    "warning",
                    "not_in_the_account",
                    each.address,
                    f"declared at {each.intent.place} and not in the account: a plan would {then}",
                    "remove that file or block",
                )
