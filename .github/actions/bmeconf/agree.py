"""Stop, unless the plan of this run on the main branch equals the reviewed plan."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import review
from api import Failed, needed, notice, output, run


def main(environ: Mapping[str, str]) -> None:
    """Compare PLAN with the fingerprint EXPECT if given, otherwise with the record REVIEWED.

    Sets the output `apply` to whether the plan has steps. Writes to DELETES the globs of
    ALLOW_DELETE that match a planned delete, since a workflow may list further globs.
    """
    plan = review.plan_at(Path(needed(environ, "PLAN")))
    now = review.of(plan)
    if not now.steps:
        notice("notice", "Nothing to apply: the account is as the manifests say.")
        output(environ, apply="false")
        return
    expected = environ.get("EXPECT", "").strip()
    if expected:
        _check_fingerprint(expected, now)
    else:
        _check_record(environ, now)
    allowed = _allowed(environ.get("ALLOW_DELETE", ""), plan)
    Path(needed(environ, "DELETES")).write_text("".join(f"{glob}\n" for glob in allowed))
    output(environ, apply="true")


def _check_fingerprint(expected: str, now: review.Review) -> None:
    if not re.fullmatch("[0-9a-f]{32,64}", expected):
        raise Failed(
            f"{expected} is not a fingerprint, which has 32 characters of 0-9a-f; nothing was"
            " written",
            "pass all of it, as the summary of this run shows it",
            review.INVALID,
        )
    if not expected.startswith(now.fingerprint):
        raise Failed(
            f"the plan has the fingerprint {now.fingerprint}, not {expected}; nothing was written",
            "review the plan in the summary of this run, then pass its fingerprint",
            review.STALE,
        )


def _check_record(environ: Mapping[str, str], now: review.Review) -> None:
    record = Path(needed(environ, "REVIEWED"))
    if not record.is_file():
        reason = environ.get("MISSING") or "no record of it was found"
        raise Failed(
            f"there is no reviewed plan: {reason}; nothing was written", review.AGAIN, review.STALE
        )
    rerun = environ.get("GITHUB_RUN_ATTEMPT", "1") != "1"
    review.agree(review.read(record.read_text(encoding="utf-8")), now, rerun)


def _allowed(globs: str, plan: Mapping[str, Any]) -> list[str]:
    deleted = [step["address"] for step in plan["steps"] if step["action"] == "delete"]
    allowed = [glob.strip() for glob in globs.splitlines() if glob.strip()]
    return [glob for glob in allowed if any(_matches(glob, address) for address in deleted)]


def _matches(glob: str, address: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in glob.split("*"))
    return re.fullmatch(pattern, address, re.DOTALL) is not None


if __name__ == "__main__":
    run(main)
