"""Does the time to read an input grow with its size, and no faster? See README.md beside this."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.support.parsers import PARSERS, Bench, Shape, bench

MOST = 2.5
"""So many times the time for an input twice as large."""
FLOOR = 0.05
"""Seconds under which a clock says little: what an input adds to the time of a small one."""


@dataclass(frozen=True)
class Growth:
    """The seconds that one shape took at a size, at twice that, and at four times that."""

    parser: str
    shape: str
    size: int
    seconds: Sequence[float]

    @property
    def ratio(self) -> float:
        """The growth by one doubling, as all of them together tell."""
        first, last = (max(each, FLOOR) for each in (self.seconds[0], self.seconds[-1]))
        return float((last / first) ** (1 / (len(self.seconds) - 1)))

    def __str__(self) -> str:
        times = "  ".join(f"{each:8.3f}" for each in self.seconds)
        shape = " ".join(self.shape.split())
        return f"{self.parser:26}{shape:22}{self.size:7}{times}  x {self.ratio:.2f}"


def measured(size: int, most: int, runs: int, names: Sequence[str]) -> Iterator[Growth]:
    """Every shape of every parser: the best of some runs at some size, and at two doublings of it.

    The size is the first, from `size` doubled up to `most`, at which the clock tells something.
    """
    with bench() as here:
        for name, parser in PARSERS.items():
            shapes = {
                shape: make
                for shape, make in parser.shapes.items()
                if not names or any(each in f"{name}: {shape}" for each in names)
            }
            good = parser.good(here)
            least = min(_seconds(here, name, good) for _ in range(runs + 1)) if shapes else 0.0

            def taken(make: Shape, size: int, name: str = name, least: float = least) -> float:
                content = make(here, size)
                return min(_seconds(here, name, content) for _ in range(runs)) - least

            for shape, make in shapes.items():
                first = size
                while first < most and taken(make, first) < FLOOR:
                    first *= 2
                seconds = [taken(make, first * times) for times in (1, 2, 4)]
                yield Growth(name, shape, first, seconds)


def _seconds(here: Bench, name: str, content: bytes) -> float:
    """The processor's time of one command, without the collector: it depends on what was before."""
    gc.disable()
    try:
        began = time.process_time()
        PARSERS[name].read(here, content)
        return time.process_time() - began
    finally:
        gc.enable()


def main(arguments: Sequence[str]) -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", type=int, default=250, help="parts of the smallest input")
    options.add_argument("--most", type=int, default=16_000, help="parts to begin with at most")
    options.add_argument("--runs", type=int, default=3, help="the best of so many is taken")
    options.add_argument("names", nargs="*", help="only shapes with this in `parser: shape`")
    given = options.parse_args(arguments)
    found = []
    for growth in measured(given.size, given.most, given.runs, given.names):
        sys.stdout.write(f"{growth}\n")
        sys.stdout.flush()
        found.append(growth)
    steep = [growth for growth in found if growth.ratio > MOST]
    sys.stdout.write(f"{len(found)} shapes, {len(steep)} over {MOST}\n")
    sys.stdout.writelines(f"{growth}\n" for growth in steep)
    return 1 if steep else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
