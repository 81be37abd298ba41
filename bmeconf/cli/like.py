"""`sandbox serve --like FILE`: what `probe` found out of a real account -> switches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bmeconf.cli.console import Console
from bmeconf.desired import manifest
from bmeconf.model import PROBE_FORMAT, first_of
from bmeconf.model.errors import InvalidInput
from bmeconf.project import read_file

if TYPE_CHECKING:
    from bmeconf.sandbox import Switches

MOST_BYTES = 1_000_000
MOST_NAMED = 5
REMEDY = "give a file that `bmeconf probe --output json=FILE` wrote, as it was written"


def switched(usual: Switches, path: Path, console: Console) -> Switches:
    """`usual`, with the values of the switches in the document of a probe.

    Of a limit that a probe did not reach, the largest value that it tried counts. A switch that
    this version does not know is a warning.

    Raises:
        InvalidInput: the file cannot be read, is no such document, or a value is none.
    """
    text = _text(path)
    found, unknown = usual, []
    for name, value in _switches(path, text).items():
        if name not in usual.as_dict():
            unknown.append(name)
            continue
        try:
            found = found.changed({name: value})
        except ValueError as error:
            place = _place(path, text, "switches", name)
            raise InvalidInput(f"{place}: {error}", REMEDY) from error
    if unknown:
        place, names = _place(path, text, "switches", unknown[0]), first_of(unknown, MOST_NAMED)
        console.warn(f"{place}: left out, since this version has no such switch: {names}")
    return found


def _text(path: Path) -> str:
    try:
        content = read_file(path, MOST_BYTES + 1)
        text = content.decode(json.detect_encoding(content))
    except FileNotFoundError as error:
        whole = manifest.absolute(path)
        hint = manifest.near(manifest.DiskFiles(whole.parent), whole.name)
        raise InvalidInput(f"--like {path}: there is no such file{hint}", REMEDY) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InvalidInput(f"--like {path}: cannot be read: {reason}", REMEDY) from error
    if len(content) > MOST_BYTES:
        most = f"{MOST_BYTES / 1e6:.0f} MB"
        raise InvalidInput(f"--like {path}: larger than {most}, so no probe's", REMEDY)
    return text


def _switches(path: Path, text: str) -> Mapping[str, Any]:
    """The switches in the document of a probe."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{path}:{error.lineno}:{error.colno}"
        raise InvalidInput(f"{place}: not JSON: {error.msg}", REMEDY) from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path}: not JSON that can be read: {error}", REMEDY) from error
    format = document.get("format") if isinstance(document, dict) else None
    if format != PROBE_FORMAT:
        place, named = _place(path, text, "format"), json.dumps(format) if format else "missing"
        raise InvalidInput(f"{place}: format is {named}, not {PROBE_FORMAT}", REMEDY)
    switches = document.get("switches")
    if not isinstance(switches, dict):
        place = _place(path, text, "switches")
        told = "switches is no object: " if "switches" in document else "has no switches: "
        raise InvalidInput(f"{place}: {told}the probe has found out nothing", REMEDY)
    return switches


def _place(path: Path, text: str, *keys: str) -> str:
    """The place of the value under `keys`, or of what is there on the way to it."""
    trees, _ = manifest.trees(text, str(path))
    return str(manifest.at(trees[0], keys).place) if trees else str(path)
