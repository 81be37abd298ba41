"""What a command says and where: the product to stdout, the rest to stderr, colour, files.

In: lines with style names, documents. Out: bytes on the two streams, or files that
`--output` named. Nothing here knows what a plan is.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import click

from bmeconf.model.errors import BmeconfError, InvalidInput
from bmeconf.project import can_write
from bmeconf.render import safe
from bmeconf.render.lines import Line

COLOURS = {
    "create": "green",
    "update": "yellow",
    "delete": "red",
    "manual": "cyan",
    "good": "green",
    "warn": "yellow",
    "bad": "red",
}


Product = str | Sequence[Line]
TEXT, GITHUB = "text", "github"
SUMMARY_ROOM = 2**20
"""Bytes that GitHub takes as the summary of one step."""


@dataclass(frozen=True)
class Renderers:
    """How to make the product: by format, and as a summary of a CI step in so many bytes.

    Any of them raises InvalidInput where the product cannot be made in that format.
    """

    by_format: Mapping[str, Callable[[], Product]]
    summary: Callable[[int], str] | None = None


class StdoutLost(BmeconfError):
    """The product cannot be given out."""


@dataclass(frozen=True)
class Console:
    """How this run speaks: `format` for stdout, `outputs` as (format, path) beside it.

    `step_summary` is the file that a GitHub runner shows, where there is one. `account` is the
    one that was asked for by name.
    """

    format: str = TEXT
    outputs: tuple[tuple[str, Path], ...] = ()
    step_summary: Path | None = None
    colour: bool = False
    quiet: bool = False
    verbose: bool = False
    account: str = ""

    def publish(self, renderers: Renderers) -> None:
        """Give out the product: to every file asked for, then to stdout.

        In this order, so that a file that cannot be written is the one thing stdout tells of.
        """
        for format, path in self.outputs:
            _write(path, _text(renderers.by_format[format]()))
        self._summarise(renderers)
        self.product(renderers.by_format[self.format]())

    def publish_failure(self, renderers: Renderers) -> None:
        """Give out a failure where the product would have gone; as text, stderr has it already.

        A pipeline must not find what an earlier run left in a file, so that none keeps it.
        """
        for format, path in self.outputs:
            with contextlib.suppress(InvalidInput):
                _write(path, _text(renderers.by_format[format]()))
        with contextlib.suppress(InvalidInput):
            self._summarise(renderers)
        if self.format != TEXT:
            self.product(renderers.by_format[self.format]())

    def _summarise(self, renderers: Renderers) -> None:
        """Add to the summary of a CI step, in the room that other commands of it have left."""
        asked = {self.format, *(format for format, _ in self.outputs)}
        path = self.step_summary
        if path is None or GITHUB not in asked or renderers.summary is None:
            return
        try:
            used = path.stat().st_size if path.exists() else 0
            told = renderers.summary(max(SUMMARY_ROOM - used, 0))
            with path.open("a", encoding="utf-8") as file:
                file.write(told)
        except OSError as error:
            reason = f"GITHUB_STEP_SUMMARY: {path} cannot be written: {error.strerror}"
            raise InvalidInput(reason, "unset it, or let it name a file") from error

    def product(self, content: Product) -> None:
        """One piece of the product on stdout.

        Raises:
            StdoutLost: where it cannot be written; BrokenPipeError where nobody reads it.
        """
        try:
            if isinstance(content, str):
                sys.stdout.write(content)
            else:
                for line in content:
                    click.echo(self._painted(line, sys.stdout.encoding), color=self.colour)
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            reason = f"standard output cannot be written: {error.strerror}"
            raise StdoutLost(reason, "make room, or send it elsewhere; run plan again") from error

    def tell(self, lines: Iterable[Line]) -> None:
        """What is not the product, on stderr; that nobody reads it stops no run."""
        try:
            for line in lines:
                click.echo(self._painted(line, sys.stderr.encoding), err=True, color=self.colour)
        except OSError:
            abandon(sys.stderr)

    def progress(self, lead: str, line: Line) -> None:
        """One finished piece of long work, on stderr, unless --quiet."""
        if not self.quiet:
            self.tell([Line(lead + line.text, line.style)])

    def note(self, text: str) -> None:
        """A remark on stderr, unless --quiet."""
        if not self.quiet:
            self.tell([Line(safe.line(text))])

    def error(self, error: BmeconfError) -> None:
        """An expected error: what happened, then how to mend it."""
        first, *more = error.message.splitlines() or [""]
        self.tell([Line(safe.line(f"Error: {first}"), "bad")])
        self.tell(Line(safe.line(line)) for line in more)
        if error.remedy:
            self.tell([Line(safe.line(f"  → {error.remedy}"))])

    def trace(self, text: str) -> None:
        """One line of --verbose."""
        if self.verbose:
            self.tell([Line(safe.line(text))])

    def _painted(self, line: Line, encoding: str | None) -> str:
        utf8 = (encoding or "").lower().replace("-", "") == "utf8"
        text = line.text if utf8 else safe.plain_ascii(line.text)
        painted = self.colour and line.style in COLOURS
        return click.style(text, fg=COLOURS[line.style]) if painted else text


def abandon(stream: TextIO) -> None:
    """Lead a stream that cannot be written to nowhere, so that no later flush complains."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def colours(no_color: bool, environ: Mapping[str, str]) -> bool:
    """Whether to colour: a terminal, and nothing that says no (the NO_COLOR convention)."""
    return not no_color and not environ.get("NO_COLOR") and sys.stdout.isatty()


def step_summary(environ: Mapping[str, str]) -> Path | None:
    """The file in which a GitHub runner takes the summary of a step."""
    name = environ.get("GITHUB_STEP_SUMMARY")
    return Path(name) if name else None


def outputs(asked: Sequence[str], known: Sequence[str]) -> tuple[tuple[str, Path], ...]:
    """`--output FORMAT=FILE` options, checked.

    Raises:
        InvalidInput: for an unknown format, or where there is no folder to write to.
    """
    found = []
    for text in asked:
        format, equals, name = text.partition("=")
        if not equals or not name or format not in known:
            raise InvalidInput(
                f"--output {text}: expected FORMAT=FILE", f"formats are: {', '.join(known)}"
            )
        path = Path(name)
        if not can_write(path):
            raise InvalidInput(f"--output {text}: {name} cannot be written", "name a file")
        found.append((format, path))
    return tuple(found)


def writable(asked: Sequence[str], known: Sequence[str]) -> tuple[tuple[str, Path], ...]:
    """Of unchecked `--output` options those that a failure can be written to."""
    found: list[tuple[str, Path]] = []
    for text in asked:
        with contextlib.suppress(InvalidInput):
            found += outputs([text], known)
    return tuple(found)


def _text(content: Product) -> str:
    if isinstance(content, str):
        return content
    return "".join(f"{line.text}\n" for line in content)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from error
