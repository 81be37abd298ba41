"""What was changed by hand, as an edit of the manifests: proposed as a patch, or made in place."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bmeconf.baseline import git
from bmeconf.cli import stages
from bmeconf.cli.stages import HERE, Comparison
from bmeconf.desired import ProjectFiles, Scope, manifest, read_project_files, validate
from bmeconf.desired.manifest import ChangedFiles
from bmeconf.drift import Adoption, Drift, Read, adopt, patch
from bmeconf.live import Reading
from bmeconf.model.errors import InvalidInput, Stale
from bmeconf.project import on_disk, write_file

BOM = "\ufeff"


@dataclass(frozen=True)
class ManifestEdit:
    """An adoption, with the files as they are on disk: each by its absolute path."""

    adoption: Adoption
    before: Mapping[Path, str]
    after: Mapping[Path, str]

    def write(self) -> None:
        """Write the new texts over the old ones.

        Raises:
            InvalidInput: a file cannot be written; it is as it was, and the message names the
                files that have their new texts already.
        """
        written: list[str] = []
        for path, text in self.after.items():
            try:
                write_file(path, text, path.stat().st_mode & 0o777)
            except OSError as error:
                done = f"; already written: {', '.join(written)}" if written else ""
                message = f"{path} cannot be written: {error.strerror}{done}"
                raise InvalidInput(message) from error
            written.append(str(path))

    def patch(self, root: Path) -> str:
        """The edit as `git diff` writes it, from the top of the repository around `root`."""
        top = git.top_of(root) or root.resolve()
        parts = (
            patch(manifest.seen_from(path, top).replace(os.sep, "/"), self.before[path], text)
            for path, text in sorted(self.after.items())
        )
        return "".join(parts)


def edit_manifests(
    paths: Sequence[Path],
    comparison: Comparison,
    reading: Reading,
    report: Drift,
    look_closer: Callable[[Comparison], tuple[Reading, Drift]],
) -> tuple[ManifestEdit, Drift]:
    """The edit that declares what `report` found to be changed by hand, and all that it found.

    Where something was renamed the account is read once more, beside manifests with the new names,
    and drift is looked for in that as in the first reading: by `look_closer`.

    Raises:
        Stale: the manifests are not those that were compared any more.
    """
    files = read_project_files(paths or (HERE,))
    disk, variables = files.files, comparison.session.account.vars
    # That of the sources alone lacks what made bodies and texts of them.
    if validate.desired(files.sources, variables).digest != comparison.digest:
        raise Stale("the manifests were changed while the account was read")
    named = {text.file for text in files.sources.texts.values() if not text.fault}
    names = {shown: disk.name(Path(on_disk(shown))) for shown in files.sources.files | named}
    contents = disk.read(names.values())
    texts = {
        shown: content.decode("utf-8-sig")
        for shown, name in names.items()
        if isinstance(content := contents[name], bytes)
    }

    def reread(changed: Mapping[str, str]) -> Read:
        new = {names[shown]: text.encode() for shown, text in changed.items()}
        sources = files.read(ChangedFiles(disk, new))
        return Read(sources, validate.desired(sources, variables))

    def look(limited: Scope) -> tuple[Reading, Drift] | None:
        again = stages.beside(comparison, limited)
        return look_closer(again) if again else None

    adoption, whole = adopt(report, reading, files.sources, texts, reread, look)
    before, after = {}, {}
    for shown, text in adoption.texts.items():
        path, content = _real(files, names[shown]), contents[names[shown]]
        before[path] = content.decode() if isinstance(content, bytes) else ""
        after[path] = (BOM if before[path].startswith(BOM) else "") + text
    return ManifestEdit(adoption, before, after), whole


def _real(files: ProjectFiles, name: str) -> Path:
    """The file behind a name: a link stays a link."""
    return Path(os.path.realpath(files.project.root / on_disk(name)))
