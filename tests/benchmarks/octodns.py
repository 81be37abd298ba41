"""octoDNS beside us: an environment of its own, and a zone of records as its own manifests.

Both of its sides are YAML files, so that it waits for no network.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.benchmarks.account import is_different, is_missing
from tests.benchmarks.process import Failed

ZONE = "bench.example."
CONFIG = f"""\
---
providers:
  declared: {{class: octodns.provider.yaml.YamlProvider, directory: declared, default_ttl: 300}}
  live: {{class: octodns.provider.yaml.YamlProvider, directory: live, default_ttl: 300}}
zones:
  {ZONE}: {{sources: [declared], targets: [live]}}
"""


def installed(folder: Path) -> Path:
    """The program of octoDNS in the environment `folder`, which is made where there is none.

    Raises:
        Failed: it could not be installed.
    """
    program = folder / "bin" / "octodns-sync"
    if not program.exists():
        _done(sys.executable, "-m", "venv", str(folder))
        _done(str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "octodns")
    return program


def _done(*command: str) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise Failed(f"{' '.join(command)}\nended with {ran.returncode}\n{ran.stdout}{ran.stderr}")


def prepare(folder: Path, count: int) -> None:
    """Write so many records and their live side, of which 1 % is missing and 1 % differs."""
    for side in ("declared", "live"):
        (folder / side).mkdir(parents=True)
        live = side == "live"
        (folder / side / f"{ZONE}yaml").write_text(
            "---\n"
            + "".join(
                f"host{n:07d}:\n  ttl: {600 if live and is_different(n) else 300}\n  type: A\n"
                f"  values:\n  - 10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}\n"
                for n in range(count)
                if not (live and is_missing(n))
            )
        )
    (folder / "config.yaml").write_text(CONFIG)


def summary(creates: int, updates: int) -> str:
    """What octoDNS says of a plan with so many changes."""
    return f"Summary: Creates={creates}, Updates={updates}, Deletes=0"
