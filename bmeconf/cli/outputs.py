"""The files that `--output` and `--out` name: where none may be, and how one is written."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from bmeconf.cli.streams import standard
from bmeconf.model import did_you_mean
from bmeconf.model.errors import BmeconfError, InvalidInput
from bmeconf.project import LOCK_FILE, WORK_FOLDER, can_write, on_disk, write_file
from bmeconf.render import EVERY_FORMAT

Outputs = tuple[tuple[str, Path], ...]
WORD = re.compile(r"[^\s'\"{}\[\],:#]+")
PATH = re.compile(r".+\.\w+")
"""What a word of a manifest has that may be the path of a file."""
DEVICES = ("/dev", "/proc")
FIXED = (errno.EBUSY, errno.EACCES, errno.EPERM, errno.EROFS)
"""A file that cannot be replaced, as in a folder of somebody else, or one that a container got."""


def outputs(options: Sequence[str]) -> Outputs:
    """`--output FORMAT=FILE` options, or InvalidInput for a format or file that cannot be."""
    checked: list[tuple[str, Path]] = []
    for option in options:
        format, equals, name = option.partition("=")
        known = f"formats are: {', '.join(EVERY_FORMAT)}"
        if not (format and equals and name):
            raise InvalidInput(f"--output {option}: expected FORMAT=FILE", known)
        if format not in EVERY_FORMAT:
            hint = did_you_mean(format, EVERY_FORMAT)
            raise InvalidInput(f'--output {option}: there is no format "{format}"{hint}', known)
        words, path = f"--output {option}", Path(name)
        refuse_place(words, path)
        real = _real(path)
        if path.is_symlink() and not (
            _is_of_process(path) or real.is_relative_to(_real(path.parent))
        ):
            # A checkout may have brought it.
            raise InvalidInput(
                f"{words}: {name} is a link out of its folder, to {real}", "name the file itself"
            )
        if not (can_write(path) or (path.is_file() and os.access(path, os.W_OK))):
            raise InvalidInput(f"{words}: {name} cannot be written", "name a file that can be")
        refuse_same(words, path, [other for _, other in checked], "another --output")
        checked.append((format, path))
    return tuple(checked)


def refuse_place(words: str, path: Path) -> None:
    """Refuse what is no name of a file, and the names of files that bmeconf reads and keeps."""
    from bmeconf.desired.manifest import SUFFIXES

    elsewhere, real = "name another file", _real(path)
    if path.name == "-":
        raise InvalidInput(
            f'{words}: "-" is no file', "standard output has what --format says; name a file"
        )
    if path.suffix in SUFFIXES or real.suffix in SUFFIXES:
        raise InvalidInput(f"{words}: would be taken for a manifest", elsewhere)
    if LOCK_FILE in (path.name, real.name) or WORK_FOLDER in (*path.absolute().parts, *real.parts):
        raise InvalidInput(f"{words}: bmeconf keeps what it remembers there", elsewhere)
    if path.is_dir():
        raise InvalidInput(f"{words}: {path} cannot be written: it is a folder", "name a file")
    if not path.parent.is_dir():
        raise InvalidInput(
            f"{words}: {path} cannot be written: there is no folder {path.parent}",
            f"make it, or {elsewhere}",
        )


def refuse_same(words: str, path: Path, others: Iterable[Path], what: str) -> None:
    """Refuse a file that is one of `others`, under whichever name; devices are anybody's."""
    if any(_same(path, other) for other in others):
        raise InvalidInput(f"{words}: {path} is {what}", "name another file")


def _same(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other) and (one.is_file() or not _is_of_process(one))
    return _real(one) == _real(other)


def named_files(paths: Sequence[Path]) -> list[Path]:
    """The files that the manifests of a project name.

    Of a manifest that cannot be parsed, every word may be one; a path that leads nowhere may be
    meant to lead to the project that the command is run in.
    """
    from bmeconf.desired import manifest, read_project_files

    found: list[Path] = []
    several = [*paths], [manifest.find_root(path) for path in paths[:1]], [Path(".")]
    # Mostly they lead to one project, which need not be read several times.
    for each in {tuple(map(manifest.absolute, each)): each for each in several}.values():
        with contextlib.suppress(BmeconfError, OSError):
            sources = read_project_files(each).sources
            names = [*sources.texts]
            for file in {problem.place.file for problem in sources.problems} - sources.files:
                # To read a pipe would take for ever.
                if (path := Path(on_disk(file))).is_file():
                    words = WORD.findall(path.read_text(encoding="utf-8", errors="replace"))
                    names += [(file, name[0]) for name in map(PATH.match, words) if name]
            found += (Path(on_disk(file)).parent / on_disk(name) for file, name in names)
    return found


def put(path: Path, text: str) -> None:
    """Write a file atomically, where its link leads; what is no file of its own, in its place."""
    if _is_of_process(path) and (number := standard(path)):
        # Between what the stream has had and what it gets: another handle would write over it.
        with open(number, "w", encoding="utf-8", closefd=False) as stream:
            stream.write(text)
        return
    # A device or a pipe must not be replaced by a file.
    if _is_of_process(path) or (path.exists() and not path.is_file()):
        path.write_text(text, encoding="utf-8")
        return
    target = _real(path)
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666
    try:
        write_file(target, text, mode)
    except OSError as error:
        if error.errno not in FIXED or not target.exists():
            raise
        target.write_text(text, encoding="utf-8")


def _real(path: Path) -> Path:
    # Path.resolve ends in an error where links go round.
    return Path(os.path.realpath(path))


def _is_of_process(path: Path) -> bool:
    return any(path.absolute().is_relative_to(folder) for folder in DEVICES)
