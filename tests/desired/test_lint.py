"""Where the findings on mails stand, at which level, and what a run makes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.driver import Account, Project
from tests.support.fake_server import Rule, by_rules, edited, in_front_of

TAGGED = {"_id": "f" * 24, "label": "A", "mergeTag": "{cf_a}"}
"""A field as a structure may show it, with its merge tag."""
MARK = "¤"
INLINE = r"""version: 1
campaigns:
  - name: A literal
    body:
      html: |

        <p>x</p>
          ¤<a href="#">1</a>
  - {name: B single, body: {html: '<p>it''s</p>
      ¤<a href="#">2</a>'}}
  - {name: C double, body: {html: "<p>\"\u00e9\"\n</p>\
      \x20¤<a\thref=\"#\">3</a><b>${x}</b>¤<a href='#'>4</a>"}}
  - name: D folded
    body:
      html: >-
        <p>x
        y</p>

        z ¤<a
        href="#">5</a>
  - name: E plain
    body: {html: <p>x</p>
      ¤<a href="#">6</a>}
  - {name: F anchor, body: {html: &b "¤<a href='#'>7</a>"}}
  - {name: G alias, body: {html: *b}, subject: "It is ${x} ¤{cf_a}"}
  - {name: H file, body: {file: h.html}, preview_text: "¤{cf_a}",
     plain_text: {text: "a\n¤http://b.example"}}
  - {name: J escaped, body: {html: ¤"\u003ca href='#'>8</a>"}}
"""
PROJECT = """version: 1
accounts: {eu: {base_url: "https://localhost", api_key_env: K, vars: {x: "<a href='#'>0</a> y"}}}
"""


def places(document: Any) -> set[str]:
    """The places of what is found."""
    return {f"{p['file']}:{p['line']}:{p['column']}" for p in document["problems"]}


def test_a_finding_stands_where_it_is_written(project: Project) -> None:
    project.write("bmeconf.yaml", PROJECT)
    project.write("m.yaml", INLINE.replace(MARK, ""))
    (project.folder / "h.html").write_bytes(b"\xef\xbb\xbf\r\n\r\n<p>x</p>\r\n  <a href='#'>9</a>")
    expected = {"h.html:4:3"}
    for number, line in enumerate(INLINE.split("\n"), start=1):
        columns = [len(before) for before in line.split(MARK)[:-1]]
        expected |= {f"m.yaml:{number}:{sum(columns[: n + 1]) + 1}" for n in range(len(columns))}
    assert places(project.run("validate", "--format", "json").json) == expected


LINK = "<a href='#'>x</a>"


@pytest.mark.parametrize(
    ("project_levels", "own_levels", "codes", "exits"),
    [
        ({}, {}, ["empty_link"], (0, 0)),
        ({"empty_link": "error"}, {}, ["empty_link"], (3, 7)),
        ({"empty_link": "off"}, {}, [], (0, 0)),
        ({"empty_link": "error"}, {"empty_link": "off", "reason": "r"}, [], (0, 0)),
        ({}, {"empty_link": "error", "reason": "r"}, ["empty_link"], (3, 7)),
        ({}, {"utm": "off", "reason": "r"}, ["empty_link", "lint_unused"], (0, 0)),
        ({}, {"utm": "error", "reason": "r"}, ["empty_link"], (0, 0)),
        ({}, {"empty_link": "off"}, ["missing_key"], (3, 3)),
        ({}, {"emty_link": "off", "reason": "r"}, ["unknown_key"], (3, 3)),
        ({"emty_link": "off"}, {}, ["unknown_key"], (3, 3)),
        ({"empty_link": "note"}, {}, ["value"], (3, 3)),
    ],
    ids=str,
)
def test_levels(
    project: Project,
    project_levels: dict[str, str],
    own_levels: dict[str, str],
    codes: list[str],
    exits: tuple[int, int],
) -> None:
    project.write("bmeconf.yaml", json.dumps({"version": 1, "policy": {"lint": project_levels}}))
    own = {"lint": own_levels} if own_levels else {}
    project.declare(campaigns=[{"name": "A", "body": {"html": LINK}, **own}])
    ran = project.run("validate", "--format", "json")
    assert ([problem["code"] for problem in ran.json["problems"]], ran.code) == (codes, exits[0])
    planned = project.run("plan", "--format", "json")
    assert planned.code == exits[1]
    if exits[1] != 3:
        assert sorted(finding["code"] for finding in planned.json["findings"]) == codes


def test_an_error_keeps_an_apply_from_writing(project: Project, account: Account) -> None:
    before = account.state()
    project.declare(
        campaigns=[
            {"name": "A", "body": {"html": LINK}, "lint": {"empty_link": "error", "reason": "r"}}
        ]
    )
    saved = project.run("plan", "--out", "plan.json")
    for command in (("apply", "--auto-approve"), ("apply", "plan.json")):
        ran = project.run(*command)
        assert ran.code == 7
        assert 'campaigns/A: a link leads nowhere: "#"' in ran.err
    assert "at m.yaml:3:" in saved.out
    assert "at m.yaml:3:" in project.run("show", "plan.json").out
    assert account.state() == before


def test_a_merge_tag_of_a_field_that_is_not_there(project: Project) -> None:
    tags = {"cf_a": "Company", "{cf_b}": "Compani", "cf_c": "City"}
    project.write("bmeconf.yaml", json.dumps({"version": 1, "merge_tags": tags}))
    body = {"html": "{cf_a} {cf_b} {cf_c} {key}"}
    fields = [{"label": "City", "type": "text"}]
    plan = project.planned(structure={"fields": fields}, campaigns=[{"name": "A", "body": body}])
    (finding,) = plan["findings"]
    assert (finding["code"], finding["address"]) == ("unknown_merge_tag", "structure")
    assert finding["message"] == (
        "merge_tags: {cf_b} stands for the field Compani, which is not there;"
        ' did you mean "Company"?'
    )


def test_what_is_wrong_with_many_mails_is_said_once(project: Project) -> None:
    project.declare(
        lists=[{"name": "L"}, {"name": "M"}],
        campaigns=[
            {"name": f"C{n}", "subject": f"S{n}", "body": {"html": LINK * 2}, "lists": [each]}
            for n, each in enumerate("LML")
        ],
    )
    for command in ("validate", "plan"):
        ran = project.run(command)
        assert " ".join(ran.out.split()).count('leads nowhere: "#"') == 1
        assert "the same at 5 more places" in " ".join(ran.out.split())
    document = project.plan()
    assert [f["address"] for f in document["findings"] if f["code"] == "empty_link"] == (
        ["campaigns/C0"] * 2 + ["campaigns/C1"] * 2 + ["campaigns/C2"] * 2
    )
    (same,) = [f for f in document["findings"] if f["code"] == "same_body"]
    assert same["address"] == "campaigns/C2"
    assert same["message"] == "has the same body as campaigns/C0, and both go to lists/L"


def test_a_plan_knows_what_the_account_shows(project: Project, account: Account) -> None:
    page = f"<html lang='en'>{LINK}{{cf_a}}</html>"
    body, fields = {"body": {"html": page}}, {"subject": "S", "body": page, "status": "draft"}
    rows = [
        {"_id": f"{n:024x}", "name": f"C{n}", **fields, **more}
        for n, more in enumerate([{"status": "sent"}, {"plainTextBody": "x"}, {}])
    ]
    structure = {"_id": "5" * 24, "label": "Contacts", "fields": [], "tags": []}
    account.set({"structures": [structure], "campaigns": rows})
    project.declare(campaigns=[{"name": f"C{n}", **body} for n in range(4)])
    rule = Rule("GET /api/contact-structure", edited(lambda raw: raw[0]["fields"].append(TAGGED)))
    with in_front_of(account.sandbox.url, by_rules([rule])) as server:
        before = Project(project.folder, {**project.env, "BMECONF_BASE_URL": server.url})
        document = before.plan()
    found = {(f["address"], f["code"]) for f in document["findings"] if "place" in f}
    assert found == {
        *((f"campaigns/C{n}", "empty_link") for n in (1, 2, 3)),
        *((f"campaigns/C{n}", "no_plain_text") for n in (2, 3)),
    }
    assert ("campaigns/C1", "unknown_merge_tag") in {
        (f["address"], f["code"]) for f in project.plan()["findings"]
    }


@pytest.mark.parametrize("policy", [{}, {"lint": {"empty_link": "error"}}])
def test_findings_are_kept_for_the_next_run(project: Project, policy: dict[str, Any]) -> None:
    project.write("bmeconf.yaml", '{"version": 1}')
    project.declare(campaigns=[{"name": "A", "body": {"html": LINK + "x" * 60_000}}])
    first = project.run("plan", "--format", "json")
    project.write("bmeconf.yaml", json.dumps({"version": 1, "policy": policy}))
    again = project.run("plan", "--format", "json")
    findings = first.json["findings"]
    if policy:
        findings = [{**finding, "level": "error"} for finding in findings]
    assert again.json["findings"] == findings
    assert len([*(project.folder / ".bmeconf/sound").iterdir()]) == (2 if policy else 1)


@pytest.mark.parametrize(
    ("levels", "found", "code"),
    [
        ({}, {("warning", "dead_seed"), ("warning", "empty_audience")}, 0),
        ({"dead_seed": "off", "empty_audience": "error"}, {("error", "empty_audience")}, 7),
        ({"dead_seed": "error", "empty_audience": "off"}, {("error", "dead_seed")}, 7),
    ],
    ids=["as they are", "an audience", "a seed"],
)
def test_levels_hold_for_seeds_and_audiences(
    project: Project, levels: dict[str, str], found: set[tuple[str, str]], code: int
) -> None:
    project.write("bmeconf.yaml", json.dumps({"version": 1, "policy": {"lint": levels}}))
    project.declare(
        lists=[{"name": "New"}],
        contacts=[{"email": "frank@example.com", "lists": ["Newsletter"]}],
        campaigns=[{"name": "A", "lists": ["New"]}],
    )
    ran = project.run("plan", "--format", "json")
    assert ({(f["level"], f["code"]) for f in ran.json["findings"]}, ran.code) == (found, code)
