"""`init`: a project to begin with."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import click

from bmeconf.cli.options import ANY_PATH
from bmeconf.cli.streams import StdoutLost, say
from bmeconf.cli.usage import GroupedCommand
from bmeconf.desired import project_at
from bmeconf.model import counted, path_word, shell_line
from bmeconf.model.errors import InvalidInput
from bmeconf.project import compare_files, scaffold, write_files

NEXT = """
  bmeconf plan --sandbox
  bmeconf apply --sandbox
  bmeconf sandbox serve      # prints an address: schedule the campaign there
  bmeconf drift --sandbox    # says that it was done"""


@click.command(cls=GroupedCommand)
@click.argument("folder", default=".", type=ANY_PATH, metavar="[DIR]")
def init(folder: Path) -> int:
    """Make a working project, with examples and a CI workflow.

    It works at once with --sandbox. No file is overwritten.

    \b
    bmeconf init
    bmeconf init acme
    """
    files = dict(scaffold.starter_project(date.today()))
    there = [path for path in scaffold.OPTIONAL if os.path.lexists(folder / path)]
    files = {path: text for path, text in files.items() if path not in there}
    _refuse_existing(folder, files)
    # One with almost the right name would have every other command refuse the project.
    project_at(folder)
    try:
        write_files(folder, files)
    except OSError as error:
        raise InvalidInput(
            f"{folder} cannot be written: {error.strerror}; nothing was written",
            "name a folder in which this user may write",
        ) from error
    try:
        _tell(folder, files, there)
    except StdoutLost as lost:
        from bmeconf.cli.console import Console

        Console().let_stand(lost)
    return 0


def _tell(folder: Path, files: Iterable[str], there: Iterable[str]) -> None:
    for path in files:
        say(f"+ {path}")
    for path in there:
        say(f"= {path} (there already, left as it is)")
    enter = "" if folder.resolve() == Path.cwd() else f"\n  cd {shell_line([path_word(folder)])}"
    say(f"\nNext:{enter}{NEXT}")


def _refuse_existing(folder: Path, files: Mapping[str, str]) -> None:
    if os.path.lexists(folder) and not folder.is_dir():
        raise InvalidInput(f"{folder} is no folder", "name a folder, or one that is to be made")
    same, in_the_way = compare_files(folder, files)
    taken = sorted({*same, *in_the_way})
    if taken:
        lines = [f"nothing was written: {counted(len(taken), 'file')} there already"]
        raise InvalidInput(
            "\n".join([*lines, *(f"  {path}" for path in taken)]),
            "name an empty folder; to adopt what an account has, see: bmeconf pull --help",
        )
