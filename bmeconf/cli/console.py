"""What a command says and where: the product to stdout and `--output` files, the rest to stderr.

Nothing here knows what a plan is.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

import click

from bmeconf import render
from bmeconf.model import Problem
from bmeconf.model.errors import BmeconfError, Bug, InvalidInput
from bmeconf.project import can_write, write_file
from bmeconf.render import FORMATS, GITHUB, TEXT, Line, Page, Product, safe_line

COLOURS = {
    "create": "green",
    "update": "yellow",
    "delete": "red",
    "manual": "cyan",
    "good": "green",
    "warn": "yellow",
    "bad": "red",
}
SUMMARY_ROOM = 2**20
"""Bytes that GitHub takes as the summary of one step."""

Lines = Sequence[Line]
Document = Callable[[int, BmeconfError | None], Mapping[str, Any]]
"""Makes the JSON of a run that ends with this exit code, for this error."""


class StdoutLost(BmeconfError):
    """Standard output cannot be written."""


@dataclass(frozen=True)
class Console:
    """How this run speaks: `format` for stdout, `outputs` as (format, path) beside it.

    `account` is the account that the options name.
    """

    format: str = TEXT
    outputs: tuple[tuple[str, Path], ...] = ()
    no_color: bool = False
    quiet: bool = False
    verbose: bool = False
    account: str = ""

    @cached_property
    def colour(self) -> bool:
        """True for a terminal, unless something says no (the NO_COLOR convention)."""
        return not (self.no_color or os.environ.get("NO_COLOR")) and sys.stdout.isatty()

    def publish(
        self,
        page: Page,
        document: Document,
        code: int = 0,
        error: BmeconfError | None = None,
        *,
        stands: bool = False,
        on_stderr: bool = False,
    ) -> int:
        """Give out a page and its document in every format asked for; return the exit code.

        All formats are rendered before anything is written, and all files are written before
        anything is printed. A product that does not fit in a format, or a file that cannot be
        written, makes the run end as invalid, and all else is given out with that end. If the
        end `stands`, an exit code that is not 0 stays, and a lost stdout (see `product`) raises
        nothing. `on_stderr`: stderr has what the text says, so that stdout stays empty.
        """
        product = Product(page, document(code, error))
        contents, lost = self._rendered(product)
        lost = lost or self._write(contents) or self._summarise(product)
        if lost:
            from bmeconf.render import page as pages

            code = code if stands and code else lost.exit_code
            shown = pages.with_error(page, lost)
            product = Product(shown, document(code, error if stands and error else lost))
            contents, _ = self._rendered(product)
            # What was written before tells of another end.
            self._write(contents)
            self._summarise(product)
        try:
            if not (on_stderr and self.format == TEXT):
                self.product(contents[self.format])
        except (BrokenPipeError, StdoutLost) as gone:
            if not stands:
                raise
            abandon(sys.stdout)
            code = code or BmeconfError.exit_code
            if isinstance(gone, StdoutLost):
                self.error(gone)
        if lost:
            self.error(lost)
        return code

    def _rendered(self, product: Product) -> tuple[Mapping[str, Lines], InvalidInput | None]:
        """The product by format; a failure in each in which it cannot be made, and the reason."""
        contents: dict[str, Lines] = {}
        reason = None
        for format in {self.format, *(format for format, _ in self.outputs)}:
            try:
                contents[format] = render.rendered(product, format)
            except InvalidInput as error:
                reason = reason or error
                contents[format] = render.rendered(render.unfit(product, error), format)
        return contents, reason

    def _write(self, contents: Mapping[str, Lines]) -> InvalidInput | None:
        """Write every file that can be written; why the first of the others cannot."""
        reason = None
        for format, path in self.outputs:
            try:
                _put(path, "".join(f"{line.text}\n" for line in contents[format]))
            except OSError as error:
                reason = reason or InvalidInput(f"{path} cannot be written: {error.strerror}")
        return reason

    def _summarise(self, product: Product) -> InvalidInput | None:
        """Add to the summary of a CI step, in the room that other commands of it have left."""
        name = os.environ.get("GITHUB_STEP_SUMMARY")
        if not name or GITHUB not in {self.format, *(format for format, _ in self.outputs)}:
            return None
        from bmeconf.render import markdown

        path = Path(name)
        try:
            used = path.stat().st_size if path.exists() else 0
            text = markdown.render(product.page, max(SUMMARY_ROOM - used, 0))
            with path.open("a", encoding="utf-8") as file:
                file.write(text)
        except InvalidInput as error:
            return error
        except OSError as error:
            reason = f"GITHUB_STEP_SUMMARY: {path} cannot be written: {error.strerror}"
            return InvalidInput(reason, "unset it, or let it name a file")
        return None

    def product(self, lines: Lines) -> None:
        """Print one piece of the product on stdout.

        Raises:
            StdoutLost: if it cannot be written; BrokenPipeError if nobody reads it.
        """
        try:
            for line in lines:
                click.echo(self._painted(line, sys.stdout.encoding), color=self.colour)
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            reason = f"standard output cannot be written: {error.strerror}"
            raise StdoutLost(reason, "make room, or send it elsewhere; run plan again") from error

    def tell(self, lines: Iterable[Line]) -> None:
        """Print on stderr; a stderr that nobody reads stops no run."""
        try:
            for line in lines:
                click.echo(self._painted(line, sys.stderr.encoding), err=True, color=self.colour)
        except OSError:
            abandon(sys.stderr)

    def note(self, text: str, style: str = "") -> None:
        """One line on stderr, unless --quiet."""
        if not self.quiet:
            self.tell([Line(safe_line(text), style)])

    def progress(self, text: str) -> None:
        """A note on long work, if a person is watching."""
        if sys.stderr.isatty():
            self.note(text)

    def warn(self, text: str) -> None:
        self.tell(render.wrapped(f"Warning: {text}", style="warn"))

    def problems(self, problems: Iterable[Problem]) -> None:
        from bmeconf.render import page, text

        self.tell(text.place_line(page.problem_item(problem)) for problem in problems)

    def warnings(self, problems: Iterable[Problem]) -> None:
        """The problems of manifests that are no errors, unless --quiet."""
        if not self.quiet:
            self.problems(problem for problem in problems if problem.level != "error")

    def error(self, error: BmeconfError) -> None:
        """An error on stderr, then its remedy; a bug's traceback before it."""
        if isinstance(error, Bug):
            traceback.print_exception(error.__cause__)
        first, *more = error.message.splitlines() or [""]
        self.tell([Line(safe_line(f"Error: {first}"), "bad")])
        self.tell(Line(safe_line(line)) for line in more)
        if error.remedy:
            self.tell([Line(safe_line(f"  → {error.remedy}"))])

    def trace(self, text: str) -> None:
        """One line of --verbose."""
        if self.verbose:
            self.tell([Line(safe_line(text))])

    def _painted(self, line: Line, encoding: str | None) -> str:
        utf8 = (encoding or "").lower().replace("-", "") == "utf8"
        text = line.text if utf8 else render.plain_ascii(line.text)
        painted = self.colour and line.style in COLOURS
        return click.style(text, fg=COLOURS[line.style]) if painted else text


def abandon(stream: TextIO) -> None:
    """Lead a stream that cannot be written to nowhere, so that no later flush complains."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def outputs(options: Sequence[str]) -> tuple[tuple[str, Path], ...]:
    """`--output FORMAT=FILE` options, or InvalidInput for a format or file that cannot be."""
    checked = []
    for option in options:
        format, _, name = option.partition("=")
        if not name or format not in FORMATS:
            raise InvalidInput(
                f"--output {option}: expected FORMAT=FILE", f"formats are: {', '.join(FORMATS)}"
            )
        path = Path(name)
        if not can_write(path):
            raise InvalidInput(f"--output {option}: {name} cannot be written", "name a file")
        checked.append((format, path))
    return tuple(checked)


def _put(path: Path, text: str) -> None:
    """Write a file atomically, where its link leads; what is no file of its own, in its place."""
    # A device or a pipe must not be replaced by a file, nor what a stream of this process is open
    # on (`/dev/stdout`), which also has no other name where it is a pipe.
    of_process = any(path.absolute().is_relative_to(folder) for folder in ("/dev", "/proc"))
    if of_process or (path.exists() and not path.is_file()):
        path.write_text(text, encoding="utf-8")
        return
    target = path.resolve()
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666
    try:
        write_file(target, text, mode)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        # A file that a container was given by itself cannot be replaced.
        target.write_text(text, encoding="utf-8")
