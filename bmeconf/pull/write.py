"""Pulled files -> the disk: all of them or none, and over other content only with leave."""

from __future__ import annotations

from dataclasses import replace

from bmeconf.model.errors import InvalidInput, counted
from bmeconf.project import compare_files, write_files
from bmeconf.pull import overwriting
from bmeconf.pull.pulled import Pulled
from bmeconf.pull.query import Target
from bmeconf.pull.refusal import nothing_written


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
            "overwrite them with --force, or pull into another folder with --out",
        )
    overwriting.refuse_loss(pulled.files, in_the_way, target)
    fresh = {path: text for path, text in pulled.files.items() if path not in same}
    try:
        write_files(folder, fresh, overwrite=force)
    except OSError as error:
        raise InvalidInput(
            f"{folder} cannot be written: {error.strerror}; nothing was written",
            "let this user write there, or pull into another folder with --out",
        ) from error
    return replace(pulled, unchanged=same, overwritten=frozenset(in_the_way))
