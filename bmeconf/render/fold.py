"""What is said alike of many resources, said once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bmeconf.kinds import KINDS
from bmeconf.model import counted
from bmeconf.render import values
from bmeconf.render.model import Field, PageItem, Task

ENOUGH = 3
"""So many equal changes are folded; fewer are as easily read one by one."""
MOST_HISTORY = 3
"""Sentences of a history that are shown of folded changes."""


def folded(items: Sequence[PageItem]) -> Iterator[PageItem]:
    """The items in their order, those that differ in nothing but their resource as one.

    A finding then names the other resources in its head. Of equal changes that take more than a
    line each, the first stands for all, as `27 contacts`, and has their addresses as `members`;
    who made them, and when, makes them no less equal, nor do the members of a set that stay. What
    goes or is gone is never folded, nor what is said of a very place.
    """
    alike: dict[object, list[PageItem]] = {}
    for number, each in enumerate(items):
        alike.setdefault(_cause(each) or number, []).append(each)
    for group in alike.values():
        first, *others = group
        if others and not _is_long(first) and first.head:
            also = ", ".join(other.address for other in others)
            yield first._replace(head=f"{first.head}; the same of {also}")
        elif len(group) < ENOUGH:
            yield from group
        else:
            kind = KINDS[first.address.partition("/")[0]]
            alike_whole = all(other.fields == first.fields for other in others)
            yield first._replace(
                address=kind.counted(len(group)),
                fields=first.fields if alike_whole else _moving(first),
                place=None,
                link="",
                members=tuple(item.address for item in group),
                history=_history(group),
            )


def how_tos(tasks: Iterable[Task]) -> Mapping[tuple[str, ...], list[Task]]:
    """The clicks of the tasks that are not done, each with all the tasks that are done so."""
    alike: dict[tuple[str, ...], list[Task]] = {}
    for task in tasks:
        if task.where:
            alike.setdefault(task.where, []).append(task)
    return alike


def _cause(item: PageItem) -> PageItem | None:
    """What equal items have in common, None for one that stands alone."""
    kind, slash, _ = item.address.partition("/")
    if _is_long(item) or not item.head:
        common = kind in KINDS and bool(slash) and (_is_long(item) or bool(item.level))
    else:
        kind, common = "", bool(item.level and item.address)
    if item.is_loss or item.located or not common:
        return None
    return item._replace(address=kind, fields=_moving(item), place=None, link="", history=())


def _moving(item: PageItem) -> tuple[Field, ...]:
    """The fields of an item; of sets the members that go and come, as any other may have them."""
    return tuple(map(_only_moving, item.fields))


def _only_moving(field: Field) -> Field:
    changed = values.members(field.before, field.after)
    if not changed:
        return field
    gone, came = (tuple(one for sign, one in changed if sign == side) for side in "-+")
    return field._replace(before=gone, after=came, part=True)


def _is_long(item: PageItem) -> bool:
    return bool(item.fields or item.notes)


def _history(group: Sequence[PageItem]) -> tuple[str, ...]:
    """What happened to any of them, each sentence once, as many as are soon read."""
    every = [*dict.fromkeys(sentence for item in group for sentence in item.history)]
    more = len(every) - MOST_HISTORY
    rest = f"and {counted(more, 'other change')}, which --format json names" if more > 0 else ""
    return (*every[:MOST_HISTORY], *filter(None, [rest]))
