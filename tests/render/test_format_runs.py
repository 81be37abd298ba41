"""The formats as the command line gives them out: every command, and every way to fail."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bmeconf.cli import console
from tests.support import plans
from tests.support.driver import Account, Project
from tests.support.formats import FORMATS, Seen, told

OUTPUTS = [word for name in FORMATS for word in ("--output", f"{name}=out.{name}")]
LISTS = "version: 1\nlists: [{name: Autumn}]\n"
COMMANDS = {
    "pull": ("pull", "--force"),
    "drift": ("drift", "--fail-on", "manual"),
    "report": ("report",),
    "doctor": ("doctor",),
    "probe": ("probe",),
    "plan": ("plan",),
    "apply": ("apply", "--auto-approve"),
    "validate": ("validate",),
    "show": ("show", "plan.json"),
    "accounts": ("accounts",),
}


def read(project: Project, name: str) -> str:
    return (project.folder / f"out.{name}").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("format", FORMATS)
def test_a_format_is_the_same_on_stdout_and_in_a_file(
    command: str, format: str, project: Project
) -> None:
    project.write("a.yaml", LISTS)
    project.run("plan", "--out", "plan.json").ok()
    ran = project.run(
        *COMMANDS[command], "--format", format, "--output", f"{format}=out.{format}"
    ).ok()
    # An apply says on stdout what it is about to do, too.
    assert ran.out.endswith(read(project, format))
    assert ran.out == read(project, format) or command == "apply"
    assert ran.out or format == "github"


def test_a_plan_in_all_formats_at_once(project: Project) -> None:
    project.write("a.yaml", LISTS)
    project.run("plan", *OUTPUTS).ok()
    for name in FORMATS:
        assert "Autumn" in told(name, read(project, name))
    cases = ElementTree.fromstring(read(project, "junit")).iter("testcase")
    assert [case.get("file") for case in cases] == [None, "a.yaml"]
    assert "::notice title=Plan" in read(project, "github")


def test_an_apply_in_all_formats_at_once(project: Project) -> None:
    project.write("a.yaml", LISTS)
    project.run("apply", "--auto-approve", *OUTPUTS).ok()
    assert "<!-- bmeconf:result account=" in read(project, "markdown")
    for name in ("markdown", "html", "junit"):
        assert "applied" in told(name, read(project, name))
    # What was deleted or is done is not about to be.
    assert "to be deleted" not in read(project, "html")


def test_steps_that_failed_are_told_in_every_format(project: Project, account: Account) -> None:
    project.write("a.yaml", "version: 1\nlists: [{name: Autumn}, {name: Spring}]\n")
    account.faults({"kind": "month-limit", "method": "POST", "path": "*lists*"})
    ran = project.run("apply", "--auto-approve", *OUTPUTS)
    assert ran.code == 5, ran.err
    for name in FORMATS:
        assert "Autumn" in told(name, read(project, name)), name
    root = ElementTree.fromstring(read(project, "junit"))
    assert int(root.get("failures", "0")) >= 2
    assert "Not done" in read(project, "html")
    assert "::error " in read(project, "github")


def test_a_refused_plan_fails_in_ci(project: Project) -> None:
    project.write("a.yaml", "version: 1\ncampaigns: [{name: Offer, from: news@pending.example}]\n")
    assert project.run("plan", *OUTPUTS).code == 7
    root = ElementTree.fromstring(read(project, "junit"))
    assert root.get("failures") == "1"
    (failure,) = root.iter("failure")
    assert "pending.example is not ready" in (failure.get("message") or "")
    assert read(project, "github").startswith("::error file=a.yaml,line=2,")
    assert "apply refuses this plan: 1 error" in read(project, "markdown")
    assert "Why apply refuses this plan" in read(project, "html")


BROKEN = {
    "manifests": ("version: 1\nlists: [{nam: A}]\n", {}, (), 3, "unknown key"),
    "no account": (LISTS, {"BMECONF_API_KEY": ""}, (), 3, "BMECONF_API_KEY"),
    "an option": (LISTS, {}, ("--nothing",), 3, "--nothing"),
    "an output": (LISTS, {}, ("--output", "xml=a.xml"), 3, "formats are"),
    "a wrong key": (LISTS, {"BMECONF_API_KEY": "bme_us_" + "x" * 50}, (), 4, "key"),
}


@pytest.mark.parametrize("command", ["plan", "apply"])
@pytest.mark.parametrize("broken", BROKEN)
def test_a_failure_leaves_no_file_of_an_earlier_run(
    broken: str, command: str, project: Project
) -> None:
    manifest, env, options, code, said = BROKEN[broken]
    project.write("a.yaml", manifest)
    for name in FORMATS:
        project.write(f"out.{name}", "what an earlier run left")
    ran = project.run(*COMMANDS[command], *OUTPUTS, *options, **env)
    assert ran.code == code, ran.err
    for name in FORMATS:
        text = read(project, name)
        assert "earlier run" not in text
        assert said.replace(" ", "") in told(name, text), name
    assert read(project, "markdown").startswith("<!-- bmeconf:")
    root = ElementTree.fromstring(read(project, "junit"))
    assert int(root.get("failures", "0")) >= 1
    assert read(project, "github").startswith("::error")
    assert "<h1>" in read(project, "html")
    assert Seen(read(project, "html")).open == []


FAILURES = {
    "plan": ("a.yaml", "version: 1\nlists: [{nam: A}]\n", "unknown key"),
    "drift": ("a.yaml", "version: 1\nlists: [{nam: A}]\n", "unknown key"),
    "pull": ("manifests/lists.yaml", LISTS, "1 file there already, with other content"),
}


@pytest.mark.parametrize("command", FAILURES)
@pytest.mark.parametrize("format", FORMATS)
def test_a_failure_is_the_product_but_as_text_stands_on_stderr(
    command: str, format: str, project: Project
) -> None:
    name, manifest, said = FAILURES[command]
    project.write(name, manifest)
    ran = project.run(command, "--format", format, "--output", f"{format}=out.{format}")
    assert ran.code == 3
    assert said in ran.err
    assert said.replace(" ", "") in told(format, read(project, format))
    assert ran.out == ("" if format == "text" else read(project, format))


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_tells_of_a_pull_and_a_hostile_name_is_text(
    format: str, project: Project, account: Account
) -> None:
    hostile = "\u202e::error::x\x1b[2J <script>alert(1)</script> ##[error] | `code` @all"
    account.edit("lists", "Newsletter", name=hostile)
    out = project.run("pull", "--format", format).ok().out
    words = told(format, out)
    verdict = "Pulled:thestructure,3lists,2campaigns,in12files."
    assert (verdict if format == "github" else "manifests/campaigns/Welcome.html") in words
    assert "script" in words
    assert not {"\x1b", "\u202e"} & {*out}
    assert "##[" not in out or format == "json"
    assert not any(line.lstrip().startswith("::error::") for line in out.splitlines())
    assert "<script" not in out or format not in ("html", "junit")


def test_show_needs_neither_account_nor_network(tmp_path: Path) -> None:
    plans.saved(tmp_path, plans.plan(["a", "b", "c", "d"]))
    project = Project(tmp_path)
    project.run("show", "plan.json", *OUTPUTS).ok()
    for name in FORMATS:
        assert read(project, name)


def test_the_time_of_a_schedule_is_told_in_its_own_zone(project: Project) -> None:
    project.write(
        "a.yaml",
        "version: 1\ncampaigns: [{name: Welcome, schedule: {at: 2031-03-03T09:00:00+01:00}}]\n",
    )
    project.run("plan", "--out", "plan.json").ok()
    ran = project.run("show", "plan.json", "--format", "markdown").ok()
    assert "2031-03-03 09:00 (UTC+01:00)" in ran.out
    assert "2031-03-03 08:00 UTC" in ran.out


# --- the summary of a CI step


def test_the_summary_of_a_step_grows_with_each_command(project: Project) -> None:
    project.write("a.yaml", LISTS)
    summary = project.write("summary.md", "before\n")
    env = {"GITHUB_STEP_SUMMARY": str(summary)}
    project.run("validate", "--format", "github", **env).ok()
    project.run("plan", "--output", "github=out.github", **env).ok()
    project.run("plan", **env).ok()
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("before\n<!-- bmeconf:problems account= -->")
    assert text.count("<!-- bmeconf:plan ") == 1
    assert "`lists/Autumn`" in text


def test_a_failure_is_in_the_summary_too(project: Project) -> None:
    summary = project.folder / "summary.md"
    project.write("a.yaml", "version: 1\nlists: [{nam: A}]\n")
    ran = project.run("plan", "--format", "github", GITHUB_STEP_SUMMARY=str(summary))
    assert ran.code == 3
    assert "unknown key" in summary.read_text(encoding="utf-8")


def test_a_summary_keeps_to_the_room_that_is_left(tmp_path: Path) -> None:
    plans.saved(tmp_path, plans.plan([f"name {n}" for n in range(300)], deletes=False))
    summary = tmp_path / "summary.md"
    used = console.SUMMARY_ROOM - 60_000
    summary.write_text("x" * used)
    env = {"GITHUB_STEP_SUMMARY": str(summary)}
    Project(tmp_path).run("show", "plan.json", "--format", "github", **env).ok()
    assert used < summary.stat().st_size <= console.SUMMARY_ROOM
    assert "To fit in here" in summary.read_text(encoding="utf-8")


def test_a_summary_that_cannot_be_written_is_told(project: Project) -> None:
    project.write("a.yaml", LISTS)
    env = {"GITHUB_STEP_SUMMARY": str(project.folder / "no" / "folder")}
    for command in ("plan", "apply"):
        options = ["--auto-approve"] if command == "apply" else []
        ran = project.run(command, "--format", "github", *options, **env).ok()
        assert "Warning: GITHUB_STEP_SUMMARY:" in ran.err
