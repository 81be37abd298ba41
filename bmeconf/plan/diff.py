"""Comparison: both sides of a Reading -> Differences. Pure; the only user of deepdiff.

Both sides arrive in canonical form, so that comparing needs to know no kind and has no edge
cases; what is declared but hidden by the API is told apart from what differs (design 7.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import takewhile
from typing import Any

from bmeconf.baseline import LockBaseline, SideStatus
from bmeconf.kinds import KINDS, Kind
from bmeconf.live import Match, Reading, Status, details
from bmeconf.model import (
    CREATE,
    DELETE,
    IDENTITY,
    PRESENCE,
    UPDATE,
    Address,
    Cause,
    Change,
    Difference,
    Fields,
    Resource,
    Template,
    Value,
    lookup,
)

MISSING = object()
"""Stands for the value under a key that is not there: no value is equal to it."""


def compare(reading: Reading) -> tuple[Difference, ...]:
    """Every desired resource in scope beside its live one, in address order, and who moved."""
    baseline = reading.baseline()
    ahead = details.members_ahead(reading, reading.account.resources)
    differences = []
    for desired in reading.desired.in_order:
        match = reading.matches[desired.address]
        live = _with_ways(reading.account.resources.get(desired.address), reading)
        now = _classified(_difference(desired, live, baseline), match, baseline)
        members = baseline.staying(desired, live) if live and not desired.intent.absent else ()
        if staying := (*map(_named, members),):
            now = now._replace(staying=staying)
        if desired.address not in ahead or desired.intent.absent:
            differences.append(now)
        else:
            planned = _difference(desired, _with_ways(ahead[desired.address], reading), baseline)
            planned = _classified(planned, match, baseline)
            differences.append(planned._replace(now=now, staying=now.staying))
    return tuple(differences)


def _with_ways(live: Resource | None, reading: Reading) -> Resource | None:
    """`live` with the parts to which the API only adds, as an earlier apply has learned."""
    if live is None or not reading.section.merged:
        return live
    return replace(live, facts={**live.facts, "merged": reading.section.merged})


def _classified(difference: Difference, match: Match, baseline: LockBaseline) -> Difference:
    """`difference` with who moved, for each change, for presence and for identity."""
    desired, live, changes = difference.desired, difference.live, difference.changes
    if live and match.status is Status.FOUND and not (changes or desired.intent.absent):
        return difference
    causes = {**baseline.classify(desired, live, changes)}
    if match.status is Status.ID_NOT_FOUND:
        causes[PRESENCE] = Cause.DRIFT
    if match.replaced and live and match.known_id != live.id:
        causes[IDENTITY] = Cause.DRIFT
    classified = tuple(replace(c, cause=c.cause or causes[c.path]) for c in changes)
    others = {path: causes[path] for path in (PRESENCE, IDENTITY) if path in causes}
    return difference._replace(changes=classified, causes=others)


def _difference(desired: Resource, live: Resource | None, baseline: LockBaseline) -> Difference:
    if desired.intent.absent:
        return Difference(desired, live, DELETE if live else None)
    if live is None:
        return Difference(desired, None, CREATE, tuple(_initial(desired)))
    kind = KINDS[desired.address.kind]
    observed = kind.observed(desired, live, baseline.managed)
    if observed == desired.fields:
        return Difference(desired, live, None)
    differing = [key for key, value in observed.items() if value != desired.fields[key]]
    sides = {key: baseline.rewriting(key, desired, live) for key in differing}
    theirs = {
        key: observed[key]
        for key in differing
        if _theirs(kind, key, desired.fields[key], observed[key], sides[key])
    }
    shown = {key: theirs.get(key, desired.fields[key]) for key in observed}
    hidden = sorted(desired.fields.keys() - observed.keys())
    unseen, unreadable = baseline.unseen(hidden, desired, live)
    vouched = {*hidden} - {*unreadable, *(change.path[0] for change in unseen)}
    changes = sorted([*field_changes(observed, shown), *unseen], key=lambda change: change.path)
    return Difference(
        desired,
        live,
        action=UPDATE if changes else None,
        changes=tuple(changes),
        unreadable=unreadable,
        rewritten=tuple(sorted(key for key in theirs if not sides[key].still)),
        believed=tuple(sorted({*(key for key in theirs if sides[key].still), *vouched})),
    )


def _theirs(kind: Kind, field: str, declared: Value, live: Value, sides: SideStatus) -> bool:
    """Whether a live value is what the service made of the declared one, which differs from it.

    It is where nothing moved since it was read back, and is not where either side did: a link
    that a service hides behind one of its own tells nothing of the one that is declared, nor
    who put it there. What a service is known to do only tells where nothing is remembered.
    """
    if False in (sides.manifest, sides.account):
        return False
    # What is remembered may be forged: no more is taken for a rewriting than an apply takes.
    told = sides.still and kind.reworded(field, declared, live)
    return told or kind.rewrote(field, declared, live)


def _named(member: Value) -> str:
    """A member of a set as people know it."""
    if isinstance(member, Address):
        return member.name or f"#{member.id}"
    return str(member)


def _initial(desired: Resource) -> Iterator[Change]:
    """The changes of a create; content that a copy brings along may have to be cleared."""
    if desired.intent.origins:
        return (Change((key,), None, value) for key, value in sorted(desired.fields.items()))
    changes = field_changes({}, desired.fields)
    return (change for change in changes if change.after not in (None, (), {}))


def field_changes(before: Fields, after: Fields) -> Iterator[Change]:
    """The fields that differ, in path order; a set or a text is one field, a mapping is not."""
    keys = before.keys() | after.keys()
    differing = [k for k in keys if before.get(k, MISSING) != after.get(k, MISSING)]
    paths = {path for key in differing for path in _paths(key, before, after)}
    for path in sorted(paths):
        yield Change(path, lookup(before, path), lookup(after, path))


def _paths(key: str, before: Fields, after: Fields) -> Iterable[tuple[str, ...]]:
    """The paths of what differs in one field; of a mapping that came or went, of all in it."""
    sides = [side[key] for side in (before, after) if isinstance(side.get(key), Mapping)]
    if not sides:
        return ((key,),)
    inner = {name for side in sides for name in side}
    if len(sides) == 1:
        return ((key, name) for name in inner)
    was, now = sides
    if any(isinstance(value, Mapping) for side in sides for value in side.values()):
        return _deep_paths({key: was}, {key: now})
    differ = (name for name in inner if was.get(name, MISSING) != now.get(name, MISSING))
    return ((key, name) for name in differ)


def _deep_paths(before: Fields, after: Fields) -> set[tuple[str, ...]]:
    """The paths of what differs in mappings of mappings."""
    # Loaded here: hardly a plan needs it.
    from deepdiff import DeepDiff

    tree = DeepDiff(
        plain(before),
        plain(after),
        view="tree",
        # By default two mappings with few keys in common count as one change of the whole,
        threshold_to_diff_deeper=0,
        # and a label such as `__city` is taken for the private part of an object.
        ignore_private_variables=False,
    )
    found = [item.path(output_format="list") for items in tree.values() for item in items]
    # Up to the first list index: a set changes as a whole.
    return {tuple(takewhile(lambda key: isinstance(key, str), path)) for path in found}


def plain(value: Value) -> Any:
    """A field value as JSON: an address as its text, a set as a list."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, Template):
        return {"template": {"name": value.name, "lang": value.lang}}
    return str(value) if isinstance(value, Address) else value
