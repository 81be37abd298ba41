"""Commands in processes of their own: their time, their memory and what they print."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = """\
import json, os, sys, time
report, *command = sys.argv[1:]
began = time.perf_counter()
child = os.posix_spawnp(command[0], command, os.environ)
_, status, used = os.wait4(child, 0)
wall = time.perf_counter() - began
unit = 2**20 if sys.platform == "darwin" else 2**10
with open(report, "w") as file:
    cpu = used.ru_utime + used.ru_stime
    code = os.waitstatus_to_exitcode(status)
    json.dump({"wall": wall, "cpu": cpu, "peak": used.ru_maxrss / unit, "code": code}, file)
"""
"""A small process between: a child has at least the peak of whoever starts it."""
SHOWN = 4000
"""Characters of the output of a command that failed."""


class Failed(Exception):
    """A command that did not do its work; the message has its output."""


@dataclass(frozen=True)
class Run:
    """What one command took: `wall` and `cpu` in seconds, `peak` in MiB, and its API requests.

    `cpu` and `peak` are those of the command and what it started.
    """

    wall: float
    cpu: float
    peak: float
    requests: int | None = None


def run(
    command: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    expected: str,
    timeout: float = 1800,
) -> Run:
    """Run a command to its end, with nothing but `environ` in its environment.

    Raises:
        Failed: it ended with another code than 0, not in time, or without `expected` in its output.
    """
    words = " ".join(command)
    with tempfile.TemporaryDirectory() as work:
        report, output = Path(work, "report"), Path(work, "output")
        launch = [sys.executable, "-I", "-S", "-c", LAUNCHER, str(report), *command]
        with output.open("wb") as stream:
            try:
                subprocess.run(
                    launch,
                    cwd=folder,
                    env=environ,
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                    timeout=timeout,
                    check=True,
                )
            except subprocess.SubprocessError as error:
                raise Failed(f"{words}\n{error}\n{_end(output)}") from error
        taken = json.loads(report.read_text())
        if code := taken.pop("code"):
            raise Failed(f"{words}\nended with {code}\n{_end(output)}")
        if expected not in output.read_text(encoding="utf-8", errors="replace"):
            raise Failed(f"{words}\ndid not print: {expected}\n{_end(output)}")
    return Run(**taken)


def _end(output: Path) -> str:
    return output.read_text(encoding="utf-8", errors="replace")[-SHOWN:]
