"""What a report counts is the same in every format, and in all lines of one report.

An ordinary run looks at every third case again after its apply, a nightly one at all
(BMECONF_EXAMPLES).
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from tests.support.driver import Account, Project, Ran
from tests.support.formats import Seen
from tests.support.strategies import MANY

ROOT = Path(__file__).parents[2]
CASES = {
    case["case"]: case
    for path in sorted((ROOT / "tests" / "kinds" / "cases").glob("*.yaml"))
    for case in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    if "problems" not in case
}
TWICE = {name for number, name in enumerate(CASES) if MANY > 1 or number % 3 == 0}
FORMATS = ("markdown", "html", "junit", "github", "json")
OUTPUTS = [word for name in FORMATS for word in ("--output", f"{name}=out.{name}")]
WRONG = r"(?:was|were) (?:done wrong|undone)|(?:is|are) overdue"
LEFT_ALONE = ("frozen", "blocked", "ambiguous")
KEYS = {
    "manual steps": "manual",
    "manual step": "manual",
    "not declared": "unmanaged",
    "drifted": "drift",
    "changed on both sides": "conflict",
    "not applied yet": "pending",
}
"""What a document calls that which pages have other words for."""


def tables(text: str) -> list[tuple[str, int]]:
    """The counts at the head of a page in Markdown."""
    labels, _, numbers = text.partition("\n| ")[2].splitlines()[:3]
    cells = [row.strip("| ").split(" | ") for row in (labels, numbers)]
    return [(label, int(number)) for label, number in zip(*cells, strict=True)]


def seen(text: str) -> list[tuple[str, int]]:
    """The counts at the head of a page in HTML."""
    listed = re.findall(r'<ul class="counts">(.*?)</ul>', text, re.DOTALL)
    pairs = re.findall(r"<b>([\d,]+)</b> <span>(.*?)</span>", listed[0] if listed else "")
    return [(label, int(number)) for number, label in pairs]


def agreed(project: Project, ran: Ran) -> dict[str, int]:
    """The counts of a report, which all formats show alike, in words too."""
    files = {name: (project.folder / f"out.{name}").read_text("utf-8") for name in FORMATS}
    counts = dict(tables(files["markdown"]))
    assert dict(seen(files["html"])) == counts
    counts = {KEYS.get(label, label): number for label, number in counts.items()}
    said = {
        "text": ran.out,
        "github": files["github"].splitlines()[-1],
        "html": " ".join(Seen(files["html"]).words),
        "junit": next(ElementTree.fromstring(files["junit"]).iter("system-out")).text or "",
    }
    manual = counts.get("manual", 0)
    for format, text in said.items():
        words = " ".join(text.split())
        for number, label in re.findall(r"\b(\d+) (in sync|frozen|blocked)\b", words):
            # An apply counts steps; what is in sync stands in the plan above it.
            in_plan = label == "in sync" and "applied" in counts
            assert in_plan or counts.get(label, 0) == int(number), (format, words)
        steps = re.findall(rf"(\d+) manual steps?(?: (to do|went wrong|{WRONG})| left)?", words)
        assert sum(int(n) for n, state in steps if state) in (0, manual, 2 * manual), words
        assert {int(n) for n, state in steps if not state} <= {manual}, words
    boxes = files["markdown"].count("\n- [ ] ")
    assert boxes == manual
    # Beside a section stands how many it has.
    beside = re.findall(r'<a href="#s\d+">Manual steps <span>(\d+)</span>', files["html"])
    assert beside == ([str(manual)] if manual and beside else [])
    return counts


def reported(project: Project, *command: str) -> tuple[Ran, Any]:
    """What a command said, and its document, which it wrote beside every other format."""
    ran = project.run(*command, *OUTPUTS)
    written = (project.folder / "out.json").read_text("utf-8")
    return ran, Ran(ran.code, written, ran.err).json


def check_plan(project: Project, *arguments: str) -> Any:
    ran, document = reported(project, "plan", *arguments)
    summary, counts = document["summary"], agreed(project, ran)
    numbers = {f"to {key}": summary[key] for key in ("create", "update", "delete")}
    rest = {key: summary[key] for key in summary if key not in ("create", "update", "delete")}
    assert counts == {**numbers, **{k.replace("_", " "): n for k, n in rest.items() if n}}
    alone = {f["address"]: f["code"] for f in document["findings"] if f["code"] in LEFT_ALONE}
    codes = Counter("frozen" if code == "frozen" else "blocked" for code in alone.values())
    assert (summary["frozen"], summary["blocked"]) == (codes["frozen"], codes["blocked"])
    assert sum(step["state"] != "done" for step in document["manual"]) == summary["manual"]
    assert Counter(s["action"] for s in document["steps"]).total() == sum(numbers.values())
    left = alone or summary["manual"] or document["exit_code"] == 7
    assert ("Nothing to do" in ran.out) == (not document["steps"] and not left)
    return document


def check_drift(project: Project, plan: Any, *arguments: str) -> None:
    ran, document = reported(project, "drift", *arguments)
    summary, counts = document["summary"], agreed(project, ran)
    shown = {key.replace("_", " "): number for key, number in summary.items()}
    assert counts == {key: n for key, n in shown.items() if n or key == "in sync"}
    assert Counter(item["class"] for item in document["items"]) == Counter(
        {key: summary[key] for key in ("drift", "conflict", "pending", "known", "frozen")}
    )
    # Both commands looked at one account.
    for key in ("in_sync", "blocked", "manual"):
        assert summary[key] == plan["summary"][key], key
    unlike = {item["address"] for item in document["items"]}
    unlike |= {f["address"] for f in document["findings"] if f["level"] != "note"}
    assert {step["address"] for step in plan["steps"]} <= unlike


def check_apply(project: Project, plan: Any, *arguments: str) -> None:
    deletes = [s["address"] for s in plan["steps"] if s["action"] == "delete"]
    allowed = [f"--allow-delete={address}" for address in deletes]
    ran, document = reported(project, "apply", "--auto-approve", *arguments, *allowed)
    counts = agreed(project, ran)
    states = Counter({"applied": 0}) | Counter(step["state"] for step in document["steps"])
    assert {key: counts[key] for key in states} == states
    for key in ("manual", "frozen", "blocked"):
        assert counts.get(key, 0) == plan["summary"][key]
    assert "--resume" not in ran.out or states.total() > states["applied"]


def check(project: Project, arguments: tuple[str, ...], *, twice: bool = True) -> None:
    plan = check_plan(project, *arguments)
    check_drift(project, plan, *arguments)
    if plan["exit_code"] in (0, 7):
        check_apply(project, plan, *arguments)
        if not twice:
            return
        again = check_plan(project, *arguments)
        check_drift(project, again, *arguments)


@pytest.mark.parametrize("name", CASES)
def test_of_each_case(name: str, project: Project, account: Account) -> None:
    case = CASES[name]
    given = case.get("account", {})
    alone: dict[str, Any] = {"contacts": [], "campaigns": []} if "lists" in given else {}
    account.set({**account.state(), **alone, **given})
    project.write("case.yaml", yaml.safe_dump({"version": 1, **case["manifest"]}))
    if "project" in case:
        project.write("bmeconf.yaml", yaml.safe_dump(case["project"]))
    check(project, tuple(case.get("arguments", ())), twice=name in TWICE)


@pytest.mark.parametrize("example", ["first", "newsletter"])
def test_of_each_example(example: str, tmp_path: Path) -> None:
    project = Project(tmp_path / "it")
    ignore = shutil.ignore_patterns(".bmeconf", "bmeconf.lock.json")
    shutil.copytree(ROOT / "examples" / example, project.folder, ignore=ignore)
    check(project, ("--sandbox",))


def test_nothing_is_left_to_finish_once_all_steps_are_applied(
    project: Project, account: Account
) -> None:
    project.declare(lists=[{"name": "Mine"}])
    # What was written cannot be read back.
    fault = {"kind": "error-500", "method": "GET", "path": "*/lists*", "skip": 2, "times": 99}
    account.faults(fault)
    ran = project.run("apply", "--auto-approve")
    assert ran.code == 8, (ran.out, ran.err)
    assert "1 of 1 steps applied" in ran.out
    assert "--resume" not in ran.out + ran.err
    assert "Next: bmeconf plan  # shows what is left" in ran.out


def test_an_apply_without_steps_claims_none(project: Project) -> None:
    project.declare(lists=[{"name": "Newsletter"}])
    page = project.run("apply", "--auto-approve", "--output", "markdown=out.md")
    words = (project.folder / "out.md").read_text("utf-8")
    assert page.code == 0
    assert "**Applied: no steps. The account is as declared.**" in words
    project.declare(contacts=[{"email": "eva@example.com", "status": "Active"}])
    ran = project.run("drift")
    assert "0 in sync, 1 blocked; read with" in ran.out
    assert "and 1 blocked: see the findings" in " ".join(ran.out.split())


def test_problems_are_counted_by_their_level(project: Project) -> None:
    text = "version: 1\nlists: [{name: A}, {nam: B}]\ncampaigns: [{name: C, lists: [Z]}]\n"
    project.write("a.yaml", text)
    checked, planned = project.run("validate"), project.run("plan")
    assert ("1 error, 1 note." in checked.out) == ("note: " in checked.out)
    assert "1 error" in checked.out
    assert "Error: 1 error in 1 file" in planned.err
