"""`show`: a saved plan again; and how plans are saved, for their owner only, and read back."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from bmeconf.cli.console import Console
from bmeconf.cli.options import ANY_PATH, Options, account_label, apply_command, offline
from bmeconf.cli.outputs import refuse_place
from bmeconf.cli.usage import GroupedCommand
from bmeconf.desired import manifest
from bmeconf.desired.manifest import PROJECT_FILE
from bmeconf.model import SIMULATED
from bmeconf.model.errors import InvalidInput, masked
from bmeconf.plan import Plan, decode, encode, guard
from bmeconf.project import LOCK_FILE, WORK_FOLDER, can_write, read_file, write_file
from bmeconf.render import documents, page

START = 4096
"""Bytes of a file that tell whether it is a plan."""


@click.command(cls=GroupedCommand)
@click.argument("file", type=ANY_PATH, metavar="PLAN")
@offline
def show(options: Options, console: Console, file: Path) -> int:
    """Show a saved plan again, in any format; sends nothing.

    \b
    bmeconf show plan.json
    bmeconf show plan.json --format json
    """
    plan, _ = load(file)
    console.redaction.learn(plan)
    refusal = guard.refusal(plan)
    words = ["--sandbox"] if plan.account.base_url == SIMULATED else []
    words += ["--account", plan.account.name] if plan.account.name else []
    command = "" if refusal else apply_command(plan, (file,), words)
    return console.publish(
        page.of_plan(plan, account_label(plan.account.name, plan.account.base_url), command),
        lambda code, error: encode.plan(plan, code, error),
        0,
        refusal,
    )


def make_room(path: Path) -> None:
    """Delete the plan of an earlier run, so that none is left if this run fails.

    Raises:
        InvalidInput: where a plan cannot be written there, or something else stands there.
    """
    refuse_place(f"--save-plan {path}", path)
    if not can_write(path):
        raise InvalidInput(
            f"--save-plan {path}: cannot be written", "name a file in a folder that is"
        )
    if not os.path.lexists(path):
        return
    start = b""
    try:
        if path.is_file():
            with path.open("rb") as file:
                start = file.read(START).lstrip()
    except OSError as error:
        raise InvalidInput(f"--save-plan {path}: cannot be read: {error.strerror}") from error
    if not (start.startswith(b"{") and b'"bmeconf.plan/' in start):
        raise InvalidInput(
            f"--save-plan {path}: there is a file of that name, and it is no plan",
            "choose another name, or remove that file yourself",
        )
    path.unlink()


def save(path: Path, plan: Mapping[str, Any]) -> None:
    """Write a plan document, readable by its owner only: it has the values to be written.

    Raises:
        InvalidInput: where it cannot be written, or would carry what looks like a key.
    """
    plain = json.dumps(plan)
    if masked(plain) != plain:
        raise InvalidInput(
            f"--save-plan {path}: something in this plan looks like an API key;"
            " a plan never holds one",
            "see the plan without --save-plan; replace the key, and remove it from the"
            " account's data",
        )
    try:
        write_file(path, documents.text(plan))
    except OSError as error:
        raise InvalidInput(f"--save-plan {path}: cannot be written: {error.strerror}") from error


def load(path: Path) -> tuple[Plan, Mapping[str, Any]]:
    """A saved plan, and the document it is in.

    Raises:
        InvalidInput: where the file cannot be read, is no plan, or was edited.
    """
    try:
        text = read_file(path).decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not a saved plan: it is not text") from error
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be read as a plan: {error.strerror}",
            "give a file that `bmeconf plan --save-plan FILE` wrote",
        ) from error
    saved = decode.read(text, str(path))
    return decode.of(saved, str(path)), saved


def root_of(path: Path, plan: Plan) -> Path:
    """The root of a saved plan's project: as recorded, seen from the plan; else found from here."""
    known = path.absolute().parent / plan.source.root
    if any((known / name).exists() for name in (PROJECT_FILE, LOCK_FILE, WORK_FOLDER)):
        return known.resolve()
    return manifest.find_root(Path("."))
