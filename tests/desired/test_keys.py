"""An API key in any file that a run reads is refused at its place, and never shown."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.support.driver import Account, Project
from tests.support.files import write
from tests.support.git import commit

KEY = f"bme_us_{'x7' * 21}z"
NEWS = "version: 1\ncampaigns:\n  - {name: News, subject: Hi, %s}\n"
TABLE = "version: 1\ncontact_files: [{csv: seeds.csv, email: Email}]\n"
SHORT = "accounts: {a: {base_url: 'https://localhost', api_key_env: K, vars: {rest: %s}}}\n"

PLACES = {
    "a body file": (
        {"m.yaml": NEWS % "body: {file: n.html}", "n.html": f"\n<p> {KEY}"},
        "n.html:2:5",
    ),
    "a plain text": (
        {"m.yaml": NEWS % "plain_text: {file: n.txt}", "n.txt": f"a\n\n{KEY}"},
        "n.txt:3:1",
    ),
    "html": ({"m.yaml": NEWS % f'body: {{html: "<p>{KEY}"}}'}, "m.yaml:3:48"),
    "text": ({"m.yaml": NEWS % f'plain_text: {{text: "{KEY}"}}'}, "m.yaml:3:51"),
    "a note": (
        {"m.yaml": NEWS % f"schedule: {{at: 2030-01-01T00:00Z, note: {KEY}}}"},
        "m.yaml:3:71",
    ),
    "a comment": ({"m.yaml": f"# {KEY}\n" + NEWS % "lists: []"}, "m.yaml:1:3"),
    "a name": ({"m.yaml": f"version: 1\nlists: [{{{KEY}: 1, name: A}}]"}, "m.yaml:2:10"),
    "a block": (
        {"m.yaml": NEWS % "lists: []" + f"lists:\n  - name: |\n     {KEY}\n"},
        "m.yaml:6:6",
    ),
    "an escape": ({"m.yaml": NEWS % f'preview_text: "b\\x6d{KEY[2:]}"'}, "m.yaml:3:45"),
    "a file that is no YAML": ({"m.yaml": f"version: 1\n\tx\n# {KEY}\n"}, "m.yaml:3:3"),
    "a cell": ({"m.yaml": TABLE, "seeds.csv": f"Email\nqa@acme.example\n{KEY}\n"}, "seeds.csv:3:1"),
    "a cell that nothing uses": (
        {"m.yaml": TABLE, "seeds.csv": f"Email,Note\nqa@acme.example,{KEY}\n"},
        "seeds.csv:2:17",
    ),
    "a header": (
        {"m.yaml": TABLE, "seeds.csv": f"Email,{KEY}\nqa@acme.example,\n"},
        "seeds.csv:1:7",
    ),
    "a variable": (
        {
            "m.yaml": NEWS % "preview_text: 'bme_us_${rest}'",
            "bmeconf.yaml": f"version: 1\n{SHORT}" % KEY[7:],
        },
        "m.yaml:3:45",
    ),
    "a comment of the project file": (
        {"m.yaml": NEWS % "lists: []", "bmeconf.yaml": f"version: 1 # {KEY}\n"},
        "bmeconf.yaml:1:14",
    ),
}


@pytest.mark.parametrize("command", ["validate", "plan"])
@pytest.mark.parametrize(("files", "place"), PLACES.values(), ids=PLACES)
def test_a_key_is_refused_where_it_stands(
    project: Project, files: Mapping[str, str], place: str, command: str
) -> None:
    write(project.folder, files)
    ran = project.run(command, "--format", "json", BMECONF_K="bme_x", K="bme_x")
    assert ran.code == 3
    keys = [problem for problem in ran.json["problems"] if problem["code"] == "key_in_file"]
    assert [f"{p['file']}:{p['line']}:{p['column']}" for p in keys] == [place]
    assert KEY[7:] not in ran.out + ran.err


def test_a_key_in_a_template_of_the_account_is_written_into_no_draft(
    project: Project, account: Account
) -> None:
    state = account.state()
    (template, *_) = state["templates"]
    template["html"] = f"<p>{KEY}</p>"
    account.set(state)
    body = {"template": {"name": template["name"], "lang": "en"}}
    project.declare(campaigns=[{"name": "News", "subject": "Hi", "body": body}])
    ran = project.run("apply", "--auto-approve")
    assert ran.code == 3
    assert "m.yaml:3:5: campaigns/News: body: the template" in ran.err
    assert KEY not in ran.err
    assert account.writes() == []


def test_a_key_at_an_earlier_commit_is_not_shown(project: Project) -> None:
    write(project.folder, PLACES["a body file"][0])
    commit(project.folder)
    project.write("n.html", "<p>Hi</p>")
    ran = project.run("plan", "--since", "HEAD").ok()
    assert "n.html:2:5: " in ran.err
    assert KEY not in ran.err
