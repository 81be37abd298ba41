"""Where a project is: its root, its project file, and projects inside it (design 2)."""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path

from bmeconf.desired.manifest.files import DiskFiles, Files, absolute, children
from bmeconf.model import Place, Problem
from bmeconf.project import LOCK_FILE, WORK_FOLDER

PROJECT_FILE = "bmeconf.yaml"
ALMOST = re.compile(r"\.?bmeconf\.ya?ml", re.IGNORECASE)
"""What is meant as a project file; under another name than the right one it is refused."""


MARKS = (LOCK_FILE, ".git", WORK_FOLDER)
"""What makes a folder a root where no folder upward has a project file; the first that is found."""


def find_root(path: Path) -> Path:
    """The root of the project that `path` is in: the nearest folder upward with a project file.

    Else the nearest with a lock file, else the top of a Git repository; else `path`, or its folder.
    """
    start = absolute(path)
    # os.path, since a Path raises where a folder may not be entered.
    if os.path.isfile(start):
        start = start.parent
    folders = (start, *start.parents)
    for folder in folders:
        if project_file(DiskFiles(folder)):
            return folder
    marked = (f for mark in MARKS for f in folders if os.path.exists(f / mark))
    return next(marked, start)


def mark_of(root: Path) -> str:
    """What makes a folder the root; empty where only the path does."""
    marks = (mark for mark in MARKS if os.path.exists(root / mark))
    return project_file(DiskFiles(root)) or next(marks, "")


def project_file(files: Files, folder: str = "") -> str:
    """The name of the project file in a folder, the right one first; empty without one."""
    names = _meant(files, folder)
    return PROJECT_FILE if PROJECT_FILE in names else next(iter(names), "")


def misnamed(files: Files, folder: str = "") -> list[Problem]:
    """The problems of project files in a folder that have almost the right name."""
    return [
        Problem(
            Place(files.shown(posixpath.join(folder, name))),
            "",
            f"the project file must be called {PROJECT_FILE}, else it does not hold; rename it",
            "project_file",
        )
        for name in _meant(files, folder)
        if name != PROJECT_FILE
    ]


def _meant(files: Files, folder: str) -> list[str]:
    """The names of the files in a folder that are meant as its project file."""
    names = [name for name in children(files, folder) if ALMOST.fullmatch(name)]
    return [name for name in names if not files.is_folder(posixpath.join(folder, name))]


def inner_project(files: Files, name: str) -> str:
    """The folder of the project inside this one that a file is in; empty where there is none."""
    folder = posixpath.dirname(name)
    while folder and not project_file(files, folder):
        folder = posixpath.dirname(folder)
    return folder


def left_out(files: Files, folder: str) -> Problem:
    """The note, or the error, on a project inside this one, whose manifests are not taken."""
    if wrong := misnamed(files, folder):
        return wrong[0]
    place = Place(files.shown(posixpath.join(folder, PROJECT_FILE)))
    message = "a project of its own: its manifests are left out here; run bmeconf there for them"
    return Problem(place, "", message, "inner_project", "note")
