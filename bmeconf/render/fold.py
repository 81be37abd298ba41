"""What is said alike of many resources, said once. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bmeconf.kinds import KINDS
from bmeconf.render.model import PageItem

ENOUGH = 3
"""So many equal changes are folded; fewer are as easily read one by one."""


def folded(items: Sequence[PageItem]) -> Iterator[PageItem]:
    """The items in their order, those that differ in nothing but their resource as one.

    A finding then names the other resources in its head. Of equal changes that take more than a
    line each, the first stands for all, as `27 contacts`, and has their addresses as `members`.
    What would be deleted is never folded, nor what is said of a very place.
    """
    alike: dict[object, list[PageItem]] = {}
    for number, each in enumerate(items):
        alike.setdefault(_cause(each) or number, []).append(each)
    for group in alike.values():
        first, *others = group
        if first.level and others:
            also = ", ".join(other.address for other in others)
            yield first._replace(head=f"{first.head}; the same of {also}")
        elif len(group) < ENOUGH:
            yield from group
        else:
            kind = KINDS[first.address.partition("/")[0]]
            members = tuple(item.address for item in group)
            yield first._replace(
                address=kind.counted(len(group)), place=None, link="", members=members
            )


def _cause(item: PageItem) -> PageItem | None:
    """What equal items have in common, None for one that stands alone."""
    kind, slash, _ = item.address.partition("/")
    long = bool(item.fields or item.notes)
    if item.level:
        kind, common = "", bool(item.head and item.address) and not (long or item.located)
    else:
        common = long and kind in KINDS and bool(slash) and not item.must
    return item._replace(address=kind, place=None, link="") if common else None
