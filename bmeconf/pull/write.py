"""Pulled files -> the disk: all of them or none, and nothing that a person wrote is lost.

A file on disk may say more than an account can show.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bmeconf.desired import manifest, validate
from bmeconf.desired.manifest import DiskFiles, MemoryFiles, is_manifest
from bmeconf.kinds import KINDS, Singleton
from bmeconf.model import Place, Resource, Schedule, Snapshot, Template
from bmeconf.model.errors import InvalidInput, counted
from bmeconf.project import compare_files, write_files
from bmeconf.pull.pulled import Pulled, nothing_written
from bmeconf.pull.query import Target

ELSEWHERE = "pull into another folder with --out"
NOT_SHOWN = "the account does not show it"


def write(pulled: Pulled, target: Target, *, force: bool) -> Pulled:
    """Write the files that are not on disk with the same text; `force` overwrites others.

    Raises:
        InvalidInput: where a file is in the way and must not or cannot be overwritten, where
            overwriting it would lose what a person wrote, or where the folder cannot be written.
            Then nothing was written.
    """
    folder = target.folder
    same, in_the_way = compare_files(folder, pulled.files)
    blocked = [p for p in in_the_way if p not in pulled.files or (folder / p).is_dir()]
    if blocked:
        raise nothing_written(
            f"{counted(len(blocked), 'file')} in the way", blocked, "move them away"
        )
    if in_the_way and not force:
        raise nothing_written(
            f"{counted(len(in_the_way), 'file')} there already, with other content",
            in_the_way,
            f"overwrite them with --force, or {ELSEWHERE}",
        )
    _refuse_loss(pulled, in_the_way, target)
    fresh = {path: text for path, text in pulled.files.items() if path not in same}
    try:
        write_files(folder, fresh, overwrite=force)
    except OSError as error:
        raise InvalidInput(
            f"{folder} cannot be written: {error.strerror}; nothing was written",
            f"let this user write there, or {ELSEWHERE}",
        ) from error
    return replace(pulled, unchanged=same, overwritten=frozenset(in_the_way))


def _refuse_loss(pulled: Pulled, overwritten: Sequence[str], target: Target) -> None:
    """Refuse to overwrite, at these paths, what only a person can write again."""
    files = DiskFiles(target.project.root)
    names = [files.name(target.folder / path) for path in overwritten if is_manifest(path)]
    if not names:
        return
    old = validate.desired(manifest.read(files, names), target.variables)
    new = validate.desired(manifest.read(MemoryFiles(pulled.files)), target.variables)
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
