"""Reading documents: plans, drift, and any other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def classes(plan: Any) -> dict[str, str]:
    """Who moved, for every change of a plan: by address and path."""
    return {
        f"{step['address']} {change['path']}": change.get("class", "")
        for step in plan["steps"]
        for change in step["changes"]
    }


def codes(document: Any) -> list[str]:
    """The code of every finding, in order, but for those on mails."""
    return [finding["code"] for finding in document["findings"] if "place" not in finding]


def found(document: Any) -> dict[str, str]:
    """The class of every item, by address and field."""
    return {f"{item['address']} {item['field']}": item["class"] for item in document["items"]}


def only(document: Any) -> Any:
    """The one item of a drift document."""
    (item,) = document["items"]
    return item


def state_of(document: Any) -> str:
    """The state of the one manual step."""
    (one,) = document["manual"]
    return str(one["state"])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a document, its own first."""
    yield path
    names: Any = value if isinstance(value, dict) else ()
    names = range(len(value)) if isinstance(value, list) else names
    for name in names:
        yield from places(value[name], (*path, name))
