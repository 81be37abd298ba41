"""Pictures that are files of the project, as addresses that nothing has to be asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bmeconf.desired import ProjectFiles
from bmeconf.desired.manifest import Items, Scalar, at
from bmeconf.kinds import Mailing, only
from bmeconf.model import Resource
from bmeconf.preview.pictures import Embedded, data_url
from bmeconf.project import on_disk, read_file

TYPES = {
    **{suffix: f"image/{suffix[1:]}" for suffix in (".png", ".gif", ".webp", ".jpeg")},
    ".jpg": "image/jpeg",
    ".svg": "image/svg+xml",
}
MOST_BYTES = 2_000_000


@dataclass(frozen=True)
class ProjectPictures:
    """Finds the pictures of campaigns in the files of a project, from the folder of each body."""

    files: ProjectFiles

    def __call__(self, campaign: Resource) -> Embedded:
        folder, root = self._folder(campaign), os.path.realpath(self.files.project.root)

        def embedded(address: str) -> str:
            try:
                parts = urlsplit(address)
            except ValueError:
                return ""
            if parts.scheme or parts.netloc or not parts.path.strip("/"):
                return ""
            try:
                path = Path(os.path.realpath(folder / on_disk(unquote(parts.path))))
                type = TYPES.get(path.suffix.lower())
                inside = path.is_relative_to(root)
                content = read_file(path, MOST_BYTES + 1) if type and inside else b""
            except (OSError, ValueError):
                return ""
            return data_url(type, content) if type and 0 < len(content) <= MOST_BYTES else ""

        return embedded

    def _folder(self, campaign: Resource) -> Path:
        """The folder that the body's addresses are relative to."""
        place = campaign.intent.place
        if place is None:
            return self.files.project.root
        sources = self.files.sources
        for tree in (tree for tree in sources.documents if tree.place.file == place.file):
            listed = at(tree, (only(Mailing).name,))
            for entry in listed.items if isinstance(listed, Items) else ():
                if entry.place == place:
                    for key in ("file", "mjml"):
                        named = at(entry, ("body", key))
                        text = sources.texts.get((place.file, getattr(named, "text", "")))
                        if isinstance(named, Scalar) and text:
                            return Path(on_disk(text.file)).parent
        return Path(on_disk(place.file)).parent
