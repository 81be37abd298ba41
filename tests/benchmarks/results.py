"""Measured runs -> medians and ratios, as a table, as JSON and as a plot."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from statistics import median
from typing import Any

from tests.benchmarks.process import Run

HEADS = "| job | tool | wall s | min to max | CPU s | peak MiB | requests | wall × | peak × |"
RULE = "|---|---|--:|--:|--:|--:|--:|--:|--:|"
STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 15px }
.note { fill: #57606a; font-size: 12px }
.peer { fill: #afb8c1 } .ours { fill: #0969da } .warm { fill: #54aeff }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .note { fill: #8d96a0 }
  .peer { fill: #656c76 } .ours { fill: #2f81f7 } .warm { fill: #79c0ff }
}
"""
WIDTH, BAR, GAP = 720, 18, 4
"""Of the plot: its width, the height of a bar, and the space between two."""
SIDES = (("wall", "{:.2f} s", 120), ("peak", "{:.0f} MiB", 440))
"""What its bars show of a row: a member, its figure, and where the bars begin."""
LONGEST = 200


@dataclass(frozen=True)
class Row:
    """One task: medians over its rounds, and the medians of the ratios to the first of its job."""

    job: str
    tool: str
    median: Run
    walls: Sequence[float]
    """The wall time of each round, sorted."""
    ratios: tuple[float, float]
    """Of wall time and of peak."""

    def __str__(self) -> str:
        taken = self.median
        requests = "" if taken.requests is None else f"{taken.requests:,}"
        cells = (
            *(self.job, self.tool, f"{taken.wall:.3f}"),
            f"{self.walls[0]:.3f} to {self.walls[-1]:.3f}",
            *(f"{taken.cpu:.3f}", f"{taken.peak:.0f}", requests),
            *(f"{ratio:.2f}" for ratio in self.ratios),
        )
        return f"| {' | '.join(cells)} |"


def rows(taken: Mapping[tuple[str, str], Sequence[Run]]) -> Sequence[Row]:
    """The rows of a table, from the runs by job and tool: those of one round are compared."""
    first: dict[str, Sequence[Run]] = {}
    made = []
    for (job, tool), runs in taken.items():
        pairs = [*zip(runs, first.setdefault(job, runs), strict=True)]
        walls = sorted(each.wall for each in runs)
        cpu, peak = median(each.cpu for each in runs), median(each.peak for each in runs)
        ratios = (
            median(each.wall / other.wall for each, other in pairs),
            median(each.peak / other.peak for each, other in pairs),
        )
        taken_by = Run(median(walls), cpu, peak, runs[-1].requests)
        made.append(Row(job, tool, taken_by, walls, ratios))
    return made


def table(rows: Sequence[Row], note: str) -> str:
    """The rows as Markdown, under a sentence on how they were measured."""
    return "\n".join([note, "", HEADS, RULE, *map(str, rows), ""])


def document(rows: Sequence[Row], facts: Mapping[str, Any]) -> str:
    """The rows as JSON, beside what is known of the machine and the run."""
    return json.dumps({**facts, "rows": [*map(asdict, rows)]}, indent=2) + "\n"


def plot(rows: Sequence[Row], note: str) -> str:
    """The plans that more than one tool made, as bars for time and for memory, in SVG.

    The bars of a job are as long as their values among that job's, so that all sizes can be seen.
    """
    parts = [_text(0, 18, "Time and memory of a plan", "title")]
    parts += [_text(0, 38 + 16 * n, line, "note") for n, line in enumerate(note.splitlines())]
    y = 70 + 16 * note.count("\n")
    for job in dict.fromkeys(row.job for row in rows if row.job.endswith("resources")):
        same = [row for row in rows if row.job == job]
        parts.append(_text(0, y, job.capitalize(), "title"))
        for number, row in enumerate(same):
            sort = "warm" if "warm" in row.tool else "ours" if "bmeconf" in row.tool else "peer"
            at = y + 10 + number * (BAR + GAP)
            parts.append(_text(0, at + 13, row.tool))
            for member, figure, left in SIDES:
                value = getattr(row.median, member)
                length = LONGEST * value / max(getattr(each.median, member) for each in same)
                parts.append(
                    f'<rect class="{sort}" x="{left}" y="{at}" rx="2" width="{length:.1f}"'
                    f' height="{BAR}"/>'
                )
                parts.append(_text(left + length + 6, at + 13, figure.format(value)))
        y += len(same) * (BAR + GAP) + 42
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y - 24}" role="img"'
        f' width="{WIDTH}">\n<title>Time and memory of a plan</title>\n<style>\n{STYLE}</style>'
    )
    return "\n".join([head, *parts, "</svg>", ""])


def _text(x: float, y: float, text: str, sort: str = "") -> str:
    named = f' class="{sort}"' if sort else ""
    return f'<text{named} x="{x:.0f}" y="{y:.0f}">{escape(text)}</text>'
