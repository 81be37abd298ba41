"""Equal changes are said once, and each resource is named; sets show what goes and comes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bmeconf.model import Place, Value
from bmeconf.render import Field, Page, PageItem, Product, Section, rendered, values
from bmeconf.render.fold import folded
from tests.support.driver import Account, Project

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
    deleted = [item._replace(sign="-", state="delete", must=True) for item in ALIKE]
    assert [*folded(deleted)] == deleted
    assert [*folded([*ALIKE[:2], OTHER])] == [*ALIKE[:2], OTHER]


@pytest.mark.parametrize("level", ["", "note", "warning", "error"])
def test_who_made_equal_changes_keeps_none_apart(level: str) -> None:
    changed = [
        item._replace(state="drift", level=level, history=(f"last changed by {n % 5}",))
        for n, item in enumerate(ALIKE * 2)
    ]
    (one,) = folded(changed)
    assert one.address == "6 contacts"
    assert one.history == (
        *(f"last changed by {n}" for n in range(3)),
        "and 2 other changes, which --format json names",
    )


@pytest.mark.parametrize("format", ["text", "markdown", "html"])
def test_of_sets_only_what_moves_has_to_be_equal(format: str) -> None:
    left = [
        item._replace(fields=(LEFT._replace(before=(stays, "Everybody"), after=(stays,)),))
        for item, stays in zip(ALIKE, ("News", "Press", "Partners"), strict=True)
    ]
    of_none = ALIKE[0]._replace(
        address="contacts/e@a.example", fields=(LEFT._replace(before=("Everybody",), after=()),)
    )
    (one, alone) = folded([*left, of_none])
    assert (one.address, alone) == ("3 contacts", of_none)
    page = Page("bmeconf.plan/1", "Plan", "a", "", "good", sections=(Section("", (*left,)),))
    shown = as_one(page, format)
    assert shown.count("Everybody") == 1
    assert "Press" not in shown
    assert "News" not in shown


def test_what_waits_without_a_message_is_folded_of_each_kind() -> None:
    waits = [
        PageItem("~", f"{kind}/{letter}", "not attempted", "", level="warning")
        for letter in "abc"
        for kind in ("lists", "contacts")
    ]
    assert [item.gist for item in folded(waits)] == [
        "3 lists: not attempted",
        "3 contacts: not attempted",
    ]


@pytest.mark.parametrize("format", ["text", "markdown", "html"])
@pytest.mark.parametrize("command", [("drift",), ("apply", "--auto-approve", "--quiet")])
def test_every_report_says_equal_changes_once(
    command: Sequence[str], format: str, project: Project, account: Account, tmp_path: Path
) -> None:
    emails = [f"qa{n}@acme.example" for n in range(6)]
    contacts = [{"email": each, "fields": {"First Name": "Ann"}} for each in emails]
    project.deploy(contacts=contacts, lists=[{"name": "Old list"}])
    for each in emails[:5]:
        account.edit("contacts", each, fields={account.field_id("First Name"): "Bo"})
    account.remove("contacts", emails[5])
    # That nobody agreed to the delete is why the apply is refused.
    project.declare(contacts=contacts, lists=[{"name": "Old list", "state": "absent"}])
    output = tmp_path / "report"
    assert project.run(*command, "--output", f"{format}={output}").code != 0
    shown, _, _ = output.read_text().partition("Next")
    assert "5 contacts" in shown
    assert [shown.count(each) for each in emails[:5]] == [1] * 5
    assert emails[5] in shown
    if format == "html":
        lost = emails[5] if command == ("drift",) else "Old list"
        assert shown.index(f"<h3>{lost}") < shown.index("<h3>5 contacts")


def test_findings_at_two_places_keep_both() -> None:
    found = PageItem("!", "campaigns/A", "lint", "is not closed", level="warning", located=True)
    for each in (found, found._replace(address="", located=False)):
        items = [each._replace(place=Place("a.html", line, 1)) for line in (3, 9)]
        assert [*folded(items)] == items


@pytest.mark.parametrize(
    ("before", "after", "shown", "apart"),
    [
        (("A", "B"), ("A",), '- "B"', 'only in Git: "B"'),
        (
            ("A", "B"),
            ("B", "C"),
            '- "A", + "C"',
            'only in Git: "A", only in the account: "C"',
        ),
        (("A",), ("B",), '["A"] → ["B"]', 'in Git: ["A"], in the account: ["B"]'),
        (("A",), (), '["A"] → []', 'in Git: ["A"], in the account: []'),
        ("A", "B", '"A" → "B"', 'in Git: "A", in the account: "B"'),
    ],
)
def test_a_set_shows_what_goes_and_comes(
    before: Value, after: Value, shown: str, apart: str
) -> None:
    changed = Field("lists", before, after)
    assert values.change(changed) == shown
    sides = ("In Git", "In the account")
    assert values.change(changed._replace(sides=sides, apart=True)) == apart
