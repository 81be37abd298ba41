"""`compare`: what promotion from one account to another would change, and what it leaves."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.formats import FORMATS, Seen, squeezed, told
from tests.support.pair import Pair

STAGED = ("lists/Staging news", "contacts/qa@staging.acme.example", "campaigns/Winter")
PROMOTED = ("lists/Production news", "contacts/qa@acme.example", "campaigns/Winter")


def compared(pair: Pair, *arguments: str, code: int = 0) -> Any:
    """The document of staging beside production, which sends only reads."""
    before = [account.state() for account in pair.accounts.values()]
    sent = [account.writes() for account in pair.accounts.values()]
    ran = pair.project.run("compare", "staging", "production", "--format", "json", *arguments)
    assert ran.code == ran.json["exit_code"] == code, ran.err
    assert [account.state() for account in pair.accounts.values()] == before
    assert [account.writes() for account in pair.accounts.values()] == sent
    return ran.json


def states(document: Any) -> list[dict[str, tuple[str, str]]]:
    """The address and the state of each resource, in each account."""
    return [
        {each["name"]: (each["address"], each["state"]) for each in row["accounts"]}
        for row in document["resources"]
    ]


def test_promotion_by_vars_alone(two_accounts: Pair) -> None:
    project = two_accounts.project
    project.apply("--account", "staging")
    before = compared(two_accounts)
    assert not before["equal"]
    assert {tuple(row.values()) for row in states(before)} == {
        ((staged, "as declared"), (promoted, "missing"))
        for staged, promoted in zip(STAGED, PROMOTED, strict=True)
    }
    planned = project.plan("--account", "production")["steps"]
    assert sorted(step["address"] for step in planned) == sorted(PROMOTED)
    compared(two_accounts, "--detailed-exitcode", code=2)
    project.apply("--account", "production")
    after = compared(two_accounts, "--detailed-exitcode")
    assert after["equal"]
    assert {state for row in states(after) for _, state in row.values()} == {"as declared"}
    said = project.run("compare", "staging", "production").ok().out
    assert "promotion would change nothing" in said


def test_bodies_with_variables_differ_by_these_alone(two_accounts: Pair) -> None:
    project = two_accounts.project
    project.write("winter.html", "<p>One</p>\n<p>${brand}</p>\n<p>Three</p>\n")
    entry = {"name": "Winter", "body": {"file": "winter.html", "expand": True}}
    project.declare(campaigns=[entry])
    for name in two_accounts.accounts:
        project.apply("--account", name)
    assert compared(two_accounts)["equal"]
    (staged,) = [c for c in two_accounts.staging.state()["campaigns"] if c["name"] == "Winter"]
    two_accounts.production.edit("campaigns", "Winter", body=staged["body"])
    (row,) = compared(two_accounts)["resources"]
    assert [each["state"] for each in row["accounts"]] == ["as declared", "differs"]
    said = project.run("plan", "--account", "production").ok().out
    changed = [line.strip() for line in said.splitlines() if "<p>" in line]
    kept, *moved, end = changed
    assert (kept, end) == ("<p>One</p>", "<p>Three</p>")
    assert moved == ["-<p>Staging</p>", "+<p>Production</p>"]


def test_the_fields_that_differ_are_those_of_the_plan(two_accounts: Pair) -> None:
    project = two_accounts.project
    for name in two_accounts.accounts:
        project.apply("--account", name)
    two_accounts.production.edit("campaigns", "Winter", subject="By hand")
    (row,) = [r for r in compared(two_accounts)["resources"] if "campaigns" in str(r)]
    staging, production = row["accounts"]
    assert (staging["state"], production["state"]) == ("as declared", "differs")
    assert production["differences"] == [
        {"field": "subject", "desired": "Production: winter", "live": "By hand"}
    ]
    assert row["place"]["file"] == "m.yaml"
    (step,) = project.plan("--account", "production")["steps"]
    assert [c["path"] for c in step["changes"]] == ["subject"]


def test_each_row_of_a_table_and_the_structure_are_resources(two_accounts: Pair) -> None:
    two_accounts.project.write("seeds.csv", "Email\na@acme.example\nb@acme.example\n")
    two_accounts.project.declare(
        structure={"tags": ["seed"]}, contact_files=[{"csv": "seeds.csv", "email": "Email"}]
    )
    two_accounts.project.apply("--account", "staging")
    document = compared(two_accounts)
    assert [(*row.values(),) for row in states(document)] == [
        (("contacts/a@acme.example", "as declared"), ("contacts/a@acme.example", "missing")),
        (("contacts/b@acme.example", "as declared"), ("contacts/b@acme.example", "missing")),
        (("structure", "as declared"), ("structure", "differs")),
    ]
    assert [row["place"]["line"] for row in document["resources"][:2]] == [2, 3]


def test_what_only_one_account_has(two_accounts: Pair) -> None:
    two_accounts.project.apply("--account", "staging")
    two_accounts.production.add("lists", _id="1" * 24, name="Old", __v=0)
    document = compared(two_accounts)
    staging, production = document["accounts"]
    assert sorted(staging["only"]["declared"]) == sorted(STAGED)
    assert production["only"]["declared"] == []
    assert "lists/Old" in production["only"]["not_declared"]
    assert "lists/Old" not in staging["only"]["not_declared"]


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "declared as absent": ({"lists": [{"name": "Newsletter", "state": "absent"}]}, "not deleted"),
    "absent, and gone": ({"lists": [{"name": "Gone", "state": "absent"}]}, "as declared"),
    "a name that is there twice": ({"lists": [{"name": "Twin"}]}, "blocked"),
    "a campaign that was sent": (
        {"campaigns": [{"name": "Welcome", "subject": "Other"}]},
        "refused",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_state(two_accounts: Pair, case: str) -> None:
    manifest, state = CASES[case]
    for account in two_accounts.accounts.values():
        for n in ("2", "3"):
            account.add("lists", _id=n * 24, name="Twin", __v=0)
        account.schedule(status="sent")
    two_accounts.project.declare(**manifest)
    document = compared(two_accounts)
    assert {found for row in states(document) for _, found in row.values()} == {state}
    assert document["equal"] == (state == "as declared")
    if state in ("blocked", "refused"):
        assert document["resources"][0]["accounts"][0]["why"]


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_tells_of_both(two_accounts: Pair, format: str) -> None:
    two_accounts.project.apply("--account", "staging")
    two_accounts.staging.edit("campaigns", "Winter", subject="By hand")
    ran = two_accounts.project.run("compare", "staging", "production", "--format", format).ok()
    words = told(format, ran.out)
    for expected in ("staging", "production", "Production news", "missing", "differs"):
        assert squeezed(expected) in words, expected
    if format != "github":
        assert squeezed("By hand") in words
    if format == "text":
        assert max(map(len, ran.out.splitlines())) <= 80


def test_both_sides_stand_under_their_names_and_neither_becomes_the_other(
    two_accounts: Pair,
) -> None:
    project = two_accounts.project
    winter = {"name": "Winter", "subject": "${brand}", "body": {"html": "<p>Cold"}}
    project.declare(campaigns=[winter])
    for name in two_accounts.accounts:
        project.apply("--account", name)
    two_accounts.production.edit("campaigns", "Winter", subject="By hand", body="<p>Warm")
    project.declare(lists=[{"name": "New"}], campaigns=[winter])
    outputs = [w for f in ("markdown", "junit", "html") for w in ("--output", f"{f}=out.{f}")]
    texts = [project.run("compare", "staging", "production", *outputs).ok().out]
    texts += [(project.folder / f"out.{f}").read_text("utf-8") for f in ("markdown", "junit")]
    for text in texts:
        plain = text.replace("&gt;", ">").replace("&lt;", "<").replace("\\", "")
        assert re.search(r"in Git: \W*Production\W*, in production: \W*By hand", plain), text
        assert re.search("^ *< <p>Cold\n *> <p>Warm", plain, re.MULTILINE), text
        assert "< In Git, > In production" in plain
        assert not re.search("→|^ *[-+]<p>|```diff", plain, re.MULTILINE), text
    source = (project.folder / "out.html").read_text("utf-8")
    words = " ".join("".join(Seen(source).words).split())
    assert "dashed in “In Git”, solid in “In production”." in words
    assert "in Git: Production in production: By hand" in words
    assert not re.search("<(ins|del)>", source)
    assert set(re.findall(r'<b class="pill">([^<]*)</b>', source)) == {"differs", "missing"}


def test_a_target_leaves_the_rest_out(two_accounts: Pair) -> None:
    document = compared(two_accounts, "--target", "lists/*")
    assert [kind for row in states(document) for kind, _ in row.values()] == [
        "lists/Staging news",
        "lists/Production news",
    ]
    # A name that only one account gives is no target of the other.
    ran = two_accounts.project.run("compare", "staging", "production", "--target", STAGED[0])
    assert ran.code == 3
    assert "production: " in ran.err


@pytest.mark.parametrize(
    ("words", "env", "code", "said"),
    [
        (("staging", "staging"), {}, 3, "compared with itself"),
        (("staging", "prodction"), {}, 3, 'did you mean "production"?'),
        (("staging",), {}, 3, "Missing argument"),
        (("staging", "production"), {"BMECONF_PRODUCTION_KEY": ""}, 3, "production: no API key"),
        (
            ("staging", "production"),
            {"BMECONF_PRODUCTION_KEY": "bme_" + "0" * 40},
            4,
            "production: GET /api/contact-structure: 401",
        ),
    ],
)
def test_what_cannot_be_compared(
    two_accounts: Pair, words: tuple[str, ...], env: dict[str, str], code: int, said: str
) -> None:
    ran = two_accounts.project.run("compare", *words, "--format", "json", **env)
    assert (ran.code, ran.json["format"]) == (code, "bmeconf.compare/1")
    assert said in ran.err


def test_manifests_that_one_account_does_not_fill(two_accounts: Pair) -> None:
    text = (two_accounts.project.folder / "bmeconf.yaml").read_text()
    two_accounts.project.write("bmeconf.yaml", text.replace("brand: Production", "other: x"))
    ran = two_accounts.project.run("compare", "staging", "production", "--format", "json")
    assert ran.code == 3
    assert "not defined" in ran.err
