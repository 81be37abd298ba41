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
from bmeconf.kinds import KINDS, Searched, Singleton, replies
from bmeconf.kinds.api import ReadApi
from bmeconf.live.account import Reading
from bmeconf.live.match import match
from bmeconf.model import Finding, Place, Problem, Snapshot, dotted
from bmeconf.model.errors import InvalidInput, counted
from bmeconf.pull.proof import Trial, trial
from bmeconf.pull.pulled import MOST_NAMED, Pulled, nothing_written
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
        found = manifest.read(files, (), patterns)
    except InvalidInput:
        return Sources()
    ours = {str(target.folder / path) for path in pulled}

    def is_other(place: Place) -> bool:
        return str(manifest.absolute(Path(place.file))) not in ours

    return Sources(
        tuple(document for document in found.documents if is_other(document.place)),
        found.texts,
        tuple(problem for problem in found.problems if is_other(problem.place)),
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
        _refuse_declared_twice(pulled, validate.desired(others, target.variables).snapshot)
        _refuse_problems(desired.errors)
    elif desired.errors:
        return ()
    in_scope = Snapshot.of(
        r for r in desired.snapshot if r.intent.place and r.intent.place.file in ours.files
    )
    limited = Scope(in_scope, desired.snapshot, scope.managed(desired.snapshot))
    tried = trial(api, limited, target)
    _refuse_clashes(tried, limited, others.files)
    return tuple(_not_in_account(api, tried.reading, limited, query))


def _refuse_declared_twice(pulled: Pulled, others: Snapshot) -> None:
    """Refuse to declare what another manifest declares: no plan would be possible."""
    places = {(r.address.kind, r.address.name): r.intent.place for r in others}
    twice = sorted({(a.kind, a.name) for a in pulled.declared} & places.keys())
    if twice:
        raise nothing_written(
            f"{counted(len(twice), 'resource')} declared already",
            [f"{'/'.join(filter(None, pair))}, at {places[pair]}" for pair in twice],
            f"pull what is not declared yet (--target), or {APART}",
        )


def _refuse_problems(problems: Collection[Problem]) -> None:
    """Refuse to add to manifests of which no plan can be made."""
    if problems:
        raise nothing_written(
            f"{counted(len(problems), 'problem')} with the other manifests of this project,"
            " so that no plan would be possible",
            [
                f"{problem.place}: {': '.join(filter(None, (problem.address, problem.message)))}"
                for problem in problems
            ],
            f"correct them first, or {APART}",
        )


def _refuse_clashes(tried: Trial, limited: Scope, other_files: Collection[str]) -> None:
    """Refuse what a plan would change now, although alone it planned empty."""
    clashes = [*_clashes(tried)]
    if not clashes:
        return
    claims = tried.reading.out_of_scope
    lines = []
    for address in sorted(resource.address for resource in limited.desired):
        claimant = claims.get((address.kind, address.name))
        if claimant:
            place = limited.whole.resources[claimant].intent.place
            lines.append(f"{address}: in the account it is what {claimant} means, at {place}")
    raise nothing_written(
        f"with {', '.join(sorted(other_files)[:MOST_NAMED])} beside it, a plan of what was pulled"
        " would not be empty",
        lines or clashes,
        f"take that out of the other manifests, or {APART}",
    )


def _clashes(tried: Trial) -> Iterator[str]:
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
            found = matches[each.address]
            lost = each.id not in ids if each.id else not found.blocked
            if found.row is None and lost and not each.intent.absent:
                then = "not find what its id means" if each.id else "create it"
                yield Finding(
                    "warning",
                    "not_in_the_account",
                    each.address,
                    f"declared at {each.intent.place} and not in the account: a plan would {then}",
                    "remove that file or block",
                )
