"""A project on disk: its project file, and the manifests that a run was given."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bmeconf.desired import manifest, validate
from bmeconf.desired.manifest import DiskFiles, Files, Listing, Sources
from bmeconf.model.errors import InvalidInput
from bmeconf.project import LOCK_FILE, Project, on_disk


@dataclass(frozen=True)
class ProjectFiles:
    """A project and which files are its manifests; none of these is read before `sources` is.

    `names` are the paths that the run was given, from the project's root; the root's own is empty.
    """

    project: Project
    listing: Listing
    names: tuple[str, ...] = ()

    @property
    def files(self) -> DiskFiles:
        """The files below the root."""
        return DiskFiles(self.project.root)

    @cached_property
    def sources(self) -> Sources:
        """The manifests and the files that they name, as `read` has them."""
        return self.read(self.files)

    def read(self, files: Files) -> Sources:
        """The manifests and the files that they name, out of `files`; not validated.

        Raises:
            InvalidInput: a lock file lies below the root.
        """
        sources = manifest.parse(files, self.listing)
        _refuse_locks_below(self.project.root, sources, files)
        return sources

    @property
    def root_words(self) -> str:
        """The root and what makes it the root, in words."""
        mark = manifest.mark_of(self.project.root)
        return f"Project root: {self.project.root} ({f'has {mark}' if mark else 'the path given'})"


def read_project_files(paths: Sequence[Path]) -> ProjectFiles:
    """The project that `paths` are in, and which its manifests are.

    Raises:
        InvalidInput: there are none, or the project file cannot be used.
    """
    root = _common_root(paths)
    if not os.path.lexists(root):
        around = DiskFiles(root.parent)
        hint = manifest.near(around, root.name)
        raise InvalidInput(f"{around.shown(root.name)} does not exist{hint}", "check the path")
    project, files = project_at(root), DiskFiles(root)
    names = tuple(files.name(path) for path in paths)
    return ProjectFiles(project, manifest.list_whole(files, names, project.manifests or ()), names)


def _common_root(paths: Sequence[Path]) -> Path:
    """The root of the project that all `paths` are in; InvalidInput where they have several."""
    root, *others = map(manifest.find_root, paths)
    for path, other in zip(paths[1:], others, strict=True):
        if other != root and manifest.mark_of(other):
            raise InvalidInput(
                f"{path} is in the project {other}, and {paths[0]} in {root}",
                "run one project at a time",
            )
    return root


def _refuse_locks_below(root: Path, sources: Sources, files: Files) -> None:
    """Refuse manifests below a lock file that is not the project's: it would protect nothing."""
    folders = {Path(on_disk(file)).absolute().parent for file in sources.files}
    between = {f for folder in folders for f in (folder, *folder.parents) if root in f.parents}
    for folder in sorted(between):
        if files.exists(DiskFiles(root).name(folder / LOCK_FILE)):
            raise InvalidInput(
                f"{folder / LOCK_FILE} is below the root of this project, {root}: nothing that it"
                " remembers would hold, protection included",
                f"move it to {root}; or, if that folder is a project of its own, put a"
                f" {manifest.PROJECT_FILE} there",
            )


def project_at(root: Path) -> Project:
    """The project whose root this is, without its manifests.

    Raises:
        InvalidInput: its project file cannot be used.
    """
    return validate.project(manifest.read_project(DiskFiles(root)), root)
