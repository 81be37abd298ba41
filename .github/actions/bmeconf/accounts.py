"""Set the output `accounts`: the declared accounts of ACCOUNTS, as a matrix of jobs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from api import Failed, needed, output, run

ASKED = ("name", "api_key_env")


def main(environ: Mapping[str, str]) -> None:
    """Write the matrix.

    Raises:
        Failed: if there is no account, of which no matrix can be made.
    """
    document = json.loads(Path(needed(environ, "ACCOUNTS")).read_text(encoding="utf-8"))
    rows = [{name: entry[name] for name in ASKED} for entry in document["accounts"]]
    if not rows:
        raise Failed(
            "bmeconf.yaml declares no account", "declare them, or use the recipe for one account", 3
        )
    output(environ, accounts=json.dumps(rows))


if __name__ == "__main__":
    run(main)
