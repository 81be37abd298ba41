"""What was reviewed, as a record that holds no values, and whether a plan is still that.

The record travels from the pull request to the merge as an artifact. Whoever may push a branch
can make an artifact of that name, so that nothing in it is ever carried out: on the main branch
the plan is made again, from the manifests that were merged, and the record can only say whether
it is the one that was looked at. A forged record lets through what the merged manifests mean,
and nothing else.

For each step it keeps a SHA-256 over all that the step means: address, action, every value before
and after, the id, version and digest of the object, the ids of what it refers to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from api import Failed

FORMAT = "bmeconf.review/1"
STALE, ANOTHER_ACCOUNT = 6, 7
SHOWN = 10
AGAIN = (
    "Have the plan reviewed again: open a pull request that touches a manifest (a comment will do)"
    " and merge it; or look at the plan in the summary of this run, and start the workflow by hand"
    " with its fingerprint as `expect`."
)


@dataclass(frozen=True)
class Review:
    """`account` is the account's fingerprint, `steps` a digest by address."""

    account: str
    fingerprint: str
    created_at: str
    steps: Mapping[str, str]


def of(plan: Mapping[str, Any]) -> Review:
    """The record of a plan document."""
    known = plan["grounds"]["references"]
    steps = {step["address"]: _digest(step, known) for step in plan["steps"]}
    return Review(plan["account"]["fingerprint"], plan["fingerprint"], plan["created_at"], steps)


def write(path: Path, review: Review) -> None:
    """Write a record for `read`."""
    text = json.dumps({"format": FORMAT, **asdict(review)}, indent=2, sort_keys=True)
    path.write_text(f"{text}\n", encoding="utf-8")


def read(text: str) -> Review:
    """A record, which anybody may have written.

    Raises:
        Failed: where it is not of this format.
    """
    try:
        document = json.loads(text)
        sound = document.pop("format") == FORMAT
        review = Review(**document)
        texts = (review.account, review.fingerprint, review.created_at, *review.steps.values())
        sound = sound and all(isinstance(text, str) for text in texts)
    except (ValueError, KeyError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise Failed("the record of the reviewed plan cannot be read", AGAIN, STALE)
    return review


def plan_at(path: Path) -> Mapping[str, Any]:
    """The plan document that `bmeconf plan --out` wrote."""
    document: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def differences(reviewed: Review, now: Review, rerun: bool) -> list[str]:
    """How the plan of this moment is not the one that was reviewed, in words.

    In a run that was started again, steps that the first attempt did are rightly gone.
    """
    told = []
    for address in sorted({*reviewed.steps, *now.steps}):
        before, after = reviewed.steps.get(address), now.steps.get(address)
        if before is None:
            told.append(f"{address}: was not in the reviewed plan")
        elif after is None and not rerun:
            told.append(f"{address}: was in the reviewed plan, and there is nothing to do now")
        elif after is not None and before != after:
            told.append(f"{address}: it, or what it is to become, has changed since")
    return told


def agree(reviewed: Review, now: Review, rerun: bool) -> None:
    """Nothing, where `now` is what was reviewed.

    Raises:
        Failed: 7 for another account, 6 where anything moved.
    """
    if reviewed.account != now.account:
        raise Failed(
            "the reviewed plan was made for another account; nothing was written",
            "let the pull request and the main branch use keys of the same account",
            ANOTHER_ACCOUNT,
        )
    moved = differences(reviewed, now, rerun)
    if moved:
        more = [f"and {len(moved) - SHOWN} more"] if len(moved) > SHOWN else []
        raise Failed(
            f"the plan of this moment ({now.fingerprint}) is not the one that was reviewed"
            f" ({reviewed.fingerprint}, {reviewed.created_at}); nothing was written\n"
            + "\n".join(moved[:SHOWN] + more),
            AGAIN,
            STALE,
        )


def _digest(step: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    changes = [[c["path"], c["before"], c["after"]] for c in step["changes"]]
    origin = step.get("origin", [])
    referred = {text: known[text]["id"] for text in _texts([changes, origin]) if text in known}
    parts = ("address", "action", "pin", "check", "merge", "source")
    meaning = [*(step.get(part) for part in parts), changes, origin, referred]
    canonical = json.dumps(meaning, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
