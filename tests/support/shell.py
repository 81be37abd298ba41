"""Commands on a machine that has nothing but what it is given."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
"""What a CI machine runs a script with."""


def run(
    folder: Path, env: Mapping[str, str], *command: str, timeout: float = 200
) -> subprocess.CompletedProcess[str]:
    """Run a command in `folder` with no variables but `env`, and nobody to ask."""
    return subprocess.run(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
