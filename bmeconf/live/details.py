"""All that is to be known of what was listed: bound rows -> live Resources, in few requests.

A row shows less than its object does, so each object is read on its own; but not where the row
and the lock file together tell that nothing moved on either side (design 7.17).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from bmeconf.baseline.classify import Baseline
from bmeconf.kinds import KINDS
from bmeconf.kinds.api import ReadApi
from bmeconf.kinds.base import Kind
from bmeconf.kinds.replies import Raw
from bmeconf.live.match import Binding
from bmeconf.model import Address, Resource, Snapshot


def snapshot(
    api: ReadApi,
    known: Baseline,
    desired: Snapshot,
    bindings: Mapping[str, Binding],
    whole: Collection[str],
) -> tuple[Snapshot, frozenset[Address]]:
    """The live side under the desired addresses, and which of it was not read but is known.

    Of the kinds in `whole` everything is read: more is asked of them than what is declared.
    """
    found: dict[Address, Resource] = {}
    settled: set[Address] = set()
    for name, binding in bindings.items():
        kind, wanted = KINDS[name], [r for r in desired.of_kind(name) if r.address in binding.rows]
        unread = [] if name in whole else [r for r in wanted if _settled(kind, known, r, binding)]
        raws = _details(api, known, kind, desired, binding, {r.address for r in unread})
        for address, raw in raws.items():
            found[address] = kind.live(raw, address, known.id_map)
        for resource in unread:
            if resource.address not in raws:
                found[resource.address] = _as_declared(kind, known, resource, binding)
                settled.add(resource.address)
    return Snapshot.of(found[r.address] for r in desired if r.address in found), frozenset(settled)


def _settled(kind: Kind, known: Baseline, resource: Resource, binding: Binding) -> bool:
    row = binding.rows[resource.address]
    return kind.listed(row) is not None and known.settled(resource, row)


def _as_declared(kind: Kind, known: Baseline, resource: Resource, binding: Binding) -> Resource:
    """The live object as the lock knows it to be, in what is declared of it."""
    row = kind.live(binding.rows[resource.address], resource.address, known.id_map)
    return replace(row, fields={**row.fields, **resource.fields})


def _details(
    api: ReadApi,
    known: Baseline,
    kind: Kind,
    desired: Snapshot,
    binding: Binding,
    unread: Collection[Address],
) -> Mapping[Address, Raw]:
    """All that the API shows of what is bound, but for what is `unread`.

    A key that is missing from one reply and there in another is empty, not hidden. Where those
    of the declared objects do not tell, the unread ones may, and then one more does.
    """
    names = known.id_map
    raws = {a: kind.detail(api, names, row) for a, row in binding.rows.items() if a not in unread}
    filled = _filled(kind, raws)
    if unread and _hidden(kind, known, desired, filled):
        raws |= {a: kind.detail(api, names, binding.rows[a]) for a in unread}
        filled = _filled(kind, raws)
    if not _hidden(kind, known, desired, filled):
        return filled
    other = kind.complete_row(binding.unmanaged)
    return _filled(kind, raws, kind.detail(api, names, other)) if other else filled


def _filled(
    kind: Kind, raws: Mapping[Address, Raw], other: Collection[str] = ()
) -> dict[Address, Raw]:
    shown = {key for raw in raws.values() for key in raw} | {*other}
    return {a: kind.filled(raw, shown) for a, raw in raws.items()}


def _hidden(kind: Kind, known: Baseline, desired: Snapshot, raws: Mapping[Address, Raw]) -> bool:
    return any(
        desired.resources[a].fields.keys() - kind.live_fields(raw, known.id_map).keys()
        for a, raw in raws.items()
    )
