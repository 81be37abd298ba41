"""The project's other manifests, which a plan reads beside the pulled ones.

They may declare what was just pulled, or mean it by another name. So the pulled files must plan
empty together with them too. What they do elsewhere in the account is their own affair.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from bmeconf.desired import manifest, scope, validate
from bmeconf.desired.manifest import DiskFiles, MemoryFiles, Sources
from bmeconf.desired.scope import Scope
from bmeconf.kinds import KINDS, ReadApi, Searched, Singleton, replies
from bmeconf.live import Reading, match
from bmeconf.model import Finding, Place, Snapshot, dotted
from bmeconf.model.errors import InvalidInput
from bmeconf.pull.proof import Trial, trial
from bmeconf.pull.pulled import MOST_NAMED, Pulled, refuse
from bmeconf.pull.query import PullQuery, Target

APART = "pull into a folder of its own with a bmeconf.yaml in it (--out)"


def read(target: Target, pulled: Collection[str]) -> Sources:
    """The manifests that a plan would read beside the `pulled` files."""
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


def check(
    api: ReadApi, pulled: Pulled, others: Sources, query: PullQuery, target: Target
) -> tuple[Finding, ...]:
    """Prove that a plan of `pulled` is empty beside `others`; findings on what these declare.

    Raises:
        InvalidInput: where it is not, naming what stands in the way.
        ApiError, Refused, LimitReached: a read that is not complete is an error.
    """
    if not (others.documents or others.problems):
        return ()
    ours = Sources()
    if pulled.files:
        ours = manifest.read(MemoryFiles(pulled.files, target.folder))
    together = Sources(
        (*others.documents, *ours.documents),
        {**others.texts, **ours.texts},
        (*others.problems, *ours.problems),
    )
    desired = validate.desired(together, target.variables)
    if pulled.declared:
        alone = validate.desired(others, target.variables).snapshot
        places = {(r.address.kind, r.address.name): r.intent.place for r in alone}
        twice = sorted({(a.kind, a.name) for a in pulled.declared} & places.keys())
        refuse(
            [f"{'/'.join(filter(None, pair))}, at {places[pair]}" for pair in twice],
            "resource",
            "declared already",
            f"pull what is not declared yet (--target), or {APART}",
        )
        refuse(
            [
                f"{problem.place}: {': '.join(filter(None, (problem.address, problem.message)))}"
                for problem in desired.errors
            ],
            "problem",
            "with the other manifests of this project, so that no plan would be possible",
            f"correct them first, or {APART}",
        )
    elif desired.errors:
        return ()
    in_scope = Snapshot.of(
        r for r in desired.snapshot if r.intent.place and r.intent.place.file in ours.files
    )
    limited = Scope(in_scope, desired.snapshot, scope.managed(desired.snapshot))
    tried = trial(api, limited, target)
    named = ", ".join(sorted(others.files)[:MOST_NAMED])
    refuse(
        [*_claims(tried, limited)] or [*_clashes(tried)],
        "difference",
        f"with {named} beside it: a plan of what was pulled would not be empty",
        f"take that out of the other manifests, or {APART}",
    )
    return tuple(_not_in_account(api, tried.reading, limited, query))


def _claims(tried: Trial, limited: Scope) -> Iterator[str]:
    """The pulled resources that another manifest takes for its own."""
    claims = tried.reading.out_of_scope
    for address in sorted(resource.address for resource in limited.desired):
        claimant = claims.get((address.kind, address.name))
        if claimant:
            place = limited.whole.resources[claimant].intent.place
            yield f"{address}: in the account it is what {claimant} means, at {place}"


def _clashes(tried: Trial) -> Iterator[str]:
    """What a plan would say of the pulled resources, of which it said nothing alone."""
    for problem in tried.reading.problems:
        yield f"{problem.address}: {problem.message}"
    for finding in tried.findings:
        yield f"{finding.address}: {finding.message}"
    for each in tried.differences:
        if each.action:
            changed = ", ".join(dotted(change.path) for change in each.changes)
            step = f"{each.address}: a plan would {each.action} it"
            yield f"{step}: {changed}" if changed else step


def _not_in_account(
    api: ReadApi, reading: Reading, limited: Scope, query: PullQuery
) -> Iterator[Finding]:
    """What others declare and the account has not, of the kinds that were listed whole."""
    for kind in KINDS.values():
        wanted = limited.whole.of_kind(kind.name)
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
