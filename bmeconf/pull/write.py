"""Pulled files -> the disk: all of them or none, and nothing that a person wrote is lost.

A file on disk may say more than an account can show. Also the commands to type after that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bmeconf.desired import manifest, validate
from bmeconf.desired.manifest import (
    PROJECT_FILE,
    DiskFiles,
    MemoryFiles,
    Scalar,
    Sources,
    at,
    is_manifest,
    walk,
)
from bmeconf.kinds import KINDS, Singleton, identity
from bmeconf.model import Place, Resource, Snapshot, Template, path_word, shell_line
from bmeconf.model.errors import InvalidInput
from bmeconf.project import compare_files, scaffold, write_files
from bmeconf.pull.layout import MANIFESTS
from bmeconf.pull.model import Pulled, Target, refuse

VARIABLE = re.compile(r"(?<!\$)\$\{[A-Za-z_][A-Za-z0-9_]*\}")
MADE = (
    *(("body", "mjml"), ("body", "inline_css"), ("body", "expand")),
    *(("plain_text", "from_body"), ("plain_text", "expand")),
)
"""What a manifest says of a content that no account shows."""
ELSEWHERE = "pull into another folder with --out"


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
    refuse(blocked, "file", "in the way", "move them away")
    if not force:
        overwrite = f"overwrite them with --force, or {ELSEWHERE}"
        refuse(in_the_way, "file", "there already, with other content", overwrite)
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


def next_commands(
    pulled: Pulled, target: Target, out: Path | None, account: Sequence[str]
) -> Sequence[str]:
    """The plan that is empty, what makes drift know more, and a new project's CI: lines to type.

    `out` is the folder as it was typed, `account` the options that name it. The commands name a
    path only where they would not find the pulled manifests without one.
    """
    patterns = target.project.manifests
    covered = patterns is None or any(each.strip("./") in ("", MANIFESTS) for each in patterns)
    paths = []
    if not (covered and target.folder == target.project.root):
        paths = [path_word((out or target.folder) / MANIFESTS)]
    elif out and target.folder != Path.cwd():
        paths = [path_word(out)]
    record = shell_line(["bmeconf", "drift", "--record", *paths, *account])
    commands = [
        shell_line(["bmeconf", "plan", *paths, *account]),
        f"{record}  # remember the ids, so that a rename is known",
    ]
    if PROJECT_FILE in pulled.files:
        folder = [] if target.folder == Path.cwd() else [path_word(out or target.folder)]
        init = shell_line(["bmeconf", "init", *folder, "--ci", scaffold.USUAL_RECIPE])
        commands.append(f"{init}  # or another recipe, see: bmeconf help ci")
    return commands


def _refuse_loss(pulled: Pulled, overwritten: Sequence[str], target: Target) -> None:
    """Refuse to overwrite, at these paths, what only a person can write again."""
    files = DiskFiles(target.project.root)
    names = [files.name(target.folder / path) for path in overwritten if is_manifest(path)]
    if not names:
        return
    sources = manifest.read(files, names)
    old = validate.desired(sources, target.variables)
    new = validate.desired(manifest.read(MemoryFiles(pulled.files)), target.variables)
    refuse(
        [f"{each.place}: {each.message}" for each in old.errors],
        "problem",
        "in files that would be overwritten, so that nobody can tell what would be lost",
        f"correct them, or move them away; or {ELSEWHERE}",
    )
    refuse(
        [
            f"{place}: {loss}"
            for place, loss in (
                *_losses(old.snapshot, new.snapshot),
                *_variables(sources),
                *_comments(pulled, overwritten, target),
            )
        ],
        "thing",
        "would be lost: files that would be overwritten say more than the pulled ones",
        f"{ELSEWHERE}, and merge by hand; or take out of the files what is not to stay",
    )


def _variables(sources: Sources) -> Iterator[tuple[Place, str]]:
    """The variables in manifests, which pulled files have the values of, and what bodies are of."""
    for document in sources.documents:
        for path, node in walk(document):
            if path[2:] in MADE and node is at(document, path):
                yield node.place, f"{path[2]}.{path[3]} would be replaced by what it makes"
            if isinstance(node, Scalar) and (variable := VARIABLE.search(node.text)):
                yield node.place, f"{variable[0]} would be replaced by its value"


def _comments(
    pulled: Pulled, overwritten: Sequence[str], target: Target
) -> Iterator[tuple[Place, str]]:
    """The comments in manifests that the pulled ones do not have."""
    for path in filter(is_manifest, overwritten):
        file = target.folder / path
        shown = DiskFiles(target.folder).shown(path)
        kept = manifest.comments(pulled.files[path], shown)
        found = manifest.comments(file.read_text(encoding="utf-8-sig"), shown)
        yield from (
            (place, f"the comment {text}") for text, place in found.items() if text not in kept
        )


def _losses(old: Snapshot, new: Snapshot) -> Iterator[tuple[Place | None, str]]:
    """What `old` files declare and `new` ones do not: the place of each, and words for it."""
    pulled: dict[tuple[str, str], list[Resource]] = {}
    for resource in new:
        pulled.setdefault(identity(resource.address), []).append(resource)
    for was in old:
        for each in _lost(was, pulled.get(identity(was.address), [])):
            yield was.intent.place, f"{was.address}: {each}"


def _lost(was: Resource, namesakes: Sequence[Resource]) -> Iterator[str]:
    """What pulled resources of the name do not have, and what no account shows of a resource."""
    intent = was.intent
    if not namesakes:
        yield "not in what was pulled"
    elif isinstance(KINDS[was.address.kind], Singleton):
        for key in ("fields", "tags"):
            kept = namesakes[0].fields.get(key) or ()
            yield from (f"{key}: {each}" for each in was.fields.get(key) or () if each not in kept)
    elif intent.schedule and not any(each.intent.schedule for each in namesakes):
        yield "schedule: nothing is scheduled in the account"
    said = {
        "state": intent.absent,
        "protect": intent.protect,
        "renamed_from": intent.renamed_from,
        "copy_of": intent.copy_of,
        "merge_of": intent.merge_of,
        "expect": intent.expect,
        "body: template": isinstance(was.fields.get("body"), Template),
        "schedule: owner": intent.schedule and intent.schedule.owner,
        "schedule: note": intent.schedule and intent.schedule.note,
    }
    yield from (f"{key}: the account does not show it" for key, value in said.items() if value)
