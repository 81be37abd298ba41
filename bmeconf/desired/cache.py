"""Manifests that were parsed and found sound, kept in `.bmeconf/sound/` for the next run.

An entry holds a desired side and what it was made from: the program, which files are manifests,
and each question that was asked of the files, with its answer; of a file's bytes their digest. A
run uses it only where each question has the same answer again, so that every file is read and
hashed in every run. What cannot be used is passed over in silence, and made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from bmeconf.desired import manifest, validate
from bmeconf.desired.manifest import Files, absolute
from bmeconf.desired.project_files import ProjectFiles
from bmeconf.desired.validate import Desired
from bmeconf.model.errors import InvalidInput
from bmeconf.project import SealedEntries, schema_text

LEAST = 50_000
"""So many bytes are worth an entry: fewer are parsed as fast."""
PACKAGE = Path(__file__).parent.parent
ROOMS = ("model", "mail", "kinds", "project", "desired")
"""The rooms whose code makes a desired side of files."""
UNUSABLE = (OSError, ValueError, TypeError, LookupError, RecursionError, InvalidInput)
T = TypeVar("T")


def read_desired(
    files: ProjectFiles,
    variables: Mapping[str, str],
    environ: Mapping[str, str],
    least: int = LEAST,
) -> Desired:
    """The desired side with an account's `variables` filled in; problems are not raised.

    Files of `least` bytes or more are parsed only where no earlier run has found them sound.

    Raises:
        InvalidInput: as `ProjectFiles.read`.
    """
    root, recorded = files.project.root, RecordedFiles(files.files)
    with contextlib.suppress(*UNUSABLE):
        entries = SealedEntries.of(root, environ)
        if entries and (found := _kept(entries, files, variables)):
            return found
    desired = validate.desired(files.read(recorded), variables, files.project.policy.lint)
    # Where nothing else makes the folder a root, a new work folder would, for runs below it too.
    marked = manifest.mark_of(root)
    if marked and recorded.size >= least and recorded.steady and not desired.errors:
        with contextlib.suppress(*UNUSABLE):
            if entries := SealedEntries.of(root, environ, make=True):
                _keep(entries, files, variables, recorded, desired)
    return desired


def _kept(
    entries: SealedEntries, files: ProjectFiles, variables: Mapping[str, str]
) -> Desired | None:
    """What an earlier run made of the same files, None where none did."""
    name = entries.name(_asked(files, variables))
    about, _, result = entries.read(name).partition("\n")
    if not about:
        return None
    header = json.loads(about)
    if header["made"] != [name, _program(), _listed(files)]:
        return None
    if any(_answer(files.files, *question) != a for *question, a in header["answers"]):
        return None
    return validate.decoded(json.loads(result))


def _keep(
    entries: SealedEntries,
    files: ProjectFiles,
    variables: Mapping[str, str],
    recorded: RecordedFiles,
    desired: Desired,
) -> None:
    name = entries.name(_asked(files, variables))
    answers = [[*question, answer] for question, answer in recorded.answers.items()]
    header = {"made": [name, _program(), _listed(files)], "answers": answers}
    data = validate.encoded(desired)
    entries.write(name, f"{_json(header)}\n{_json(data)}")


def _json(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"))


def _asked(files: ProjectFiles, variables: Mapping[str, str]) -> str:
    """What a run is about and asks of mails, and where it stands, as paths are shown from there."""
    where = [str(absolute(files.project.root)), str(Path.cwd())]
    lint = asdict(files.project.policy.lint)
    return _json([*where, files.names, sorted(variables.items()), lint])


def _listed(files: ProjectFiles) -> list[Any]:
    listing = files.listing
    given = listing.given if listing.given is None else sorted(listing.given)
    return [[*listing.names], [*listing.inner], sorted(listing.perhaps), given]


@cache
def _program() -> str:
    """A digest of what makes a desired side: our code, the schema, Python, what is installed.

    Our code is told by the times and sizes of its files: an installation or an edit sets them.
    """
    total = hashlib.sha256(f"{sys.version}\n{schema_text('manifest')}".encode())
    for room in ROOMS:
        for folder, _, names in sorted(os.walk(PACKAGE / room)):
            for name in sorted(name for name in names if name.endswith(".py")):
                path = os.path.join(folder, name)
                status = os.stat(path)
                told = (path, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
                total.update(repr(told).encode("utf-8", "surrogateescape"))
    for folder in sys.path:
        with contextlib.suppress(OSError):
            names = sorted(name for name in os.listdir(folder or ".") if name.endswith("-info"))
            total.update(f"\n{folder}{names}".encode("utf-8", "surrogateescape"))
    return total.hexdigest()


class RecordedFiles:
    """Files that note each question that is asked of them, and its answer.

    `size` is the number of bytes that were read. They are not `steady` where a question had two
    answers, or none.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self.answers: dict[tuple[str, str], Any] = {}
        self.size = 0
        self.steady = True

    def shown(self, name: str) -> str:
        return self._files.shown(name)

    def resolved(self, name: str) -> str | None:
        return self._noted("resolved", name, self._files.resolved(name))

    def exists(self, name: str) -> bool:
        return self._noted("exists", name, self._files.exists(name))

    def is_folder(self, name: str) -> bool:
        return self._noted("is_folder", name, self._files.is_folder(name))

    def children(self, folder: str) -> Sequence[str]:
        try:
            return self._noted("children", folder, [*self._files.children(folder)])
        except (OSError, ValueError):
            self.steady = False
            raise

    def read(self, names: Iterable[str]) -> Mapping[str, bytes | OSError]:
        contents = self._files.read(names)
        for name, content in contents.items():
            self.size += len(content) if isinstance(content, bytes) else 0
            self._noted("read", name, _digest(content))
        return contents

    def _noted(self, question: str, name: str, answer: T) -> T:
        if self.answers.setdefault((question, name), answer) != answer:
            self.steady = False
        return answer


def _answer(files: Files, question: str, name: str) -> Any:
    """What `RecordedFiles` would note by now."""
    if question == "read":
        return _digest(files.read([name])[name])
    return getattr(files, question)(name)


def _digest(content: bytes | OSError) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    return f"{type(content).__name__} {content.errno}"
