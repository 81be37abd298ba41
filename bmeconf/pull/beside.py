"""What was pulled beside what the project declares already: what collides, what would be lost.

Pure. A plan reads all manifests of a project, so that one which was there before may claim what
was just pulled; and a file says more than an account can tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from bmeconf.model import (
    STRUCTURE,
    Address,
    Finding,
    Place,
    Problem,
    Resource,
    Schedule,
    Snapshot,
    Template,
)
from bmeconf.model.errors import InvalidInput, counted

MOST_NAMED = 20
GONE = "not_in_the_account"
ELSEWHERE = "pull into another folder with --out"
APART = "pull into a folder of its own with a bmeconf.yaml in it (--out)"
Named = tuple[str, str]


def nothing_written(told: str, lines: Sequence[str], remedy: str) -> InvalidInput:
    """Why a pull writes nothing, with the first of the `lines` that say what it is about."""
    shown = [f"  {line}" for line in lines[:MOST_NAMED]]
    more = len(lines) - MOST_NAMED
    shown += [f"  and {more:,} more"] if more > 0 else []
    return InvalidInput("\n".join([f"nothing was written: {told}", *shown]), remedy)


# --- other manifests


def refuse_twins(declared: Iterable[Address], others: Snapshot) -> None:
    """Refuse to declare what another manifest of the project declares: no plan would be possible.

    Raises:
        InvalidInput: naming each, and where it is declared.
    """
    known = {(r.address.kind, r.address.name): r.intent.place for r in others}
    twice = sorted({(a.kind, a.name) for a in declared} & known.keys())
    if twice:
        raise nothing_written(
            f"{counted(len(twice), 'resource')} declared already",
            [f"{'/'.join(filter(None, pair))}, at {known[pair]}" for pair in twice],
            f"pull what is not declared yet (--target), or {APART}",
        )


def refuse_problems(problems: Sequence[Problem]) -> None:
    """Refuse to add to manifests of which no plan can be made.

    Raises:
        InvalidInput: naming the problems.
    """
    if problems:
        lines = [
            f"{problem.place}: {': '.join(filter(None, (problem.address, problem.message)))}"
            for problem in problems
        ]
        raise nothing_written(
            f"{counted(len(problems), 'problem')} with the other manifests of this project,"
            " so that no plan would be possible",
            lines,
            f"mend them first, or {APART}",
        )


def refuse_clashes(
    clashes: Sequence[tuple[str, str]], claims: Mapping[Address, Resource], files: Collection[str]
) -> None:
    """Refuse what a plan together with the other manifests, in `files`, would not leave alone.

    `clashes` are addresses with what a plan would say of them; `claims` those of them that
    another manifest takes for its own.

    Raises:
        InvalidInput: naming who claims what, or else what a plan would do.
    """
    if not clashes:
        return
    lines = [
        f"{address}: in the account it is what {other.address} means, at {other.intent.place}"
        for address, other in sorted(claims.items(), key=lambda pair: pair[0])
    ]
    lines = lines or [f"{address}: {told}" for address, told in clashes]
    named = ", ".join(sorted(files)[:MOST_NAMED])
    raise nothing_written(
        f"with {named} beside it, a plan of what was pulled would not be empty",
        lines,
        f"take that out of the other manifests, or {APART}",
    )


def gone(resource: Resource) -> Finding:
    """What to know of something that another manifest declares and the account has not."""
    then = "not find what its id means" if resource.id else "create it"
    return Finding(
        "warning",
        GONE,
        resource.address,
        f"declared at {resource.intent.place} and not in the account: a plan would {then}",
        "remove that file or block",
    )


# --- files that are overwritten


def lost(old: Snapshot, new: Snapshot) -> Iterator[tuple[Place | None, str]]:
    """What `old` files say that `new` ones, written over them, would not: where, and what."""
    pulled: dict[Named, list[Resource]] = {}
    for resource in new:
        pulled.setdefault((resource.address.kind, resource.address.name), []).append(resource)
    for was in old:
        address = was.address
        same = pulled.get((address.kind, address.name), [])
        timed = next((r.intent.schedule for r in same if r.intent.schedule), None)
        here = (
            (*_labels(was, same[0]), *_schedule(was, timed))
            if same
            else ("not in what was pulled",)
        )
        for told in (*here, *_untold(was)):
            yield was.intent.place, f"{address}: {told}"


def refuse_loss(errors: Sequence[Problem], lost: Sequence[tuple[Place | None, str]]) -> None:
    """Refuse to overwrite what only a person can write again; `errors` hide what that is.

    Raises:
        InvalidInput: naming each thing that would be lost.
    """
    if errors:
        raise nothing_written(
            f"{counted(len(errors), 'problem')} in files that would be overwritten, so that"
            " nobody can tell what would be lost",
            [f"{each.place}: {each.message}" for each in errors],
            f"mend them, or move them away; or {ELSEWHERE}",
        )
    if lost:
        raise nothing_written(
            f"{counted(len(lost), 'thing')} would be lost, as files that would be overwritten"
            " say more than what was pulled",
            [f"{place}: {told}" for place, told in lost],
            f"{ELSEWHERE}, and merge by hand; or take out of the files what is not to stay",
        )


def _labels(was: Resource, now: Resource) -> Iterator[str]:
    if was.address.kind == STRUCTURE:
        for key in ("fields", "tags"):
            there = now.fields.get(key) or ()
            yield from (f"{key}: {each}" for each in was.fields.get(key) or () if each not in there)


def _untold(was: Resource) -> Iterator[str]:
    """What no account shows of a resource that it has."""
    intent = was.intent
    said = {
        "state": intent.absent,
        "protect": intent.protect,
        "renamed_from": intent.renamed_from,
        "copy_of": intent.copy_of,
        "merge_of": intent.merge_of,
        "expect": intent.expect,
        "body: template": isinstance(was.fields.get("body"), Template),
    }
    return (f"{key}: the account cannot tell it" for key, value in said.items() if value)


def _schedule(was: Resource, now: Schedule | None) -> Iterator[str]:
    wanted = was.intent.schedule
    if wanted and now is None:
        yield "schedule: nothing is scheduled in the account"
    elif wanted:
        told = [key for key in ("owner", "note") if getattr(wanted, key)]
        yield from (f"schedule: {key}: the account cannot tell it" for key in told)
