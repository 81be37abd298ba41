"""`explain` knows every code, key and question; the lists are complete."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TypeGuard, get_args

import pytest

import bmeconf
from bmeconf import guide
from bmeconf.cli import usage
from bmeconf.live import doubts
from bmeconf.live.match import Status
from bmeconf.mail.lint import CODES
from bmeconf.model.codes import Code
from bmeconf.report import DeliveryState
from tests.support.driver import Project
from tests.support.formats import FORMATS, squeezed, told

PACKAGE = Path(bmeconf.__file__).parent
FINDINGS = {*get_args(Code)}
"""mypy holds that a problem and a finding have no other."""


def topics(sort: str) -> list[guide.Topic]:
    return [topic for topic in guide.every() if topic.sort == sort]


def test_every_code_is_explained_once_and_no_other() -> None:
    names = [topic.name for topic in topics("code")]
    assert len(names) == len({*names})
    assert {*names} == FINDINGS | {*CODES}


def test_codes_that_types_do_not_hold_are_codes_all_the_same() -> None:
    of_match = {doubts.code(each) for each in Status} - {"found", "missing"}
    of_report = {"missing", str(DeliveryState.NEVER_SENT), str(DeliveryState.UNCLEAR)}
    assert of_match | of_report <= FINDINGS


def test_the_page_on_mails_names_every_code_of_lint_and_no_other() -> None:
    rows = [row.split("|")[2] for row in guide.page("mail").splitlines() if row.startswith("| ")]
    assert sorted(re.findall(r"`([a-z_]+)`", " ".join(rows))) == sorted(CODES)


def test_no_code_is_explained_that_nothing_uses() -> None:
    sources = [path.read_text("utf-8") for path in PACKAGE.rglob("*.py") if path.stem != "codes"]
    used = {*re.findall(r'"(\w+)"', "\n".join(sources))} | {each.value for each in Status}
    assert used >= FINDINGS


LEVELS = ("error", "warning", "note")


def raised_levels() -> set[tuple[str, str]]:
    """Each code with a level at which the package raises it, as far as both are written there."""
    raised = set()
    for path in PACKAGE.rglob("*.py"):
        for call in (n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if is_raising(n)):
            texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
            code = next((text for text in texts if text in FINDINGS), None)
            # Without a level a problem is an error.
            unnamed = ["error"] if word(call) != "Finding" and ends_with(call, code) else []
            levels = [text for text in texts if text in LEVELS] or unnamed
            raised |= {(code, level) for level in levels if code}
    return raised


def is_raising(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and word(node) in ("Finding", "Problem", "problem")


def ends_with(call: ast.Call, code: str | None) -> bool:
    return [getattr(last, "value", None) for last in call.args[-1:]] == [code]


def word(call: ast.Call) -> str:
    return str(getattr(call.func, "id", "") or getattr(call.func, "attr", ""))


def test_every_code_is_explained_at_the_levels_at_which_it_is_raised() -> None:
    when = {topic.name: dict(topic.facts)["When"].lower() for topic in topics("code")}
    raised = raised_levels()
    assert len(raised) > 50
    assert [(code, level) for code, level in sorted(raised) if level not in when[code]] == []


def test_the_pages_have_every_exit_code_and_variable_of_the_help() -> None:
    codes = re.findall(r"^\| (\d+) \|", guide.page("exit-codes"), re.MULTILINE)
    assert [int(code) for code in codes] == [*usage.EXIT_CODES]
    told = " ".join(text for entry in usage.ENVIRONMENT.items() for text in entry)
    named = {*re.findall(r"[A-Z]+_[A-Z_]+", told)}
    rows = [row for row in guide.page("environment").splitlines() if row.startswith("| `")]
    assert named <= {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}


def test_every_key_of_the_files_is_explained() -> None:
    missing = [topic.name for topic in topics("field") if not topic.text]
    assert missing == []
    names = {topic.name for topic in topics("field")}
    assert {"campaigns.subject", "policy.max_deletes", "accounts.NAME.base_url"} <= names


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("looks_renamed", ["looks_renamed"]),
        ("campaign.subject", ["campaigns.subject"]),
        ("max_deletes", ["policy.max_deletes"]),
        ("schedule", ["schedule", "campaigns.schedule"]),
        ("contact_lists_write", ["contact_lists_write"]),
        ("same_body", ["same_body"]),
    ],
)
def test_what_a_name_means(project: Project, name: str, found: list[str]) -> None:
    document = project.run("explain", name, "--format", "json").ok().json
    assert [topic["name"] for topic in document["topics"]] == found


def test_an_unknown_name_is_told_a_near_one(project: Project) -> None:
    assert 'did you mean "looks_renamed"?' in project.refused("explain", "looks_renam")


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_explains(project: Project, format: str) -> None:
    shown = project.run("explain", "looks_renamed", "--format", format).ok().out
    assert "renamedbyhand" in squeezed(told(format, shown)) or format == "github"


def test_without_a_name_all_are_listed(project: Project) -> None:
    shown = project.run("explain").ok().out
    assert all(topic.name in shown for topic in guide.every())


def test_the_codes_of_a_real_run_are_explained(project: Project) -> None:
    project.write("m.yaml", "version: 1\nlists: [{nam: A}, {name: B}, {name: b}]\n")
    problems = json.loads(project.run("validate", "--format", "json").out)["problems"]
    assert {problem["code"] for problem in problems} <= FINDINGS
