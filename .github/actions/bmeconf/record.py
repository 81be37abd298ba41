"""Leave the record of a plan for the merge to find: PLAN -> RECORD, and what it is as outputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import review
from api import needed, output, run


def main(environ: Mapping[str, str]) -> None:
    """Write the record; `fingerprint` is the plan's, `changes` whether it has any."""
    made = review.of(review.plan_at(Path(needed(environ, "PLAN"))))
    review.write(Path(needed(environ, "RECORD")), made)
    output(environ, fingerprint=made.fingerprint, changes="true" if made.steps else "false")


if __name__ == "__main__":
    run(main)
