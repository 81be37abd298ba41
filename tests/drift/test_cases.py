"""What a look tells of what people did to manifests and in the web app, from `cases.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.driver import Account, Project

CASES = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"))
BY_HAND = ("drift", "conflict")


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
        case "schedule", (status,):
            account.schedule(status=status)
        case "switch", (switches,):
            account.switch(**switches)
        case "unlock", ():
            project.unlock()
        case "remove", (kind, name):
            account.remove(kind, name)
        case "add", (kind, *rows):
            for row in rows:
                account.add(kind, **row)


def look(project: Project, case: Any) -> Any:
    """The document of a look, whose exit code must follow from the classes that it tells."""
    words = case.get("fail_on", BY_HAND)
    code = 2 if {each.split()[0] for each in case["drift"].values()} & {*words} else 0
    document = project.drift("--fail-on", ",".join(words), code=code)
    for item in document["items"]:
        assert item["fails"] is (item["class"] in words)
        assert ("known" in item) is (item["class"] == "known")
        assert "last_change" not in item or item["class"] != "pending"
        assert "last_change" not in item or item["live"] != "absent"
    proven = all(finding["level"] == "note" for finding in document["findings"])
    assert document["clean"] is (proven and not document["items"])
    return document


def told(item: Any, wanted: str) -> str:
    """An item in words, in as many as are `wanted`: its class, its cause, both its sides."""
    cause = f" ({item['moved']})" if "moved" in item else ""
    sides = f" {item['desired']} {item['live']}" if len(wanted.split()) == 3 else ""
    return f"{item['class']}{cause}{sides}"


@pytest.mark.parametrize("case", [pytest.param(case, id=case["case"]) for case in CASES])
def test_a_look_tells(case: Any, project: Project, account: Account) -> None:
    for step, of in case.items():
        if step == "known":
            project.known_drift(**of)
        elif step in ("apply", "declare"):
            project.declare(**of)
            if step == "apply":
                project.apply()
        elif step in ("hand", "then"):
            for each in of:
                by_hand(project, account, *each)
        elif step == "record":
            ran = project.run("drift", "--record", "--format", "json")
            assert ran.json["recorded"] is of
    document = look(project, case)
    fields = {f"{item['address']} {item['field']}": item for item in document["items"]}
    words = {name: told(item, case["drift"].get(name, "")) for name, item in fields.items()}
    assert words == case["drift"]
    codes = sorted({finding["code"] for finding in document["findings"]})
    assert codes == case.get("findings", [])
    assert [each["state"] for each in document["manual"]] == (
        [case["manual"]] if "manual" in case else []
    )
    assert document["summary"]["in_sync"] == case.get("in_sync", document["summary"]["in_sync"])
    assert document["locked"] is case.get("locked", document["locked"])
