"""What a command imports: nothing heavy that it makes no use of, so that it starts fast."""

from __future__ import annotations

import pytest

from tests.support.driver import Project

HEAVY = {
    *("apply", "baseline", "client", "desired", "drift", "kinds", "live", "mail", "plan"),
    *("project", "pull", "render", "report", "sandbox"),
    *("deepdiff", "email", "filelock", "flask", "idna", "jinja2", "jsonschema", "requests"),
    *("difflib", "ssl", "subprocess", "turbohtml", "urllib3", "werkzeug", "yaml"),
}
"""The rooms of the package, the libraries that it needs, and what is large of Python's own."""
READS = {"baseline", "desired", "kinds", "live", "plan", "project", "render", "subprocess", "yaml"}
ONLINE = {*READS, "client", "deepdiff", "difflib", "email", "idna", "requests", "ssl", "urllib3"}


@pytest.mark.parametrize(
    ("command", "used"),
    [
        ("--version", set()),
        ("--help", set()),
        ("schema", {"project"}),
        ("validate", READS),
        ("accounts", READS),
        ("show plan.json", READS | {"jsonschema", "idna"}),
        ("plan", ONLINE),
        ("doctor", ONLINE | {"apply"}),
        ("probe", ONLINE | {"apply"}),
    ],
)
def test_a_command_imports_what_it_uses(project: Project, command: str, used: set[str]) -> None:
    project.declare(lists=[{"name": "Newsletter"}], contacts=[{"email": "a@acme.example"}])
    project.plan("--out", "plan.json")
    ran = project.spawn(*command.split(), env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert ran.code == 0, ran.err
    names = [line.rpartition("|")[2].strip() for line in ran.err.splitlines() if "|" in line]
    imported = {name.removeprefix("bmeconf.").partition(".")[0] for name in names}
    assert imported & HEAVY <= used
