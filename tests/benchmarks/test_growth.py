"""The benchmark works; and where BMECONF_GROWTH says how many runs, every input keeps its law."""

from __future__ import annotations

import os

import pytest

from tests.benchmarks import growth
from tests.support.parsers import PARSERS

RUNS = int(os.environ.get("BMECONF_GROWTH", "0"))


@pytest.mark.skipif(RUNS > 0, reason="the whole is measured")
def test_every_parser_can_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    one_each = [f"{name}: {shape}" for name, p in PARSERS.items() for shape in [*p.shapes][:1]]
    assert growth.main(["--size", "2", "--most", "2", "--runs", "1", *one_each]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= len(one_each) + 1


def test_what_grows_faster_is_told() -> None:
    steep = growth.Growth("a manifest", "flat", 250, (0.1, 0.4, 1.6))
    assert steep.ratio == pytest.approx(4)
    assert growth.Growth("a manifest", "flat", 250, (0.001, 0.002, 0.04)).ratio == 1


@pytest.mark.skipif(RUNS == 0, reason="BMECONF_GROWTH says how often to measure")
@pytest.mark.parametrize("name", PARSERS)
def test_twice_the_input_takes_little_more_than_twice_the_time(name: str) -> None:
    found = growth.measured(250, 16_000, RUNS, [f"{name}: "])
    assert [str(each) for each in found if each.ratio > growth.MOST] == []
