"""Differences -> Plan: ordered steps with pins, manual steps, findings. Pure data, pure function.

The order comes from references, never from the files; deletes come after everything else, in
reverse. References stay symbolic until `apply` knows the id (design 5, 7.11).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bmeconf.kinds import KINDS, replies
from bmeconf.kinds.base import Kind
from bmeconf.kinds.id_map import IdMap
from bmeconf.kinds.replies import Raw
from bmeconf.live.read import Live
from bmeconf.model import LISTS, Address, Call, Change, Finding, Intent, Manual, nested, references
from bmeconf.plan import manual, order
from bmeconf.plan.diff import DELETE, UPDATE, Difference, plain
from bmeconf.plan.preconditions import Preconditions, mentioned


@dataclass(frozen=True)
class Pin:
    """What was seen when planning: the live id, its `__v` where shown, a digest of its content.

    `uses` counts what hangs on an object that is to be deleted.
    """

    id: str
    version: int | None
    digest: str
    uses: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One resource to create, update or delete. `depends_on` names steps by id.

    `check` is `enforced` where the server itself rejects a stale version, else `checked`.
    `intent` carries only the origin of a create; `source` is the pin of what it copies, where
    that can be pinned. `hanging` is what a delete takes along.
    """

    id: str
    address: Address
    action: str
    depends_on: tuple[str, ...] = ()
    pin: Pin | None = None
    check: str = "checked"
    changes: tuple[Change, ...] = ()
    calls: tuple[Call, ...] = ()
    intent: Intent = field(default_factory=Intent)
    usage: str = ""
    source: Pin | None = None


@dataclass(frozen=True)
class Account:
    """Which account a plan is for: base URL, and a digest of stable facts (design 5)."""

    base_url: str
    fingerprint: str


@dataclass(frozen=True)
class Since:
    """The commit whose manifests a plan was held against, and what the user called it.

    Where it is not `complete`, not all that was declared then could be read.
    """

    revision: str
    commit: str
    complete: bool = True


@dataclass(frozen=True)
class Source:
    """Which files a plan was made from: digest of their content, Git commit where known.

    `root` is the project's, as seen from the folder that the plan is in.
    """

    digest: str
    commit: str | None = None
    root: str = "."
    since: Since | None = None


@dataclass(frozen=True)
class Price:
    """Requests: spent on reading, to be spent on writing and verifying, and what is left.

    `check` is what a saved plan spends, before its first write, to see that nothing moved.
    """

    read: int = 0
    write: int = 0
    verify: int = 0
    check: int = 0
    hour_remaining: int | None = None
    month_remaining: int | None = None


@dataclass(frozen=True)
class Plan:
    """Everything an apply will do and a reader should know, as data.

    `unmanaged` counts by kind what is live and not declared; `unmanaged_names` names it, where
    that was asked for.
    """

    created_at: datetime
    account: Account
    source: Source
    steps: tuple[Step, ...]
    manual: tuple[Manual, ...]
    findings: tuple[Finding, ...]
    in_sync: int
    unmanaged: Mapping[str, int]
    left_out: tuple[Address, ...]
    price: Price
    grounds: Preconditions
    unmanaged_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Eight characters over the meaning of the steps, not their order, wording or time."""
        meaning = sorted(
            [
                str(step.address),
                step.action,
                step.pin.id if step.pin else None,
                [[list(c.path), plain(c.before), plain(c.after)] for c in step.changes],
                [str(address) for address in step.intent.origins],
            ]
            for step in self.steps
        )
        text = json.dumps(meaning, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:8]


def pin_of(kind: Kind, raw: Raw) -> Pin:
    """The pin of an object as it was read."""
    content = replies.digest(kind.pin_content(raw))
    return Pin(replies.id_of(raw), replies.version_of(raw), content)


def pinned(step: Step) -> Pin:
    """The pin of a step that changes or deletes what is there."""
    assert step.pin is not None, f"{step.address} is to be created"
    return step.pin


def build(
    differences: Sequence[Difference], live: Live, now: datetime
) -> tuple[tuple[Step, ...], tuple[Manual, ...], tuple[Finding, ...], int]:
    """Steps in order, manual steps, findings, and how many resources are in sync."""
    findings = [*live.findings, *live.withheld.values()]
    kept, in_sync = [], 0
    for difference in differences:
        if difference.address in live.withheld:
            continue
        findings += _unreadable(difference)
        if difference.rewritten:
            findings.append(rewritten(difference.address, difference.rewritten))
        refusal = _refusal(difference)
        findings += [refusal] if refusal else []
        if difference.action and not refusal:
            kept.append(difference)
        in_sync += not (difference.action or difference.unreadable)
    kept, unreachable = order.reachable(kept, live)
    steps = _steps(order.ordered(kept, live.id_map), live.id_map)
    found = by_severity((*findings, *unreachable))
    return steps, tuple(manual.steps(differences, live, now)), found, in_sync


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, errors first."""
    return tuple(sorted(set(findings), key=_severity))


def read_back(step: Step) -> tuple[str, ...]:
    """The identities under which a written object is to be found again, or found to be gone."""
    kind = KINDS[step.address.kind]
    own = [str(c.after) for c in step.changes if c.path == (kind.identity,)]
    return tuple(own) or (step.address.name,)


def rewritten(address: Address, fields: Sequence[str]) -> Finding:
    """What to know of declared fields that the service changed into words of its own."""
    return Finding(
        "warning",
        "rewritten",
        address,
        f"the service rewrote {', '.join(fields)} of it in the way it is known to, and so it counts"
        " as in sync; where links were rewritten, a changed link could not be told apart",
        "compare in the web app where it matters",
    )


def verify_price(steps: Sequence[Step]) -> int:
    """Requests that reading everything back takes, where all reads back as written."""
    price = 0
    for kind in KINDS.values():
        count = sum(step.address.kind == kind.name for step in steps)
        price += min(count, kind.batch_price(count)) if count else 0
    listed = any(step.address.kind == LISTS for step in steps)
    return price + (not listed and any(referred(step) for step in steps))


def referred(step: Step) -> set[Address]:
    """The lists that an object refers to once a step is done."""
    found = (a for change in step.changes for a in references(change.after))
    return {address for address in found if address.kind == LISTS}


def check_price(steps: Sequence[Step]) -> int:
    """Requests that a saved plan takes to see that nothing moved, in listings of one page."""
    looked = ((kind, *looked_at(kind, steps)) for kind in KINDS.values())
    return 1 + sum(kind.look_price(len(ids), len(keys)) for kind, ids, keys in looked)


def looked_at(kind: Kind, steps: Sequence[Step]) -> tuple[list[str], list[str]]:
    """What the steps stand on of one kind: the ids they are pinned to, the identities they take
    or mention.
    """
    mine = [step for step in steps if step.address.kind == kind.name]
    keys = {str(c.after) for step in mine for c in step.changes if c.path == (kind.identity,)}
    keys |= {a.name for step in steps for a in mentioned(step) if a.kind == kind.name}
    pins = [pin for step in mine for pin in (step.pin, step.source) if pin]
    return sorted({pin.id for pin in pins}), sorted(keys)


def account_of(base_url: str, id_map: IdMap) -> Account:
    """The account's identity, from facts that are stable and no secret (design 5)."""
    return Account(base_url, id_map.account(base_url))


def _severity(finding: Finding) -> tuple[int, str, str]:
    rank = ("error", "warning", "note").index(finding.level)
    return rank, str(finding.address), finding.code


def _refusal(difference: Difference) -> Finding | None:
    if difference.action not in (UPDATE, DELETE) or difference.live is None:
        return None
    kind = KINDS[difference.address.kind]
    return kind.refusal(difference.desired, difference.live, difference.changes)


def _unreadable(difference: Difference) -> Iterable[Finding]:
    if difference.unreadable:
        fields = ", ".join(difference.unreadable)
        yield Finding(
            "warning",
            "unreadable",
            difference.address,
            f"the API does not show {fields} of it, so that a difference there is not seen",
            "compare in the web app where it matters",
        )


def _steps(ordered: Sequence[order.Waiting], id_map: IdMap) -> tuple[Step, ...]:
    ids = {d.address: str(n) for n, (d, _) in enumerate(ordered, 1)}
    return tuple(
        replace(
            _step(difference, id_map),
            id=ids[difference.address],
            depends_on=tuple(sorted((ids[a] for a in waits), key=int)),
        )
        for difference, waits in ordered
    )


def _step(difference: Difference, id_map: IdMap) -> Step:
    kind = KINDS[difference.address.kind]
    action, live = difference.action or "", difference.live
    pin = None
    origin = Intent()
    if live is not None:
        pin = pin_of(kind, live.raw)
    else:
        intent = difference.desired.intent
        origin = Intent(copy_of=intent.copy_of, merge_of=tuple(sorted(intent.merge_of)))
    step = Step("", difference.address, action, (), pin, "checked", difference.changes, (), origin)
    if pin is None or live is None:
        fields = nested(difference.changes)
        return replace(step, calls=tuple(kind.create_calls(id_map, fields, origin)))
    if action == DELETE:
        uses = {key: count for key, count in live.facts.items() if type(count) is int}
        gone = tuple(kind.delete_calls(id_map, pin.id))
        return replace(step, pin=replace(pin, uses=uses), calls=gone, usage=kind.usage(live))
    only_status = all(change.path == ("status",) for change in difference.changes)
    enforced = kind.enforced and pin.version is not None and not only_status
    calls = tuple(kind.update_calls(id_map, pin.id, difference.changes))
    return replace(step, calls=calls, check="enforced" if enforced else "checked")
