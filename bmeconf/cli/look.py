"""`ci plan` and `ci drift`: a command on the account that leaves its files for the next jobs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from bmeconf.cli import pipeline
from bmeconf.cli.console import Console
from bmeconf.cli.failure import guarded
from bmeconf.cli.options import ANY_PATH
from bmeconf.cli.pipeline import on_github, step
from bmeconf.cli.streams import say
from bmeconf.model.errors import InvalidInput

PASSED_ON = {"ignore_unknown_options": True}
TO = click.option(
    "--to", type=ANY_PATH, required=True, metavar="DIR", help="The folder for the files."
)
WORDS = click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[WORD]...")
PLANNED = (0, 2)
"""How `plan --detailed-exitcode` ends where there is a plan to go on with."""


class Left:
    """What a command left in a folder for later steps and jobs: a report, its exit code, a plan."""

    def __init__(self, folder: Path, command: str) -> None:
        self.plan = folder / "plan.json"
        self.report, self._code = (folder / f"{command}.{end}" for end in ("md", "code"))
        self.more = folder / f"{command}.{'annotations' if on_github() else 'xml'}"

    @property
    def code(self) -> int:
        """How the command ended; as invalid where it did not get so far."""
        if not self._code.is_file():
            return InvalidInput.exit_code
        text = pipeline.text(self._code).strip()
        if not text.isdecimal():
            raise InvalidInput(f"{self._code} holds no exit code", "let `ci` write it")
        return int(text)

    def begin(self) -> None:
        """Make the folder, without these files."""
        try:
            self.plan.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"{self.plan.parent} cannot be used: {error.strerror}"
            raise InvalidInput(message, "name another folder") from error
        for file in (self.plan, self.report, self._code, self.more):
            pipeline.remove(file)

    def end(self, code: int) -> None:
        pipeline.write(self._code, f"{code}\n")


@click.command("plan", context_settings=PASSED_ON)
@TO
@WORDS
@step
def plan(to: Path, words: Sequence[str]) -> int:
    """Plan as `bmeconf plan` does; a plan with steps is no failure.

    It takes the words of `bmeconf plan`. The folder then has plan.json for `apply`, and the
    report and the exit code for `ci comment`.

    \b
    bmeconf ci plan --to planned --redact
    """
    code = planned(words, to)
    return 0 if code in PLANNED else code


@click.command("drift", context_settings=PASSED_ON)
@TO
@WORDS
@step
def drift(to: Path, words: Sequence[str]) -> int:
    """Look for drift as `bmeconf drift` does, and end as it does.

    It takes the words of `bmeconf drift`. The folder then has the report and the exit code for
    `ci issue`.

    \b
    bmeconf ci drift --to drifted --redact
    """
    return drifted(words, to)


def planned(words: Sequence[str], folder: Path) -> int:
    """Plan, and leave the saved plan in a folder too; the exit code of `plan`."""
    saved = ["--detailed-exitcode", "--save-plan", str(Left(folder, "plan").plan)]
    return _looked("plan", [*saved, *words], folder)


def drifted(words: Sequence[str], folder: Path) -> int:
    """Look for drift; the exit code of `drift`."""
    return _looked("drift", words, folder)


def ran(name: str, words: Sequence[str]) -> int:
    """The exit code of another command, which reports its errors itself."""
    root = click.get_current_context().find_root()
    group = root.command
    assert isinstance(group, click.Group)

    def done() -> int:
        command = group.get_command(root, name)
        assert command is not None
        with command.make_context(name, [*words], parent=root) as context:
            code: int = command.invoke(context)
            return code

    return guarded(Console, name, done)


def _looked(name: str, words: Sequence[str], folder: Path) -> int:
    """Run a command; its report and its exit code stay in a folder.

    On GitHub the format `github` adds the report to the summary of the run, and its lines, said
    here, become annotations.
    """
    left, format = Left(folder, name), "github" if on_github() else "junit"
    left.begin()
    outputs = [f"--output=markdown={left.report}", f"--output={format}={left.more}"]
    code = ran(name, [*outputs, *words])
    left.end(code)
    pipeline.outputs(**{"exit-code": str(code)})
    if on_github() and left.more.is_file():
        say(pipeline.text(left.more).rstrip("\n"))
    return code
