"""The record of a reviewed plan, without values, and its comparison with a later plan. Pure.

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
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from bmeconf.kinds import Member, only, replies
from bmeconf.model.errors import Guarded, InvalidInput, Stale

FORMAT = "bmeconf.review/1"
SHOWN = 10
FINGERPRINT = re.compile("[0-9a-f]{32,64}")
AGAIN = (
    "have the plan reviewed again: open a pull request that touches a manifest (a comment will do)"
    " and merge it; or review the plan in the summary of this run, and start the workflow by hand"
    " with its fingerprint as `expect`"
)


class Review(NamedTuple):
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


def text(review: Review) -> str:
    """A record for `read`."""
    return json.dumps({"format": FORMAT, **review._asdict()}, indent=2, sort_keys=True) + "\n"


def read(text: str) -> Review:
    """A record out of an artifact that anybody may have made.

    Raises:
        Stale: it has another format.
    """
    try:
        document = json.loads(text)
        sound = document.pop("format") == FORMAT
        review = Review(**document)
        texts = (review.account, review.fingerprint, review.created_at, *review.steps.values())
        sound = sound and all(isinstance(text, str) for text in texts)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        sound = False
    if not sound:
        raise Stale("the record of the reviewed plan cannot be read", AGAIN)
    return review


def agree(reviewed: Review, now: Review, *, is_rerun: bool) -> None:
    """Hold the plan of this run against the reviewed one.

    A run that was started again may lack steps, since the first attempt applied them.

    Raises:
        Guarded: another account.
        Stale: a step differs.
    """
    if reviewed.account != now.account:
        raise Guarded(
            "the reviewed plan was made for another account; nothing was written",
            "let the pull request and the main branch use keys of the same account",
        )
    moved = differences(reviewed, now, is_rerun=is_rerun)
    if moved:
        more = [f"and {len(moved) - SHOWN} more"] if len(moved) > SHOWN else []
        raise Stale(
            f"the plan now ({now.fingerprint}) differs from the reviewed plan"
            f" ({reviewed.fingerprint}, {reviewed.created_at}); nothing was written\n"
            + "\n".join(moved[:SHOWN] + more),
            AGAIN,
        )


def agree_with(fingerprint: str, now: Review) -> None:
    """Hold the plan of this run against the fingerprint that a person reviewed.

    Raises:
        InvalidInput: it is too short for one.
        Stale: the plan has another one.
    """
    if not FINGERPRINT.fullmatch(fingerprint):
        raise InvalidInput(
            f"{fingerprint} is not a fingerprint, which has 32 characters of 0-9a-f; nothing was"
            " written",
            "pass all of it, as the summary of this run shows it",
        )
    if not fingerprint.startswith(now.fingerprint):
        raise Stale(
            f"the plan has the fingerprint {now.fingerprint}, not {fingerprint}; nothing was"
            " written",
            "review the plan in the summary of this run, then pass its fingerprint",
        )


def differences(reviewed: Review, now: Review, *, is_rerun: bool) -> list[str]:
    """How the plan `now` differs from the reviewed one, in words that name no person."""
    texts = []
    for address in sorted({*reviewed.steps, *now.steps}):
        before, after = reviewed.steps.get(address), now.steps.get(address)
        shown = f"a {only(Member).noun}" if _is_person(address) else address
        if before is None:
            texts.append(f"{shown}: was not in the reviewed plan")
        elif after is None and not is_rerun:
            texts.append(f"{shown}: was in the reviewed plan, and is not in the plan now")
        elif after is not None and before != after:
            texts.append(f"{shown}: the object or its planned values changed since the review")
    return texts


def _is_person(address: str) -> bool:
    return address.startswith(f"{only(Member).name}/")


def _name(address: str) -> str:
    """What a record calls a resource: the artifact and the log are not to name people."""
    if not _is_person(address):
        return address
    return f"{only(Member).name}/{hashlib.sha256(address.encode()).hexdigest()[:16]}"


def _digest(step: Mapping[str, Any], references: Mapping[str, Any]) -> str:
    changes = [[c["path"], c["before"], c["after"]] for c in step["changes"]]
    origin = step.get("origin", [])
    referred = {
        text: references[text]["id"] for text in _texts([changes, origin]) if text in references
    }
    parts = ("address", "action", "pin", "check", "merge", "source")
    meaning = [*(step.get(part) for part in parts), changes, origin, referred]
    return replies.digest(meaning).removeprefix("sha256:")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
