"""What a command says and where: the product to stdout, the rest to stderr, colour, files.

In: lines with style names, documents. Out: bytes on the two streams, or files that
`--output` named. Nothing here knows what a plan is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from bmeconf.errors import BmeconfError, InvalidInput
from bmeconf.report import safe
from bmeconf.report.text import Line

COLOURS = {
    "create": "green",
    "update": "yellow",
    "delete": "red",
    "manual": "cyan",
    "good": "green",
    "warn": "yellow",
    "bad": "red",
}


@dataclass(frozen=True)
class Console:
    """How this run speaks: `format` for stdout, `outputs` as (format, path) beside it."""

    format: str = "text"
    outputs: tuple[tuple[str, Path], ...] = ()
    colour: bool = False
    quiet: bool = False
    verbose: bool = False

    def publish(self, renderers: Mapping[str, Callable[[], str | Sequence[Line]]]) -> None:
        """Give out the product: once to stdout, and once more to every file asked for."""
        self.product(renderers[self.format]())
        for format, path in self.outputs:
            _write(path, _text(renderers[format]()))

    def product(self, content: str | Sequence[Line]) -> None:
        """One piece of the product on stdout."""
        if isinstance(content, str):
            sys.stdout.write(content)
        else:
            for line in content:
                click.echo(self._painted(line, sys.stdout.encoding), color=self.colour)
        sys.stdout.flush()

    def tell(self, lines: Iterable[Line]) -> None:
        """What is not the product, on stderr."""
        for line in lines:
            click.echo(self._painted(line, sys.stderr.encoding), err=True, color=self.colour)

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
        self.tell([Line(safe.line(f"Error: {error.message}"), "bad")])
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


def colours(no_color: bool, environ: Mapping[str, str]) -> bool:
    """Whether to colour: a terminal, and nothing that says no (the NO_COLOR convention)."""
    return not no_color and not environ.get("NO_COLOR") and sys.stdout.isatty()


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
        if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
            raise InvalidInput(f"--output {text}: {name} cannot be written", "name a file")
        found.append((format, path))
    return tuple(found)


def _text(content: str | Sequence[Line]) -> str:
    if isinstance(content, str):
        return content
    return "".join(f"{line.text}\n" for line in content)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from error
