"""The commands to type after a pull: the plan that is empty, and what makes drift know more."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from bmeconf.pull.layout import MANIFESTS
from bmeconf.pull.pulled import NextCommand
from bmeconf.pull.query import Target


def next_commands(
    target: Target, out: Path | None, account: Sequence[str]
) -> tuple[NextCommand, ...]:
    """The next commands; `out` is the folder as it was typed, `account` the options that name it.

    They name a path only where they would not find the pulled manifests without one.
    """
    patterns = target.project.manifests
    covered = patterns is None or any(each.strip("./") in ("", MANIFESTS) for each in patterns)
    paths = []
    if not (covered and target.folder == target.project.root):
        paths = [str((out or target.folder) / MANIFESTS)]
    elif out and target.folder != Path.cwd():
        paths = [str(out)]
    words = [*paths, *account]
    return (
        NextCommand(shlex.join(["bmeconf", "plan", *words])),
        NextCommand(
            shlex.join(["bmeconf", "drift", "--record", *words]),
            "remember the ids, so that a rename is known",
        ),
    )
