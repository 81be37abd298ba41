"""Write the record of a plan, for the run of the merge: PLAN -> RECORD."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import review
from api import needed, output, run


def main(environ: Mapping[str, str]) -> None:
    """Write the record; set the outputs `fingerprint` and `changes` (whether there are steps)."""
    record = review.of(review.plan_at(Path(needed(environ, "PLAN"))))
    review.write(Path(needed(environ, "RECORD")), record)
    output(environ, fingerprint=record.fingerprint, changes="true" if record.steps else "false")


if __name__ == "__main__":
    run(main)
