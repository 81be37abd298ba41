"""A project on disk: its project file, and the manifests that a run was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bmeconf.desired import manifest, validate
from bmeconf.desired.manifest import DiskFiles, Sources
from bmeconf.desired.scope import OtherManifests
from bmeconf.model.errors import InvalidInput
from bmeconf.project import Project


@dataclass(frozen=True)
class ProjectFiles:
    """A project and its manifests under `names`, read but not yet validated.

    `names` are paths from the project's root; the root's own is empty.
    """

    project: Project
    sources: Sources
    names: tuple[str, ...] = ()

    def others(self, variables: Mapping[str, str]) -> OtherManifests:
        """The manifests of the project that this run was not given, as far as they are sound."""
        project = self.project
        if "" in self.names:
            return OtherManifests()
        try:
            sources = manifest.read(DiskFiles(project.root), (), project.manifests or ())
        except InvalidInput:
            return OtherManifests(complete=False)
        desired = validate.desired(sources, variables)
        return OtherManifests(desired.snapshot, not desired.errors)


def read_project_files(paths: Sequence[Path]) -> ProjectFiles:
    """The project file and the manifests under `paths`.

    Raises:
        InvalidInput: there are none, or the project file cannot be used.
    """
    root = manifest.find_root(paths[0])
    project, files = project_at(root), DiskFiles(root)
    names = tuple(files.name(path) for path in paths)
    sources = manifest.read(files, names, project.manifests or ())
    return ProjectFiles(project, sources, names)


def project_at(root: Path) -> Project:
    """The project whose root this is, without its manifests.

    Raises:
        InvalidInput: its project file cannot be used.
    """
    return validate.project(manifest.read_project(DiskFiles(root)), root)
