"""One cause is one error, at the place where it is mended."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.driver import Project
from tests.support.files import write

SEEDS = "Email,Town\n" + "".join(f"qa{number}@seeds.example,Oslo\n" for number in range(30))
TABLE = "version: 1\ncontact_files: [{csv: seeds.csv, email: Email, %s}]\n"
ROWS = "".join(f"  - {{email: qa{n}@seeds.example, %s}}\n" for n in range(30)).replace("%", "%%")
LISTED = "version: 1\ncontacts:\n" + ROWS.replace("%%s", "%(spec)s")
GONE = "version: 1\ncampaigns: [{name: N, state: absent, %s}]\n"
CAMPAIGNS = "version: 1\ncampaigns:\n"
CAMPAIGNS += "".join(f"  - {{name: N{n}, %(spec)s}}\n" for n in range(30))
OLD = "lists: [{name: Old, %s}]\n"
FULL = "from: a@acme.example, subject: A, copy_of: Q, lists: [B], body: {html: x}"


@pytest.mark.parametrize(
    ("command", "manifest", "place", "said"),
    [
        ("plan", TABLE % "defaults: {lists: [Nope]}", "m.yaml:2:67:", "refers to lists/Nope"),
        ("plan", TABLE % "defaults: {tags: [nope]}", "m.yaml:2:66:", "no tag 'nope'"),
        ("plan", TABLE % "fields: {Twon: Town}", "m.yaml:2:57:", "no field 'Twon'"),
        ("validate", TABLE % "defaults: {status: Actve}", "m.yaml:2:67:", '"Actve"'),
        ("plan", LISTED % {"spec": "lists: [Nope]"}, "m.yaml:3:40:", "at 29 more places"),
        ("plan", LISTED % {"spec": "tags: [nope]"}, "m.yaml:3:39:", "at 29 more places"),
        ("plan", LISTED % {"spec": "fields: {Nope: x}"}, "m.yaml:3:41:", "at 29 more places"),
        (
            "validate",
            CAMPAIGNS % {"spec": "subject: '${nope}'"},
            "m.yaml:3:25:",
            "at 29 more places",
        ),
        (
            "validate",
            CAMPAIGNS % {"spec": "body: {file: no.html}"},
            "m.yaml:3:29:",
            "at 29 more places",
        ),
        (
            "validate",
            CAMPAIGNS % {"spec": "lists: [Old]"} + OLD % "state: absent",
            "m.yaml:3:24:",
            "29 more",
        ),
        (
            "validate",
            "version: 1\nlists: [{name: A, renamed_from: [Old]}]\n"
            + CAMPAIGNS[11:] % {"spec": "lists: [Old]"},
            "m.yaml:4:24:",
            '"A", at m.yaml:2:33; update',
        ),
        ("validate", TABLE.replace("Email,", "Town,") % "defaults: {}", "m.yaml:2:41:", "is an em"),
        (
            "validate",
            TABLE.replace("seeds.csv", "wide.csv") % "defaults: {}",
            "wide.csv:1:1:",
            "2 c",
        ),
        ("validate", "apiVersion: v1\nkind: Service\nspec: {}\n", "m.yaml:1:1:", "no manifest"),
        ("validate", GONE % FULL, "m.yaml:2:38:", "from, subject, copy_of, lists, body: an entry"),
        ("validate", "version: 1\nlists:\n  - name: A\n\t- name: B\n", "m.yaml:4:1:", "a tab"),
    ],
)
def test_one_cause_is_one_error(
    project: Project, command: str, manifest: str, place: str, said: str
) -> None:
    users = "version: 1\ncampaigns: [{name: C, subject: x}]\n"
    if "tab" in said:
        users = "version: 1\ncampaigns: [{name: C, lists: [A, B]}, {name: D, lists: [A]}]\n"
    write(
        project.folder,
        {"m.yaml": manifest, "n.yaml": users, "seeds.csv": SEEDS, "wide.csv": f"A,{SEEDS}"},
    )
    ran = project.run(command)
    assert ran.code == 3
    (told,) = [
        line for line in (ran.out + ran.err).splitlines() if re.match(r"\w+\.(yaml|csv):", line)
    ]
    assert told.startswith(place)
    assert said in told


def test_one_body_is_warned_of_once(project: Project) -> None:
    body = f"<p>x</p>\n<script>x</script>{'x' * 500_000}"
    write(project.folder, {"m.yaml": CAMPAIGNS % {"spec": "body: {file: a.html}"}, "a.html": body})
    ran = project.run("validate")
    told = [line.split(": ")[0] for line in ran.out.splitlines() if line.startswith("a.html")]
    assert (ran.code, told) == (3, ["a.html:1:1", "a.html:2:1"])


def test_what_a_plan_finds_at_many_is_said_once_and_names_them_all(
    project: Project,
) -> None:
    manifest = CAMPAIGNS % {"spec": "from: a@unknown.example, subject: S"}
    write(project.folder, {"m.yaml": manifest})
    said = "is not ready for sending"
    ran = project.run("plan")
    text = " ".join(ran.out.split())
    assert (ran.code, text.count(said), ran.err.count(said)) == (7, 1, 1)
    assert "the plan is refused: campaigns/N0 and 29 more: from:" in ran.err
    told = text[: text.index("→")]
    assert all(f"campaigns/N{n}" in told for n in range(30))
    found = json.loads(project.run("plan", "--format", "json").out)["findings"]
    assert [finding["code"] for finding in found] == ["sender_not_ready"] * 30
