"""What a run costs: requests first, then time and memory. `python -m tests.support.benchmark`.

Each command is a process of its own, run several times in turn with the others against one
simulated account; medians are printed. Times are of this machine, requests are not.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from bmeconf.sandbox import Sandbox
from tests.support.driver import Account

CONTACTS, LISTS, CAMPAIGNS, RUNS = 1000, 50, 20, 5


def manifest() -> str:
    """A project of a size that an agency has."""
    lists = [f"List {n}" for n in range(LISTS)]
    return yaml.safe_dump(
        {
            "version": 1,
            "structure": {"fields": [{"label": "City"}], "tags": ["seed"]},
            "lists": [{"name": name} for name in lists],
            "contacts": [
                {
                    "email": f"qa+{n}@acme.example",
                    "fields": {"First Name": f"Seed {n}", "City": "Oslo"},
                    "lists": [lists[n % LISTS]],
                    "tags": ["seed"],
                }
                for n in range(CONTACTS)
            ],
            "campaigns": [
                {
                    "name": f"Campaign {n}",
                    "from": "news@acme.example",
                    "subject": f"Subject {n}",
                    "body": {"html": "<p>" + "word " * 2000 + "</p>"},
                    "lists": [lists[n]],
                }
                for n in range(CAMPAIGNS)
            ],
        }
    )


def measure(command: list[str], folder: Path, env: dict[str, str]) -> tuple[float, int]:
    """Wall seconds, and requests where the command tells."""
    started = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-m", "bmeconf", *command],
        cwd=folder,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    assert ran.returncode == 0, ran.stderr
    if "json" not in command or command[0] == "validate":
        return seconds, 0
    document = json.loads(ran.stdout)
    requests = document["requests"]
    return seconds, requests if isinstance(requests, int) else requests["read"]


def main() -> None:
    """Print one row for each command."""
    with Sandbox(None) as sandbox, tempfile.TemporaryDirectory() as name:
        folder, env = Path(name), Account(sandbox).env
        (folder / "all.yaml").write_text(manifest(), encoding="utf-8")
        first = measure(["apply", "--auto-approve", "--quiet", "--format", "json"], folder, env)
        print(f"{CONTACTS} contacts, {LISTS} lists, {CAMPAIGNS} campaigns")  # noqa: T201
        print(f"{'apply, everything new':28}{first[1]:6} requests {first[0]:8.2f} s")  # noqa: T201
        bare = folder / "without-lock"
        bare.mkdir()
        (bare / "all.yaml").write_text(manifest(), encoding="utf-8")
        commands = {
            "plan, nothing to do": ["plan", "all.yaml", "--format", "json"],
            "the same without the lock": ["plan", str(bare), "--format", "json"],
            "plan, one list": [
                *("plan", "all.yaml", "--format", "json", "--target", "lists/List 1")
            ],
            "validate": ["validate", "all.yaml", "--format", "json"],
            "--help": ["--help"],
        }
        rows: dict[str, list[tuple[float, int]]] = {title: [] for title in commands}
        for _ in range(RUNS):
            for title, command in commands.items():
                rows[title].append(measure(command, folder, env))
        for title, row in rows.items():
            seconds = statistics.median(wall for wall, _ in row)
            print(f"{title:28}{row[0][1]:6} requests {seconds:8.2f} s")  # noqa: T201
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(f"largest process: {peak} MiB")  # noqa: T201


if __name__ == "__main__":
    main()
