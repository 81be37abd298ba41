"""The benchmark of plans works: each job is done, whole, and ends in a row, a bar and a record."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.benchmarks import __main__ as benchmarks
from tests.benchmarks.process import Failed, Run, run
from tests.benchmarks.results import rows

ONCE = ("--without-octodns", "--rounds", "1")


def test_every_job_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ("--sizes", "50", "--drafts", "3", "--mails", "2", "--delay", "0.001")
    assert benchmarks.main([*ONCE, *sizes, "--out", str(tmp_path)]) == 0
    table = capsys.readouterr().out
    assert (tmp_path / "results.md").read_text() == table
    written = json.loads((tmp_path / "results.json").read_text())["rows"]
    jobs = (
        "print the version",
        "plan 50 resources",
        "plan 3 drafts",
        "plan 2 mails of 60 KB",
        "40 reads of 1 ms",
    )
    assert {row["job"] for row in written} == {*jobs}
    assert all(f"| {row['job']} | {row['tool']} |" in table for row in written)
    reads = {row["median"]["requests"] for row in written if row["job"] == jobs[-1]}
    assert reads == {40}
    bars = ElementTree.parse(tmp_path / "plan.svg").iter("{http://www.w3.org/2000/svg}rect")
    assert len([*bars]) == 4


def test_rounds_are_compared_each_with_its_own() -> None:
    taken = {
        ("plan", "peer"): [Run(1, 1, 10), Run(4, 1, 10), Run(2, 1, 10)],
        ("plan", "ours"): [Run(2, 1, 5), Run(2, 1, 5), Run(1, 1, 5)],
    }
    peer, ours = rows(taken)
    assert (peer.median.wall, peer.walls, peer.ratios) == (2, [1, 2, 4], (1, 1))
    assert (ours.median.wall, ours.ratios) == (2, (0.5, 0.5))


@pytest.mark.parametrize(
    ("script", "told", "timeout"),
    [
        ("echo half; exit 3", "ended with 3", 60),
        ("echo half", "did not print: whole", 60),
        ("echo half; sleep 99", "timed out", 2),
    ],
)
def test_a_command_that_fails_shows_its_output(
    tmp_path: Path, script: str, told: str, timeout: float
) -> None:
    with pytest.raises(Failed, match=rf"(?s){told}.*half"):
        run(("sh", "-c", script), tmp_path, {"PATH": "/usr/bin:/bin"}, "whole", timeout=timeout)
