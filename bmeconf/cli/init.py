"""`init`: a project to begin with, and the recipe for CI."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

import click

from bmeconf.cli.options import ANY_PATH
from bmeconf.cli.streams import StdoutLost, say
from bmeconf.cli.usage import GroupedCommand
from bmeconf.desired import manifest, project_at
from bmeconf.model import counted, path_word, shell_line
from bmeconf.model.errors import InvalidInput
from bmeconf.project import compare_files, scaffold, write_files

NEXT = """
  bmeconf plan --sandbox
  bmeconf apply --sandbox
  bmeconf sandbox serve      # prints an address: schedule the campaign there
  bmeconf drift --sandbox    # says that it was done"""
NEXT_IN_CI = """
  bmeconf help ci            # what the first lines of the recipe ask for, step by step"""
BEGIN_ELSEWHERE = (
    "name an empty folder; to adopt what an account has, see: bmeconf pull --help; to add a recipe"
    " for CI to a project: bmeconf init --ci github"
)


@click.command(cls=GroupedCommand)
@click.argument("folder", default=".", type=ANY_PATH, metavar="[DIR]")
@click.option(
    "--ci",
    type=click.Choice((*scaffold.RECIPES,)),
    help=f"The recipe for CI; by default {scaffold.USUAL_RECIPE}. A folder that has"
    f" {manifest.PROJECT_FILE} already gets the recipe alone.",
)
def init(folder: Path, ci: str | None) -> int:
    """Make a working project, with examples and a CI workflow.

    It works at once with --sandbox. No file is overwritten.

    \b
    bmeconf init
    bmeconf init acme
    bmeconf init --ci gitlab
    """
    recipe = ci or scaffold.USUAL_RECIPE
    if ci and (folder / manifest.PROJECT_FILE).is_file():
        files, next_lines = scaffold.recipe(ci), NEXT_IN_CI
        remedy = "move it away, write the recipe, and bring the two together"
    else:
        files = scaffold.starter_project(date.today(), recipe)
        next_lines, remedy = NEXT, BEGIN_ELSEWHERE
    optional = [path for path in scaffold.OPTIONAL if path in files]
    there = [path for path in optional if os.path.lexists(folder / path)]
    files = {path: text for path, text in files.items() if path not in there}
    remarks = [f"= {path} (there already, left as it is)" for path in there]
    remarks += _unread(folder, scaffold.RECIPES[recipe])
    _refuse_existing(folder, files, remedy)
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
        _tell(folder, files, remarks, next_lines)
    except StdoutLost as lost:
        from bmeconf.cli.console import Console

        Console().let_stand(lost)
    return 0


def _tell(folder: Path, files: Iterable[str], remarks: Iterable[str], next_lines: str) -> None:
    for line in (*(f"+ {path}" for path in files), *remarks):
        say(line)
    enter = "" if folder.resolve() == Path.cwd() else f"\n  cd {shell_line([path_word(folder)])}"
    say(f"\nNext:{enter}{next_lines}")


def _unread(folder: Path, recipe: scaffold.Recipe) -> Iterator[str]:
    """What to do with a recipe that no forge reads where it was written."""
    from bmeconf.baseline import git

    top = git.top_of(folder)
    if recipe.setting and top and top != folder.resolve():
        below = manifest.seen_from(folder.resolve(), top).replace(os.sep, "/")
        setting = f"{recipe.setting}: {shell_line([below])}"
        yield f"! {recipe.path} is read only at the top of the repository:"
        yield f"  move it to {shell_line([str(top)])}, and set `{setting}` {recipe.where}"


def _refuse_existing(folder: Path, files: Mapping[str, str], remedy: str) -> None:
    if os.path.lexists(folder) and not folder.is_dir():
        raise InvalidInput(f"{folder} is no folder", "name a folder, or one that is to be made")
    same, in_the_way = compare_files(folder, files)
    taken = sorted({*same, *in_the_way})
    if taken:
        lines = [f"nothing was written: {counted(len(taken), 'file')} there already"]
        raise InvalidInput(
            "\n".join([*lines, *(f"  {path}" for path in taken)]),
            remedy,
        )
