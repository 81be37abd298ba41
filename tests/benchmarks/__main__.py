"""How long a plan takes, and how much memory: bmeconf, and octoDNS beside it. See README.md."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import octodns, results
from tests.benchmarks.jobs import Bench, Task
from tests.benchmarks.process import Failed, Run

BUSY = 0.5
"""Processes that wanted a core in the last minute, per core, above which a machine is not idle."""


def main(arguments: Sequence[str]) -> int:
    """Measure what the options ask for; 1 where a command failed, with its output."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    options.add_argument("--sizes", type=int, nargs="*", default=[10, 1000, 10_000], metavar="N")
    options.add_argument("--drafts", type=int, default=500, metavar="N", help="0 for none")
    options.add_argument("--mails", type=int, default=500, metavar="N", help="0 for none")
    options.add_argument("--delay", type=float, default=0.3, help="seconds; 0 for no such job")
    options.add_argument("--rounds", type=int, default=5, help="so many are counted, after one")
    options.add_argument("--without-octodns", action="store_true")
    options.add_argument("--octodns", type=Path, metavar="FOLDER", help="its environment, to keep")
    options.add_argument("--out", type=Path, metavar="FOLDER", help="for a table, JSON and a plot")
    given = options.parse_args(arguments)
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
        try:
            environment = (given.octodns or folder / "octodns").absolute()
            peer = None if given.without_octodns else octodns.installed(environment)
            bench = Bench(folder, stack, peer)
            tasks = [*bench.start()]
            for size in given.sizes:
                tasks += bench.contacts(size)
            tasks += bench.drafts(given.drafts) if given.drafts else ()
            tasks += bench.mails(given.mails) if given.mails else ()
            tasks += bench.latency(given.delay) if given.delay else ()
            taken = measured(tasks, given.rounds)
        except Failed as error:
            sys.stderr.write(f"{error}\n")
            return 1
    rows = results.rows(taken)
    facts = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "rounds": given.rounds,
        "load": round(load, 2),
    }
    note = f"Medians of {given.rounds} rounds, Python {facts['python']}, {facts['system']}."
    if load > BUSY:
        note += f"\nThe machine was busy ({load:.1f} a core): only CPU seconds and memory count."
    table = results.table(rows, note)
    sys.stdout.write(table)
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        written = {
            "results.md": table,
            "results.json": results.document(rows, facts),
            "plan.svg": results.plot(rows, note),
        }
        for name, text in written.items():
            (given.out / name).write_text(text, encoding="utf-8")
    return 0


def measured(tasks: Sequence[Task], rounds: int) -> dict[tuple[str, str], list[Run]]:
    """The runs of each task, by job and tool: all tasks take turns in each round.

    The first round is not counted: it compiles, and fills caches. Raises Failed.
    """
    taken: dict[tuple[str, str], list[Run]] = {(task.job, task.tool): [] for task in tasks}
    for number in range(rounds + 1):
        for task in tasks:
            run = task.once()
            if number:
                taken[task.job, task.tool].append(run)
            sys.stderr.write(f"{number}/{rounds} {task.job}: {task.tool}: {run.wall:.2f} s\n")
    return taken


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
