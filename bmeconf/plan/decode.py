"""A plan's JSON document -> the Plan that `encode` made it of. Pure.

The digest tells an edited plan from the reviewed one. The account of a plan, and its age, are
checked against the run that is to apply it (design 4, 5, 7.14).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bmeconf.desired import validate
from bmeconf.kinds import KINDS, Kind, Managed, Singleton, replies
from bmeconf.model import (
    CREATE,
    NO_DIGEST,
    PLAN_FORMAT,
    SECONDS,
    Address,
    Call,
    Change,
    Finding,
    Intent,
    Manual,
    Place,
    Resource,
    Value,
    dotted,
    stamp,
    undotted,
    zone,
)
from bmeconf.model.errors import InvalidInput, Stale, masked
from bmeconf.plan.model import (
    AccountId,
    Pin,
    Plan,
    Preconditions,
    Price,
    Reach,
    Since,
    Source,
    Step,
)

Document = Mapping[str, Any]
Known = Mapping[str, Address]
SKEW = timedelta(minutes=5)
"""The most that the clocks of two machines may differ."""


def read(text: str, name: str) -> Document:
    """The plan document in a saved file; `name` is the file's, for messages.

    Raises:
        InvalidInput: where it is no JSON object.
    """
    remedy = "give a file that `bmeconf plan --save-plan FILE` wrote"
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{name} is not a saved plan: it is not JSON", remedy) from error
    if not isinstance(document, dict):
        raise InvalidInput(f"{name} is not a saved plan", remedy)
    return document


def of(document: Document, name: str) -> Plan:
    """The plan in a plan document; `name` is that of its file.

    Raises:
        InvalidInput: where it is no plan, one of another format, or was edited.
    """
    _check(document, name)
    try:
        plan = _plan(document)
        for step in plan.steps:
            _fits(step, plan.preconditions.ids[step.address])
        return plan
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise InvalidInput(
            f"{name} does not fit together: {type(error).__name__}: {error}",
            "plan again; a plan is not to be written by hand",
        ) from error


def _plan(document: Document) -> Plan:
    grounds, unmanaged = document["grounds"], document.get("unmanaged_names", {})
    since, managed = document["source"].get("since"), grounds["managed"]
    known = {}
    for text, entry in grounds["references"].items():
        kind, _, rest = text.partition("/")
        known[text] = Address(kind, entry["name"], rest[len(entry["name"]) + 1 :])
        if str(known[text]) != text or known[text].id not in ("", entry["id"]):
            raise ValueError(f"{text} is the name of {known[text]}")
    return Plan(
        created_at=_instant(document["created_at"]),
        account=AccountId(**document["account"]),
        source=Source(**{**document["source"], "since": Since(**since) if since else None}),
        steps=tuple(_step(step, known) for step in document["steps"]),
        manual=tuple(_manual(manual, known) for manual in document["manual"]),
        findings=tuple(
            Finding(
                **{
                    **finding,
                    "address": _address(finding["address"]),
                    "allow": tuple(finding.get("allow", ())),
                    "place": Place(**finding["place"]) if "place" in finding else None,
                }
            )
            for finding in document["findings"]
        ),
        in_sync=document["summary"]["in_sync"],
        unmanaged=document["unmanaged"],
        left_out=tuple(map(_address, document["left_out"])),
        price=Price(**document["requests"]),
        preconditions=Preconditions(
            structure=grounds["structure"],
            ids={known[text]: entry["id"] for text, entry in grounds["references"].items()},
            fields=grounds["fields"],
            tags=grounds["tags"],
            managed=Managed(
                frozenset(known[text] for text in managed["lists"]), frozenset(managed["tags"])
            ),
            protect={known[text]: protect for text, protect in grounds["protect"].items()},
        ),
        unmanaged_names={kind: tuple(names) for kind, names in unmanaged.items()},
        places={address: Place(**at) for address, at in document.get("places", {}).items()},
        audience=tuple(_reach(reach, known) for reach in document.get("audience", ())),
    )


def age(text: str, option: str) -> timedelta:
    """The duration that an option has: `30m`, `24h` or `7d`.

    Raises:
        InvalidInput: for anything else.
    """
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if match is None:
        raise InvalidInput(
            f"{option} {text}: not a duration", "write it as 30m, 24h or 7d: a number, a unit"
        )
    return timedelta(seconds=int(match[1]) * SECONDS[match[2]])


def fresh(plan: Plan, now: datetime, limit: timedelta) -> None:
    """Refuse a plan that is older than `limit`, or that was made in the future.

    Raises:
        Stale: saying how old it is.
    """
    if plan.created_at - now > SKEW:
        raise Stale(
            f"the plan was made at {stamp(plan.created_at)}, which is in the future",
            "set the clocks of both machines, then plan again",
        )
    if now - plan.created_at > limit:
        seconds = int(limit.total_seconds())
        unit = next(u for u in ("d", "h", "m", "s") if seconds % SECONDS[u] == 0)
        raise Stale(
            f"the plan has expired: it was made at {stamp(plan.created_at)},"
            f" more than {seconds // SECONDS[unit]}{unit} ago",
            "plan again, and have that reviewed; or raise --max-plan-age",
        )


def _check(document: Document, name: str) -> None:
    remedy = "plan again with this version of bmeconf"
    format = document.get("format")
    if not isinstance(format, str) or not format.startswith("bmeconf.plan/"):
        other = f": it is a {format} document" if isinstance(format, str) else ""
        raise InvalidInput(
            f"{name} is not a saved plan{other}", "give what `plan --save-plan` wrote"
        )
    if format != PLAN_FORMAT:
        raise InvalidInput(f"{name} has the format {format}; this is for {PLAN_FORMAT}", remedy)
    if "error" in document and "steps" not in document:
        raise InvalidInput(f"{name} tells why there is no plan", "mend that, then plan again")
    if document.get("digest") == NO_DIGEST:
        raise InvalidInput(
            f"{name} was printed with --redact: it is for reading, and lacks the values to write",
            "give what `plan --save-plan` wrote: that file holds the values, with --redact too",
        )
    body = {key: value for key, value in document.items() if key != "digest"}
    if document.get("digest") != replies.digest(body):
        raise InvalidInput(
            f"{name} was changed after it was made: its digest does not fit what is in it",
            "a plan is applied as it was reviewed; change the manifests and plan again",
        )
    if flaw := validate.flaw(document, "plan"):
        raise InvalidInput(f"{name}: {flaw}", remedy)
    written = json.dumps([c.get("after") for step in document["steps"] for c in step["changes"]])
    if masked(written) != written:
        raise InvalidInput(
            f"{name} would write what looks like an API key; a plan never holds one",
            "replace the key in the account, take it out of the manifests, and plan again",
        )


def _step(step: Document, known: Known) -> Step:
    address = known[step["address"]]
    origins = [known[text] for text in step.get("origin", ())]
    merged = bool(step.get("merge"))
    uses = (step["pin"] or {}).get("uses")
    # A reader is told what a delete is held to.
    usage = KINDS[address.kind].usage(Resource(address, facts=uses)) if uses else ""
    return Step(
        id=step["id"],
        address=address,
        action=step["action"],
        depends_on=tuple(step["depends_on"]),
        pin=Pin(**step["pin"]) if step["pin"] else None,
        check=step["check"],
        changes=tuple(_change(change, address.kind, known) for change in step["changes"]),
        calls=tuple(Call(**call) for call in step["calls"]),
        intent=Intent(
            copy_of=origins[0] if origins and not merged else None,
            merge_of=tuple(origins) if merged else (),
        ),
        usage=usage or step.get("hanging", ""),
        source=Pin(**step["source"]) if "source" in step else None,
    )


def _reach(reach: Document, known: Known) -> Reach:
    before, after = reach["before"] or {"recipients": (), "people": 0}, reach["after"]
    return Reach(
        address=known[reach["address"]],
        lists_before=tuple(known[text] for text in before["recipients"]),
        lists_after=tuple(known[text] for text in after["recipients"]),
        before=before["people"],
        after=after["people"],
        new=reach["before"] is None,
    )


def _fits(step: Step, id: str | None) -> None:
    """Raise ValueError where a step is about another object, or name, than its address shows.

    `id` is that of the object at the address.
    """
    address, kind = step.address, KINDS[step.address.kind]
    names = {kind.canonical(str(c.after)) for c in step.changes if c.path == (kind.identity,)}
    own = {kind.canonical(address.name)}
    if not isinstance(kind, Singleton) and names != own and (names or step.action == CREATE):
        raise ValueError(f"{address} would be called {', '.join(names) or 'nothing'}")
    if step.pin is None and step.action != CREATE:
        raise ValueError(f"nothing says which version of {address} the step is for")
    if step.pin and step.pin.id != id:
        raise ValueError(f"{address} is another object than the one that would be written to")
    if any(origin.kind != address.kind for origin in step.intent.origins):
        raise ValueError(f"{address} is made of another kind of resource")
    for change in step.changes:
        if not _declarable(change, kind):
            raise ValueError(f"no manifest declares {dotted(change.path)} of {address} like that")


def _declarable(change: Change, kind: Kind) -> bool:
    """Whether a manifest of a `kind` may come to this change."""
    (field, *inner), before, after = change.path, change.before, change.after
    if field in kind.sets:
        sides = ((), after) if before is None else (before, after)
        return not inner and all(_is_set(side, kind.refers.get(field)) for side in sides)
    # Of a mapping, every value is a change of its own.
    value = (str, bool, dict) if field == "fields" else str
    known = field in kind.shapes and bool(inner) == (field == "fields")
    return known and all(side is None or isinstance(side, value) for side in (before, after))


def _is_set(value: Value, refers: str | None) -> bool:
    """Whether this is a set of texts, or of addresses of the kind that it `refers` to."""
    members = value if isinstance(value, tuple) else (None,)
    if refers:
        return all(isinstance(each, Address) and each.kind == refers for each in members)
    return all(isinstance(each, str) for each in members)


def _change(change: Document, kind: str, known: Known) -> Change:
    path = undotted(change["path"])
    refers = path[0] in KINDS[kind].refers
    before, after = (
        tuple(known[item] if refers else item for item in side) if isinstance(side, list) else side
        for side in (change["before"], change["after"])
    )
    return Change(path, before, after, change.get("class", ""))


def _manual(manual: Document, known: Known) -> Manual:
    values = {key: value for key, value in manual.items() if key not in ("at", "zone")}
    # A plan of an earlier version knows the instant, and not the zone it was declared in.
    due = datetime.fromisoformat(manual["at"]) if "at" in manual else _instant(manual["due"])
    # Another machine may lack the zone.
    due = due.astimezone(zone(manual.get("zone", "")) or due.tzinfo)
    return Manual(**{**values, "address": known[manual["address"]], "due": due})


def _address(text: str) -> Address:
    """An address that is shown again, and never looked up."""
    return Address(*text.split("/", 1))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
