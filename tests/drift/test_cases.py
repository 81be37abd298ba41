"""What a look tells of what people did to manifests and in the web app, from `cases.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.documents import state_of
from tests.support.driver import Account, Project

CASES = yaml.load(
    (Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader
)
FAIL_ON = ("drift", "conflict", "manual")
BROKEN = ("overdue", "undone", "wrong")
FAR, PAST = "2030-12-01T08:00:00Z", "2025-12-01T08:00:00Z"


def by_hand(project: Project, account: Account, what: str, *of: Any) -> None:
    """One thing that somebody does, by hand; lists and fields by their names."""
    match what, of:
        case "edit", (kind, name, values):
            ids = {each["name"]: each["_id"] for each in account.state()["lists"]}
            if "lists" in values:
                values = values | {"lists": [ids.get(each, each) for each in values["lists"]]}
            if "fields" in values:
                fields = {account.field_id(label): v for label, v in values["fields"].items()}
                values = values | {"fields": fields}
            account.edit(kind, name, **values)
        case "drop", (kind, id):
            state = account.state()
            account.set({**state, kind: [row for row in state[kind] if row["_id"] != id]})
        case "schedule", (status, *name):
            account.schedule(FAR, status, *name)
        case "switch", (switches,):
            account.switch(**switches)
        case "unlock", ():
            project.unlock()
        case "remove", (kind, name):
            account.remove(kind, name)
        case "add", (kind, *rows):
            for row in rows:
                account.add(kind, **row)


def mine(at: str) -> dict[str, Any]:
    return {"name": "Mine", "lists": ["Newsletter"], "schedule": {"at": at, "owner": "mia"}}


def word(told: str) -> str:
    """What makes an item fail: its class, or the cause behind a frozen campaign."""
    return told.partition("(")[2].rstrip(")") if told.startswith("frozen") else told.split()[0]


def told(item: Any, wanted: str) -> str:
    """An item in words, in as many as are `wanted`: its class, its cause, both its sides."""
    cause = f" ({item['moved']})" if "moved" in item else ""
    sides = f" {item['desired']} {item['live']}" if len(wanted.split()) == 3 else ""
    return f"{item['class']}{cause}{sides}"


def check(case: Any, document: Any, account: Account) -> None:
    """The document is as the case says, and no item contradicts itself."""
    shown = {f"{item['address']} {item['field']}": item for item in document["items"]}
    items = {name: told(item, case["drift"].get(name, "")) for name, item in shown.items()}
    assert items == case["drift"]
    for name, item in shown.items():
        assert item["fails"] is (word(items[name]) in case.get("fail_on", FAIL_ON))
        assert item["class"] == "known" or item.get("known", {"expired": True})["expired"]
        assert "last_change" not in item or "pending" not in items[name]
        assert "last_change" not in item or item["live"] != "absent"
    proven = all(finding["level"] == "note" for finding in document["findings"])
    assert document["clean"] is (proven and not items)
    assert sorted({each["code"] for each in document["findings"]}) == case.get("findings", [])
    assert document["summary"]["in_sync"] == case.get("in_sync", document["summary"]["in_sync"])
    assert document["locked"] is case.get("locked", document["locked"])
    manual = {each["state"]: each["observed"] for each in document["manual"]}
    assert [*manual] == ([case["manual"]] if "manual" in case else [])
    for key, value in case.get("observed", {}).items():
        observed = manual[case["manual"]]
        assert observed[key] == (account.id_of("campaigns", value) if key == "id" else value)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["case"]) for case in CASES])
def test_a_look_tells(case: Any, project: Project, account: Account) -> None:
    for step, of in case.items():
        if step == "known":
            project.known_drift(**of)
        elif step == "apply":
            project.deploy(**of)
        elif step == "declare":
            project.declare(**of)
        elif step in ("hand", "then"):
            for each in of:
                by_hand(project, account, *each)
        elif step == "due":
            project.deploy(campaigns=[mine(of)])
        elif step == "kept":
            at = FAR if of == "scheduled" else PAST
            project.deploy(campaigns=[mine(at)])
            account.schedule(at, of, "Mine")
            assert state_of(project.drift("--record")) == "done"
        elif step == "record":
            ran = project.run("drift", "--record", "--format", "json")
            assert ran.json["recorded"] is of
    words = case.get("fail_on", FAIL_ON)
    code = 2 if {*map(word, case["drift"].values())} & {*words} else 0
    code = 9 if case.get("manual") in BROKEN else code
    options = ("--fail-on", ",".join(words))
    # A look that remembers blesses nothing that the first one did not.
    again = ("--record",) if {"kept", "record"} & {*case} else ()
    for more in ((), again, again):
        check(case, project.drift(*options, *more, code=code), account)
    text = " ".join(project.drift_text(*options, code=code).split())
    assert [each for each in case.get("text", ()) if each not in text] == []
    assert [each for each in case.get("never", ()) if each in text] == []
