"""What a command says and where: the product to stdout and `--output` files, the rest to stderr.

Nothing here knows what a plan is.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import click

from bmeconf import render
from bmeconf.cli.live_line import LiveLine
from bmeconf.cli.outputs import Outputs, put, refuse_same
from bmeconf.cli.redaction import Redaction
from bmeconf.cli.streams import ReaderGone, StdoutLost, columns, is_unicode, say
from bmeconf.cli.timings import Timings
from bmeconf.model import Problem
from bmeconf.model.errors import BmeconfError, Bug, InvalidInput
from bmeconf.render import GITHUB, TEXT, Line, Page, Product, forge_url, linked, safe_line

COLOURS = {
    "create": "green",
    "update": "yellow",
    "delete": "red",
    "manual": "cyan",
    "good": "green",
    "warn": "yellow",
    "bad": "red",
}
MARKUP = ("html", "junit")
SUMMARY_ROOM = 2**20
"""Bytes that GitHub takes as the summary of one step."""

Contents = Mapping[str, Sequence[Line]]
"""A product by format."""
WIDEST = 100
"""Columns of a terminal that text uses: longer lines are hard to read."""
AT_ONCE = 1000
"""Lines that are written together."""
Document = Callable[[int, BmeconfError | None], Mapping[str, Any]]
"""Makes the JSON of a run that ends with this exit code, for this error."""


class Report(NamedTuple):
    """A page and its document, as a run ends with them.

    `stands`: the end stays as it is if the report is lost; `changed`: since files were changed.
    """

    page: Page
    document: Document
    code: int
    error: BmeconfError | None
    stands: bool
    changed: bool


@dataclass(frozen=True)
class Console:
    """How this run speaks: `format` for stdout, `outputs` as (format, path) beside it.

    `account` is the account that the options name. Where `kept` is a list, this is the run on one
    account of several, and its report goes there. All that is said and written goes through the
    `redaction` twice: before it is laid out, and as it goes out.
    """

    format: str = TEXT
    outputs: Outputs = ()
    no_color: bool = False
    quiet: bool = False
    verbose: bool = False
    account: str = ""
    timings: Timings = field(default_factory=Timings)
    live: LiveLine = field(default_factory=LiveLine)
    kept: list[Report] | None = None
    redaction: Redaction = field(default_factory=Redaction)
    spared: set[Path] = field(default_factory=set)
    """Outputs that turned out to be files of the project, and are not written."""

    def spare(self, files: Iterable[Path], what: str) -> None:
        """Keep `files` from being written over; InvalidInput where an output is one of them."""
        files = [*files]
        for format, path in self.outputs:
            try:
                refuse_same(f"--output {format}={path}", path, files, what)
            except InvalidInput:
                self.spared.add(path)
                raise

    def colour(self, stream: TextIO) -> bool:
        """True for a terminal that can, unless NO_COLOR says no; FORCE_COLOR says yes."""
        if self.no_color or os.environ.get("NO_COLOR"):
            return False
        forced = os.environ.get("FORCE_COLOR", "")
        if forced:
            return forced != "0"
        return stream.isatty() and os.environ.get("TERM") != "dumb"

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
        written, makes the run end as invalid, and all else is given out with that end; a lost
        stdout raises StdoutLost. If the end `stands`, as where an account or files were changed,
        each of these is a warning instead. `on_stderr`: stderr has what the text says, so that
        stdout stays empty.
        """
        page, shown = self.redaction.page(page), self.redaction.document
        if self.kept is not None:
            changed = stands and not on_stderr
            self.kept.append(Report(page, document, code, error, stands, changed))
            return code
        self.timings.stage("showing")
        # The working directory may be gone.
        with contextlib.suppress(FileNotFoundError):
            page = linked(page, forge_url(os.environ, os.getcwd()))
        product = Product(page, shown(document(code, error)))
        contents, lost = self._rendered(product)
        lost = lost or self._write(contents)
        if lost and not stands:
            from bmeconf.render import page as pages

            code, error = lost.exit_code, lost
            product = Product(pages.with_error(page, lost), shown(document(code, lost)))
            contents, _ = self._rendered(product)
            # What was written before tells of another end.
            self._write(contents)
        self._summarise(product)
        try:
            if not (on_stderr and self.format == TEXT):
                self.product(contents[self.format])
        except StdoutLost as gone:
            if not stands:
                raise
            self.let_stand(gone)
        if lost and stands:
            self.let_stand(lost)
        elif lost:
            self.error(lost)
        return code

    def let_stand(self, lost: BmeconfError) -> None:
        """Warn that a part of the report is lost: what was done is done."""
        # A reader who left has had enough.
        if not isinstance(lost, ReaderGone):
            self.warn(f"{lost.message}. The exit code is that of the run itself.")

    def _rendered(self, product: Product) -> tuple[Contents, InvalidInput | None]:
        """The product by format; a failure in each in which it cannot be made, and the reason."""
        contents: dict[str, Sequence[Line]] = {}
        reason, width = None, min(columns(sys.stdout), WIDEST)
        for format in {self.format, *(format for format, _ in self.outputs)}:
            try:
                contents[format] = render.rendered(product, format, width)
            except InvalidInput as error:
                reason = reason or error
                contents[format] = render.rendered(render.unfit(product, error), format)
        return contents, reason

    def _write(self, contents: Contents) -> InvalidInput | None:
        """Write every file that can be written; why the first of the others cannot."""
        reason = None
        for format, path in self.outputs:
            if path in self.spared:
                continue
            try:
                put(
                    path,
                    "".join(f"{self.redaction.text(line.text)}\n" for line in contents[format]),
                )
            except OSError as error:
                reason = reason or InvalidInput(f"{path} cannot be written: {error.strerror}")
        return reason

    def _summarise(self, product: Product) -> None:
        """Add to the summary of a CI step, in the room that other commands of it have left.

        It is not asked for by an option: where it cannot be written, that is a warning.
        """
        name = os.environ.get("GITHUB_STEP_SUMMARY")
        if not name or GITHUB not in {self.format, *(format for format, _ in self.outputs)}:
            return
        from bmeconf.render import markdown

        path = Path(name)
        try:
            used = path.stat().st_size if path.exists() else 0
            text = markdown.render(product.page, max(SUMMARY_ROOM - used, 0))
            with path.open("a", encoding="utf-8") as file:
                file.write(self.redaction.text(text))
        except InvalidInput as error:
            self.warn(f"GITHUB_STEP_SUMMARY: {error.message}; it was not written.")
        except OSError as error:
            self.warn(f"GITHUB_STEP_SUMMARY: {path} cannot be written: {error.strerror}.")

    def product(self, lines: Iterable[Line]) -> None:
        """Print one piece of the product on stdout; raises StdoutLost."""
        if self.format in MARKUP and not is_unicode(sys.stdout.encoding):
            # A file that says it is UTF-8, as which ASCII passes.
            lines = (Line(_ascii_markup(line.text), line.style) for line in lines)
        self._say(lines, sys.stdout)

    def tell(self, lines: Iterable[Line]) -> None:
        """Print on stderr; a stderr that nobody reads stops no run."""
        self._say(lines, sys.stderr)

    def note(self, text: str, style: str = "") -> None:
        """One line on stderr, unless --quiet."""
        if not self.quiet:
            self.tell([Line(safe_line(self.redaction.text(text)), style)])

    @property
    def watched(self) -> bool:
        """True where a person follows the run on a terminal that can rewrite a line."""
        terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        return terminal and not self.quiet

    def show(self, parts: Sequence[str]) -> None:
        """Rewrite the live line of a terminal: the first of `parts`, and others that fit."""
        self.live.show([*map(self.redaction.text, parts)], sys.stderr)

    def end_progress(self) -> None:
        """Erase the live line for good."""
        self.live.end(sys.stderr)

    def confirm(self, question: str) -> bool:
        with self.live.apart(sys.stderr):
            return click.confirm(question, err=True)

    def warn(self, text: str) -> None:
        self.tell(render.wrapped(f"Warning: {self.redaction.message(text)}", style="warn"))

    def problems(self, problems: Iterable[Problem]) -> None:
        from bmeconf.render import page, text

        items = (self.redaction.item(page.problem_item(problem)) for problem in problems)
        self.tell(map(text.place_line, items))

    def warnings(self, problems: Iterable[Problem]) -> None:
        """The problems of manifests that are no errors, unless --quiet."""
        if not self.quiet:
            self.problems(problem for problem in problems if problem.level != "error")

    def error(self, error: BmeconfError) -> None:
        """An error on stderr, then its remedy; a bug's traceback before it."""
        if isinstance(error, ReaderGone):
            return
        if isinstance(error, Bug):
            told = "".join(traceback.format_exception(error.__cause__))
            self.tell(map(Line, self.redaction.message(told).splitlines()))
        first, *more = self.redaction.message(error.message).splitlines() or [""]
        label = "Error" if self.kept is None else f"Error ({self.account})"
        self.tell([Line(safe_line(f"{label}: {first}"), "bad")])
        self.tell(Line(safe_line(line)) for line in more)
        if error.remedy:
            self.tell([Line(safe_line(f"  → {self.redaction.message(error.remedy)}"))])

    def trace(self, text: str) -> None:
        """One line of --verbose."""
        if self.verbose:
            self.tell([Line(safe_line(self.redaction.text(text)))])

    def _say(self, lines: Iterable[Line], stream: TextIO) -> None:
        ahead, colour = iter(lines), self.colour(stream)
        while some := [*islice(ahead, AT_ONCE)]:
            text = "\n".join(self._painted(line, colour) for line in some)
            with self.live.apart(sys.stderr):
                say(text, stream)

    def _painted(self, line: Line, colour: bool) -> str:
        text = self.redaction.text(line.text)
        return (
            click.style(text, fg=COLOURS[line.style]) if colour and line.style in COLOURS else text
        )


def _ascii_markup(text: str) -> str:
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
