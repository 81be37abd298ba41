"""What would be lost if pulled files overwrote others: a file says more than an account can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bmeconf.desired import manifest, validate
from bmeconf.desired.manifest import DiskFiles, MemoryFiles, is_manifest
from bmeconf.kinds import KINDS, Singleton
from bmeconf.model import Place, Resource, Schedule, Snapshot, Template
from bmeconf.model.errors import counted
from bmeconf.pull.query import Target
from bmeconf.pull.refusal import nothing_written

ELSEWHERE = "pull into another folder with --out"
NOT_SHOWN = "the account does not show it"


def refuse_loss(texts: Mapping[str, str], overwritten: Sequence[str], target: Target) -> None:
    """Refuse to overwrite what only a person can write again.

    `texts` are all pulled files by path below the target's folder, `overwritten` are paths.

    Raises:
        InvalidInput: naming each thing that would be lost, or the problems that hide it.
    """
    files = DiskFiles(target.project.root)
    names = [files.name(target.folder / path) for path in overwritten if is_manifest(path)]
    if not names:
        return
    old = validate.desired(manifest.read(files, names), target.variables)
    new = validate.desired(manifest.read(MemoryFiles(texts)), target.variables)
    if old.errors:
        raise nothing_written(
            f"{counted(len(old.errors), 'problem')} in files that would be overwritten, so that"
            " nobody can tell what would be lost",
            [f"{each.place}: {each.message}" for each in old.errors],
            f"correct them, or move them away; or {ELSEWHERE}",
        )
    losses = [f"{place}: {loss}" for place, loss in _losses(old.snapshot, new.snapshot)]
    if losses:
        raise nothing_written(
            f"{counted(len(losses), 'thing')} would be lost: files that would be overwritten"
            " say more than the pulled ones",
            losses,
            f"{ELSEWHERE}, and merge by hand; or take out of the files what is not to stay",
        )


def _losses(old: Snapshot, new: Snapshot) -> Iterator[tuple[Place | None, str]]:
    """What `old` files declare and `new` ones do not: the place of each, and words for it."""
    pulled: dict[tuple[str, str], list[Resource]] = {}
    for resource in new:
        pulled.setdefault((resource.address.kind, resource.address.name), []).append(resource)
    for was in old:
        namesakes = pulled.get((was.address.kind, was.address.name), [])
        lost = ["not in what was pulled"]
        if namesakes:
            schedule = next((r.intent.schedule for r in namesakes if r.intent.schedule), None)
            lost = [*_labels(was, namesakes[0]), *_schedule(was, schedule)]
        for each in (*lost, *_not_shown(was)):
            yield was.intent.place, f"{was.address}: {each}"


def _labels(was: Resource, now: Resource) -> Iterator[str]:
    if isinstance(KINDS[was.address.kind], Singleton):
        for key in ("fields", "tags"):
            kept = now.fields.get(key) or ()
            yield from (f"{key}: {each}" for each in was.fields.get(key) or () if each not in kept)


def _schedule(was: Resource, now: Schedule | None) -> Iterator[str]:
    wanted = was.intent.schedule
    if wanted and now is None:
        yield "schedule: nothing is scheduled in the account"
    elif wanted:
        given = [key for key in ("owner", "note") if getattr(wanted, key)]
        yield from (f"schedule: {key}: {NOT_SHOWN}" for key in given)


def _not_shown(was: Resource) -> Iterator[str]:
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
    return (f"{key}: {NOT_SHOWN}" for key, value in said.items() if value)
