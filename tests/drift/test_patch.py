"""Patches: Git makes the new text of the old one, and twice the lines take twice the time."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.drift import patch
from tests.support.strategies import examples

LINES = st.sampled_from(["a\n", "b\n", "c\r\n", "\n", "- x\n", "é\n", "d\n", "e\n", "\rf\n"])
TEXTS = st.builds(
    lambda lines, end: "".join(lines) + end,
    st.lists(LINES, max_size=30),
    st.sampled_from(["", "g"]),
)


@examples(60)
@given(TEXTS.filter(bool), TEXTS.filter(bool), st.sampled_from(["a.yaml", "our é/a b.csv"]))
def test_git_makes_the_new_text_of_the_old_one(before: str, after: str, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(before.encode())
        made = patch(name, before, after)
        assert bool(made) == (before != after)
        if made:
            subprocess.run(
                ["git", "apply"], cwd=folder, input=made.encode(), check=True, timeout=30
            )
        assert path.read_bytes().decode() == after


def test_lines_that_stay_are_shown_around_those_that_differ() -> None:
    before = "".join(f"{n}\n" for n in range(20))
    after = before.replace("5\n", "five\n", 1).replace("8\n", "", 1)
    assert patch("a", before, after).splitlines()[3:] == [
        "@@ -3,10 +3,9 @@",
        *(" 2", " 3", " 4", "-5", "+five", " 6", " 7", "-8", " 9", " 10", " 11"),
    ]


SHAPES: dict[str, Callable[[int, str], str]] = {
    "entries": lambda n, new: "".join(f"- {i}\n  x: {new if i % 2 else 'a'}\n" for i in range(n)),
    "all alike": lambda n, new: "a\n" * n + f"{new}\n" + "b\n" * n,
    "none alike": lambda n, new: "".join(f"{new}{i}\n" for i in range(n)),
    "turned": lambda n, new: "".join(f"{i}\n" for i in range(n)[:: 1 if new == "a" else -1]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_lines_take_twice_the_time(shape: str) -> None:
    def seconds(size: int) -> float:
        before, after = SHAPES[shape](size, "a"), SHAPES[shape](size, "b")
        began = time.process_time()
        assert patch("a", before, after)
        return time.process_time() - began

    small, large = (min(seconds(size) for _ in range(3)) for size in (5_000, 40_000))
    assert large <= max(small, 0.05) * 2.5**3
