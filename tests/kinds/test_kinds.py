"""Every kind: in the table, in the schema, in an example, with cases; and the cases themselves.

A case is data: an account, a manifest, and the plan that must come out. Each is planned through
the command line, and the steps are applied too: what was planned converges, or is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import bmeconf.kinds
from bmeconf.kinds import KINDS, Kind, capabilities, having, only
from bmeconf.model import LEFT_ALONE
from bmeconf.project import load_schema
from bmeconf.sandbox import Sandbox
from tests.support.driver import Account, Project

HERE = Path(__file__).parent
NOT_KINDS = {
    *("__init__", "__pycache__", "api", "base", "capabilities"),
    *("id_map", "replies", "schedules", "table"),
}
CAPABILITIES = [
    each
    for each in vars(bmeconf.kinds).values()
    if isinstance(each, type) and issubclass(each, Kind) and each is not Kind
]


CASES = [
    pytest.param(case, id=f"{path.stem}: {case['case']}")
    for path in sorted((HERE / "cases").glob("*.yaml"))
    for case in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Account, Any]]:
    """One account for all cases, and the state that each starts from."""
    with Sandbox(None) as sandbox:
        account = Account(sandbox)
        yield account, account.state()


@pytest.fixture
def case_project(case: Any, tmp_path: Path, served: tuple[Account, Any]) -> Project:
    """A project with the manifest of the case, and its account."""
    account, seeded = served
    given = case.get("account", {})
    # Lists of a case's own leave no room for those who were on the seeded ones.
    alone: dict[str, Any] = {"contacts": [], "campaigns": []} if "lists" in given else {}
    account.set({**seeded, **alone, **given})
    project = Project(tmp_path, account.env)
    project.write("case.yaml", yaml.safe_dump({"version": 1, **case["manifest"]}))
    if "project" in case:
        project.write("bmeconf.yaml", yaml.safe_dump(case["project"]))
    return project


@pytest.mark.parametrize("case", CASES)
def test_case(case: Any, case_project: Project, served: tuple[Account, Any]) -> None:
    ran = case_project.run("plan", "--format", "json", *case.get("arguments", ()))
    assert ran.code == case.get("exit", 0), ran.err
    if "problems" in case:
        assert sorted(p["code"] for p in ran.json["problems"]) == sorted(case["problems"])
        assert all(p["file"] == "case.yaml" and p["line"] > 1 for p in ran.json["problems"])
        return
    plan = ran.json
    wanted = [*case["steps"], *({} for _ in plan["steps"])]
    pairs = zip(plan["steps"], wanted, strict=False)
    assert [_told(step, plan, words) for step, words in pairs] == case["steps"]
    found = [f"{f['code']} {f['address']}" for f in plan["findings"]]
    assert found == case.get("findings", [])
    manual = [f"{m['state']} {m['address']}" for m in plan["manual"]]
    assert manual == case.get("manual", [])
    if case["steps"]:
        _converges(case, case_project, served[0])


def _converges(case: Any, case_project: Project, account: Account) -> None:
    """What was planned is applied, and then nothing is left; or it is refused."""
    deletes = [s["address"] for s in case["steps"] if s["action"] == "delete"]
    allowed = [word for address in deletes for word in ("--allow-delete", address)]
    before = account.state()
    ran = case_project.run("apply", "--auto-approve", "--format", "json", *allowed)
    if case.get("exit"):
        assert ran.code == case["exit"]
        assert account.state() == before
        return
    left_alone = {f["code"] for f in ran.ok().json["findings"]} & set(LEFT_ALONE)
    assert ran.json["converged"] is not bool(left_alone)
    assert case_project.plan()["steps"] == []


def _told(step: Any, plan: Any, wanted: Any) -> dict[str, Any]:
    """A step in the words of a case: what it always says, and what this one asks for."""
    by_id = {other["id"]: other["address"] for other in plan["steps"]}
    always = {
        "address": step["address"],
        "action": step["action"],
        "changes": {c["path"]: [c["before"], c["after"]] for c in step["changes"]},
    }
    after = [by_id[id] for id in step["depends_on"]]
    asked = {key: step.get(key) for key in ("check", "origin", "hanging") if key in wanted}
    return {**always, **asked, **({"after": after} if after or "after" in wanted else {})}


def test_every_file_is_a_kind_of_the_table() -> None:
    assert bmeconf.kinds.__file__
    files = {path.stem for path in Path(bmeconf.kinds.__file__).parent.iterdir()}
    assert files - NOT_KINDS == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_kind_is_complete(name: str) -> None:
    schema = load_schema("manifest")
    assert name in schema["properties"], "no part of the schema"
    part = schema["properties"][name]
    part = schema["$defs"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part
    assert part["description"], "no words for an editor"
    assert (HERE / "cases" / f"{name}.yaml").exists(), "no cases"
    manifests = (HERE.parents[1] / "examples" / "newsletter" / "manifests").glob("*.yaml")
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in manifests]
    assert any(name in document for document in documents), "no example"


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_each_capability_is_had_by_some_kind_and_asked_for_outside_the_kinds(
    capability: type[Kind],
) -> None:
    assert 0 < len(having(capability)) < len(KINDS)
    package = Path(capabilities.__file__).parent.parent
    rooms = [path for path in package.rglob("*.py") if "kinds" not in path.parts]
    assert any(f"{capability.__name__})" in path.read_text(encoding="utf-8") for path in rooms)


def test_a_capability_that_one_kind_has_leads_to_it() -> None:
    assert only(capabilities.Audience) is KINDS["lists"]
    with pytest.raises(ValueError, match="too many values"):
        only(capabilities.Copyable)


def test_plans_are_ascii_documents(project: Project) -> None:
    project.write("a.yaml", 'version: 1\nlists: [{name: "N\u00e4chste"}]\n')
    ran = project.run("plan", "--format", "json").ok()
    assert ran.out.isascii()
    assert json.loads(ran.out)["steps"][0]["address"] == "lists/N\u00e4chste"


@pytest.mark.parametrize(
    ("name", "source", "is_one"),
    [
        *((name, "May", True) for name in ("Copy of May", "copy of May (2)", "May - Copy")),
        *((name, "May", True) for name in ("May (copy)", "May (2)", "May")),
        *((name, "News 12", True) for name in ("Copy of News 12", "Copy of News 12 (3)")),
        ("News 12 copy", "News 12", True),
        ("Copy of   0123", "0123", True),
        ("Copy of a.c", "a.c", True),
        ("Copy of abc", "a.c", False),
        *((name, "May", False) for name in ("Copy of May day", "My copy of May")),
        *((name, "May", False) for name in ("May 2 drafts", "Copy of may")),
    ],
)
def test_what_a_copy_may_be_called(name: str, source: str, is_one: bool) -> None:
    assert capabilities.names_copy(name, source) is is_one
