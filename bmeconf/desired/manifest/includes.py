"""The files that MJML texts include, and those that these include."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from bmeconf.desired.manifest.files import Files
from bmeconf.desired.manifest.texts import Named, Text, read_named

INCLUDING = "<mj-include"
MOST = 500
"""Includes that are read: through links, a file can go on including itself by other names."""
BY = "the including file"


def read_included(
    files: Files, texts: Mapping[Named, Text]
) -> tuple[Mapping[tuple[str, str], Text], Mapping[str, bytes | OSError]]:
    """All that is included in the texts of named files, however many files lie between.

    The texts are by the file that includes them, and the path as written there; beside them is the
    content of each file that was read, by its name.
    """
    found: dict[tuple[str, str], Text] = {}
    contents: dict[str, bytes | OSError] = {}
    ahead = [(named, text) for named, text in texts.items() if INCLUDING in text.text]
    if not ahead:
        return found, contents
    # Loaded here: few projects include anything.
    from bmeconf import mail

    while ahead:
        wanted: dict[tuple[str, str], Named] = {}
        for named, text in ahead:
            folder = posixpath.dirname(named.name)
            for include in mail.includes(text.text):
                key = text.file, include.path
                if key not in found and len(found) + len(wanted) < MOST:
                    wanted[key] = Named(folder, include.path, BY)
        read, more = read_named(files, wanted.values())
        found |= {key: read[named] for key, named in wanted.items()}
        contents |= more
        ahead = [(named, read[named]) for named in wanted.values()]
    return found, contents
