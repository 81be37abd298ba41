"""Equal changes are said once, and each resource is named; sets show what goes and comes."""

from __future__ import annotations

import pytest

from bmeconf.model import Place, Value
from bmeconf.render import Field, Page, PageItem, Product, Section, rendered, values
from bmeconf.render.fold import folded

LEFT = Field("lists", ("A", "Everybody"), ("A",))
ALIKE = [
    PageItem("~", f"contacts/{letter}@a.example", "update", "will be updated", (LEFT,))
    for letter in "abc"
]
OTHER = ALIKE[0]._replace(address="contacts/d@a.example", fields=(LEFT._replace(after=("B",)),))


def as_one(page: Page, format: str) -> str:
    """The page in a format, as one text."""
    return "\n".join(line.text for line in rendered(Product(page, {}), format))


@pytest.mark.parametrize("format", ["text", "markdown", "html"])
def test_equal_changes_are_said_once_and_all_are_named(format: str) -> None:
    items = (ALIKE[0], OTHER, *ALIKE[1:])
    page = Page("bmeconf.plan/1", "Plan", "a", "", "good", sections=(Section("", items),))
    shown = as_one(page, format)
    assert "3 contacts" in shown
    assert all(item.address.partition("/")[2] in shown for item in items)


@pytest.mark.parametrize("format", ["junit", "github"])
def test_what_machines_count_stays_apart(format: str) -> None:
    page = Page("bmeconf.plan/1", "Plan", "a", "", "good", sections=(Section("", (*ALIKE,)),))
    assert all(item.address in as_one(page, format) for item in ALIKE)


def test_deletes_and_few_changes_are_not_folded() -> None:
    deleted = [item._replace(state="delete", must=True) for item in ALIKE]
    assert [*folded(deleted)] == deleted
    assert [*folded([*ALIKE[:2], OTHER])] == [*ALIKE[:2], OTHER]


def test_findings_at_two_places_keep_both() -> None:
    found = PageItem("!", "campaigns/A", "lint", "is not closed", level="warning", located=True)
    for each in (found, found._replace(address="", located=False)):
        items = [each._replace(place=Place("a.html", line, 1)) for line in (3, 9)]
        assert [*folded(items)] == items


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (("A", "B"), ("A",), '- "B"'),
        (("A", "B"), ("B", "C"), '- "A", + "C"'),
        (("A",), ("B",), '["A"] → ["B"]'),
        (("A",), (), '["A"] → []'),
        ("A", "B", '"A" → "B"'),
    ],
)
def test_a_set_shows_what_goes_and_comes(before: Value, after: Value, shown: str) -> None:
    assert values.change(before, after, new=False) == shown
