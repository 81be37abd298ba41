"""Reading plan and drift documents."""

from __future__ import annotations

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
