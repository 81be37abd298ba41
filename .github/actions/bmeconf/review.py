"""The record of a reviewed plan, without values, and its comparison with a later plan.

The record goes from the pull request to the merge as an artifact. Whoever may push a branch can
make an artifact of this name, so that a record is never carried out. On the main branch the plan
is made again, from the merged manifests, and only compared with the record. A forged record can
at most let the merged manifests through.

For each step the record has a SHA-256 of its meaning: address, action, all values before and after,
the id, version and digest of the object, and the ids of referenced objects.
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
INVALID, STALE, ANOTHER_ACCOUNT = 3, 6, 7
SHOWN = 10
PERSON = "contacts/"
AGAIN = (
    "Have the plan reviewed again: open a pull request that touches a manifest (a comment will do)"
    " and merge it. Or review the plan in the summary of this run, and start the workflow by hand"
    " with its fingerprint as `expect`."
)


@dataclass(frozen=True)
class Review:
    """A record: `account` is the fingerprint of the account, `steps` maps names to digests."""

    account: str
    fingerprint: str
    created_at: str
    steps: Mapping[str, str]


def of(plan: Mapping[str, Any]) -> Review:
    """The record of a plan document."""
    references = plan["grounds"]["references"]
    steps = {_name(step["address"]): _digest(step, references) for step in plan["steps"]}
    return Review(plan["account"]["fingerprint"], plan["fingerprint"], plan["created_at"], steps)


def write(path: Path, review: Review) -> None:
    """Write a record for `read`."""
    text = json.dumps({"format": FORMAT, **asdict(review)}, indent=2, sort_keys=True)
    path.write_text(f"{text}\n", encoding="utf-8")


def read(text: str) -> Review:
    """Read a record from an untrusted artifact.

    Raises:
        Failed: if it has another format.
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
    """The plan document that `bmeconf plan --save-plan` wrote."""
    document: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def differences(reviewed: Review, now: Review, rerun: bool) -> list[str]:
    """The differences of the plan `now` from the reviewed plan, as texts.

    A rerun may lack steps, since the first attempt applied them.
    """
    texts = []
    for address in sorted({*reviewed.steps, *now.steps}):
        before, after = reviewed.steps.get(address), now.steps.get(address)
        address = "a contact" if address.startswith(PERSON) else address
        if before is None:
            texts.append(f"{address}: was not in the reviewed plan")
        elif after is None and not rerun:
            texts.append(f"{address}: was in the reviewed plan, and is not in the plan now")
        elif after is not None and before != after:
            texts.append(f"{address}: the object or its planned values changed since the review")
    return texts


def agree(reviewed: Review, now: Review, rerun: bool) -> None:
    """Check that the plan `now` equals the reviewed plan.

    Raises:
        Failed: 7 for another account, 6 if a step differs.
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
            f"the plan now ({now.fingerprint}) differs from the reviewed plan"
            f" ({reviewed.fingerprint}, {reviewed.created_at}); nothing was written\n"
            + "\n".join(moved[:SHOWN] + more),
            AGAIN,
            STALE,
        )


def _name(address: str) -> str:
    """What a record calls a resource: the artifact and the log are not to name people."""
    if not address.startswith(PERSON):
        return address
    return PERSON + hashlib.sha256(address.encode()).hexdigest()[:16]


def _digest(step: Mapping[str, Any], references: Mapping[str, Any]) -> str:
    changes = [[c["path"], c["before"], c["after"]] for c in step["changes"]]
    origin = step.get("origin", [])
    referred = {
        text: references[text]["id"] for text in _texts([changes, origin]) if text in references
    }
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
