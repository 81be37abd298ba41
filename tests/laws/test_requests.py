"""How many requests a plan takes: as many as the account must be asked, and hardly one more.

One for the structures, one a page of lists and of campaigns, one a draft (with a lock file: that
moved), one a batch of contacts, one a contact that is to change, one for the domains; each only
where such things are declared. In an ordinary run every two of shape, dialect and way meet; every
night all three do (BMECONF_EXAMPLES).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

import pytest

from tests.support.driver import Account, Project, writes
from tests.support.strategies import STRUCTURE, Data, cells, ident

PAGE = 100
FIELD = ident(9, 1)
MADE = "2026-01-01T09:00:00.000Z"


@dataclass(frozen=True)
class Shape:
    """An account and its manifest: so many of each are live, declared, and about to change."""

    lists: int
    campaigns: int
    contacts: int
    drafts: int
    declared_lists: int
    changed_drafts: int = 1
    changed_contacts: int = 0

    def account(self) -> Data:
        lists = [{"_id": ident(1, n), "name": f"L{n}"} for n in range(self.lists)]
        contacts = [
            {"_id": ident(2, n), "key": f"c{n}@acme.example", "lists": [ident(1, 0)]}
            | {"fields": {FIELD: "Oslo"}}
            for n in range(self.contacts)
        ]
        campaigns = [
            {"_id": ident(3, n), "name": f"C{n}", "subject": "Hello", "from": "news@acme.example"}
            | {"body": "<p>Hi</p>", "lists": [ident(1, 1)], "createdAt": MADE}
            | {"updatedAt": f"2026-02-01T{n // 60:02}:{n % 60:02}:00.000Z"}
            for n in range(self.campaigns)
        ]
        fields = [{"_id": FIELD, "label": "City", "dataType": "text", "required": False}]
        structure = {"_id": STRUCTURE, "fields": fields}
        domain = {"domain": "acme.example", "status": "verified", "isReadyForSending": True}
        return {
            "structures": [structure],
            "lists": lists,
            "contacts": contacts,
            "campaigns": campaigns,
            "domains": [domain],
        }

    def manifest(self, *, changed: bool) -> Data:
        contacts, drafts = (self.changed_contacts, self.changed_drafts) if changed else (0, 0)
        return {
            "lists": [{"name": f"L{n}"} for n in range(self.declared_lists)],
            "contacts": [
                {"email": f"c{n}@acme.example", "lists": ["L0"]}
                | {"fields": {"City": "Bergen" if n < contacts else "Oslo"}}
                for n in range(self.contacts)
            ],
            "campaigns": [
                {"name": f"C{n}", "from": "news@acme.example", "lists": ["L1"]}
                | {"subject": "New" if n < drafts else "Hello", "body": {"html": "<p>Hi</p>"}}
                for n in range(self.drafts)
            ],
        }

    def floor(self, batch: int, *, locked: bool) -> int:
        pages = ceil(self.lists / PAGE) + ceil(self.campaigns / PAGE)
        drafts = self.changed_drafts if locked else self.drafts
        searches = ceil(self.contacts / batch) + self.changed_contacts
        return 1 + pages + drafts + searches + 1


SHAPES = {
    "small": Shape(5, 6, 4, 3, 2, changed_contacts=1),
    "many lists and campaigns": Shape(250, 230, 10, 6, 5, changed_contacts=2),
    "a list more than a page": Shape(101, 150, 10, 4, 101),
    "many contacts": Shape(3, 4, 220, 2, 3, changed_contacts=12),
}
DIALECTS: dict[str, tuple[int, Data]] = {
    "as it is": (100, {}),
    "arrays": (
        100,
        {"lists_page": "array", "lists_all": "envelope", "campaign_lists_read": "objects"},
    ),
    "refusing": (
        100,
        {"page_max_size_mode": "error", "search_max_size_mode": "error", "search_status": "object"},
    ),
    "generous": (200, {"search_max_groups": 0, "search_max_size": 0, "page_max_size": 0}),
}


@pytest.mark.parametrize(
    ("name", "dialect", "way"), cells(SHAPES, DIALECTS, ("locked", "unlocked"))
)
def test_a_plan_asks_no_more_than_it_must(
    account: Account, project: Project, name: str, dialect: str, way: str
) -> None:
    locked = way == "locked"
    shape, (batch, switches) = SHAPES[name], DIALECTS[dialect]
    account.set(shape.account())
    account.switch(**switches)
    if locked:
        assert project.deploy(**shape.manifest(changed=False))["steps"] == []
    account.clear_log()
    plan = project.planned(**shape.manifest(changed=True))
    asked = len(account.log())
    assert len(plan["steps"]) == shape.changed_drafts + shape.changed_contacts
    assert plan["requests"]["read"] == asked
    assert asked <= 1.05 * shape.floor(batch, locked=locked) + 1, asked


def made(shape: Shape) -> Data:
    """The manifest of a shape, with some new of each kind."""
    manifest = shape.manifest(changed=True)
    lists = [{"name": f"New {n}"} for n in range(3)]
    contacts = [
        {"email": f"new{n}@acme.example", "lists": ["New 0"]} for n in range(shape.contacts // 4)
    ]
    drafts = [
        {"name": f"New {n}", "from": "news@acme.example", "lists": ["New 1"], "subject": "Hello"}
        for n in range(5)
    ]
    new = {"lists": lists, "contacts": contacts, "campaigns": drafts}
    return {kind: [*manifest[kind], *new[kind]] for kind in manifest}


@pytest.mark.parametrize(
    ("name", "dialect", "way"),
    cells(SHAPES, ("as it is", "generous"), ("fresh", "locked", "saved")),
)
def test_an_apply_costs_what_its_plan_says(
    account: Account, project: Project, name: str, dialect: str, way: str
) -> None:
    shape, (_, switches) = SHAPES[name], DIALECTS[dialect]
    account.set(shape.account())
    account.switch(**switches, hour_limit=0)
    if way == "locked":
        project.deploy(**shape.manifest(changed=False))
    project.declare(**made(shape))
    # What the plan learns of the service is kept for the apply where something marks the root.
    project.write("bmeconf.yaml", "version: 1\n")
    # A lock file spares a plan some reads, and an apply none.
    plan = project.plan(*(() if way == "fresh" else ("--out", "p.json")))
    price = plan["requests"]
    account.clear_log()
    result = project.apply(*(("p.json",) if way == "saved" else ()))
    log = account.log()
    assert result["requests"] == len(log)
    calls = [c["method"] for step in plan["steps"] for c in step["calls"] if c["method"] != "GET"]
    assert sorted(calls) == sorted(entry["method"] for entry in writes(log))
    before = price["check"] if way == "saved" else price["read"]
    most = before + price["write"] + price["verify"]
    assert len(log) <= most <= 1.1 * len(log) + 1, price


@pytest.mark.parametrize(
    ("manifest", "asked"),
    [
        ({"lists": [{"name": "L1"}]}, ["contact-structure", "lists"]),
        ({"contacts": [{"email": "c1@acme.example"}]}, ["contact-structure", "search"]),
        ({"campaigns": [{"name": "Draft"}]}, ["contact-structure", "campaign"]),
        ({"structure": {"tags": ["seed"]}}, ["contact-structure"]),
    ],
    ids=["lists", "contacts", "campaigns", "structure"],
)
def test_only_what_is_declared_is_asked_for(
    account: Account, project: Project, manifest: Any, asked: list[str]
) -> None:
    account.set(SHAPES["small"].account())
    project.planned(**manifest)
    assert [entry["path"].rpartition("/")[2] for entry in account.log()] == asked


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "unlocked"])
def test_what_is_declared_and_copied_is_read_once(
    account: Account, project: Project, locked: bool
) -> None:
    account.set(SHAPES["small"].account())
    declared = SHAPES["small"].manifest(changed=False)["campaigns"][:1]
    if locked:
        project.deploy(campaigns=declared)
    account.clear_log()
    plan = project.planned(campaigns=[*declared, {"name": "Copy", "copy_of": "C0"}])
    path = f"/api/email/campaign/{ident(3, 0)}"
    assert [entry["path"] for entry in account.log()].count(path) == 1
    project.run("apply", "--auto-approve").ok()
    assert account.named("campaigns", "Copy")["subject"] == "Hello"
    assert [step["address"] for step in plan["steps"]] == ["campaigns/Copy"]
