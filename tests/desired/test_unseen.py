"""What nobody can see: refused in addresses, told and made visible in names, in every format."""

from __future__ import annotations

import re

import pytest

from bmeconf.model import look, visible
from tests.support.driver import Account, Project
from tests.support.strategies import MANY

UNSEEN = [
    *"\u200b\u00ad\u2060\u200c\u200d\u034f\u3164\ufeff\u115f\u2800\u061c\ufe0f\U000e0041\u180e",
    *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f",
    *"\u00a0\u2007\u202f\u3000\u2003\u1680\u2028\u2029\u0085",
]
PRODUCTS = ("text", "markdown", "html", "junit", "github")
CODES = [f"{ord(character):04x}" for character in UNSEEN]


@pytest.mark.parametrize("character", UNSEEN, ids=CODES)
@pytest.mark.parametrize("form", ["a{}nn@acme.example", "ann@ac{}me.example", "ann@acme.example{}"])
def test_it_is_refused_in_every_address(character: str, form: str, project: Project) -> None:
    email = form.format(character)
    separates = character in "\u2028\u2029\u0085"
    project.declare(
        contacts=[{"email": email}, {"email": "bo@acme.example", "renamed_from": [email]}],
        campaigns=[{"name": "D", "from": email, "reply_to": [email]}],
    )
    ran = project.run("validate", "--format", "json")
    said = "may not stand" if separates else "is not an email address"
    wrong = [p for p in ran.json["problems"] if said in p["message"]]
    assert [p["level"] for p in wrong] == ["error"] * (1 if separates else 4)
    shown = project.run("validate").out
    assert character not in shown
    seen = f'there is a "{visible(character)}" in it, which nobody can see' in shown
    assert seen is not separates
    project.write("m.yaml", "version: 1\ncontact_files: [{csv: a.csv, email: Email}]\n")
    project.write("a.csv", f"Email\n{form.format(character)}\n")
    if not separates:
        assert "a.csv:2:1: contacts" in project.run("validate").out


@pytest.mark.parametrize(
    "character",
    # The others are refused in names, too. An ordinary run tries every third (BMECONF_EXAMPLES).
    [
        c
        for c in UNSEEN
        if c not in "\u0085\u2028\u2029" and not re.match("[\u202a-\u202e\u2066-\u2069]", c)
    ][:: 1 if MANY > 1 else 3],
    ids=ascii,
)
def test_two_names_never_look_alike(character: str, project: Project, account: Account) -> None:
    odd, plain = f"News{character}letters", "Newsletters"
    account.add("lists", name=plain)
    project.declare(
        structure={"tags": [odd], "fields": [{"label": odd}]},
        lists=[{"name": odd}],
        campaigns=[{"name": odd, "subject": odd, "lists": [odd]}],
    )
    told = project.run("validate", "--format", "json").ok().json["problems"]
    assert [(p["code"], p["level"]) for p in told] == [("invisible", "warning")]
    for command in ("plan", "drift", "validate"):
        ran = project.run(command, *(f"--output={form}=out.{form}" for form in PRODUCTS))
        said = {form: (project.folder / f"out.{form}").read_bytes().decode() for form in PRODUCTS}
        for form, text in {**said, "stderr": ran.err, "stdout": ran.out}.items():
            lines = [line for line in text.split("\n") if "News" in line]
            assert not any(f"News{character}" in line for line in lines), (command, form)
            if form != "stderr" and (command != "validate" or form != "junit"):
                assert visible(character) in text, (command, form)
    findings = project.plan()["findings"]
    assert ("look_alike", f"lists/{odd}", "note") in [
        (f["code"], f["address"], f["level"]) for f in findings
    ]
    project.apply()
    assert [f["code"] for f in project.plan()["findings"]] == ["empty_audience"]


@pytest.mark.parametrize(
    "text",
    [
        "Family \U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 news",
        "We \u2764\ufe0f you, \u2764\ufe0f\u200d\U0001f525 and 1\ufe0f\u20e3",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "\U0001f3f3\ufe0f\u200d\U0001f308 \U0001f469\U0001f3fd\u200d\U0001f4bb",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0915\u094d\u200d\u0937",
        "\u845b\U000e0100\u98fe",
        "\u041d\u043e\u0432\u043e\u0441\u0442\u0438 SMM\u0449\u0438\u043a \u0441\u043e\u0440\u0443",
    ],
)
def test_what_scripts_and_emoji_need_is_ordinary(text: str, project: Project) -> None:
    project.declare(campaigns=[{"name": "D", "subject": text}])
    ran = project.run("plan").ok()
    assert text in ran.out
    assert "invisible" not in project.run("validate", "--format", "json").ok().out


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u200db", "a\\u200db"),
        ("a\u200cb", "a\\u200cb"),
        ("News\ufe0f", "News\\ufe0f"),
        ("\u0627\u200c\u062e", "\u0627\\u200c\u062e"),
        ("\U0001f44d\u200d", "\U0001f44d\\u200d"),
        ("a\U000e0067b", "a\\U000e0067b"),
        ("\x1b[1m\x9b", "\\x1b[1m\\x9b"),
        ("\ud800", "\\ud800"),
        ("N\u0435wsletter", "N\\u0435wsletter"),
        ("\u0391cm\u00e9 2", "\\u0391cm\u00e9 2"),
        ("e\u200b\u0430t", "e\\u200b\\u0430t"),
    ],
)
def test_what_means_nothing_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("kind", ["lists", "campaigns"])
@pytest.mark.parametrize(
    "name",
    ["ALL NEWS", "all news", "All  News", "Allnews", "\uff21ll News", "\u0410ll News"],
)
def test_a_name_beside_one_that_looks_the_same_is_noted(
    kind: str, name: str, project: Project, account: Account
) -> None:
    account.add(kind, name="All News", **({"status": "draft"} if kind == "campaigns" else {}))
    plan = project.planned(**{kind: [{"name": name}]})
    assert [(f["code"], f["level"]) for f in plan["findings"]] == [("look_alike", "note")]
    assert f"{kind}/All News" in plan["findings"][0]["message"]
    plan = project.planned(**{kind: [{"name": name, "renamed_from": ["All News"]}]})
    assert plan["findings"] == []
    assert project.planned(**{kind: [{"name": "All Newts"}]})["findings"] == []


def test_a_note_of_a_subject_has_its_place(project: Project) -> None:
    project.write("m.yaml", 'version: 1\ncampaigns:\n  - name: D\n    subject: "50\\u00a0% off"\n')
    (told,) = project.run("validate", "--format", "json").ok().json["problems"]
    assert (told["level"], told["line"], told["column"]) == ("note", 4, 14)
    assert 'subject: "50\\u00a0% off" has characters' in project.run("plan").ok().err


def test_the_words_of_a_body_are_shown_as_they_are_seen(project: Project) -> None:
    html = "<p>Hello&nbsp;there</p><p>&#847;&zwnj;&nbsp;&#847;&zwnj;</p>"
    project.declare(campaigns=[{"name": "D", "body": {"html": html}}])
    out = project.run("plan", "--format", "html").ok().out
    assert "Hello there" in out
    assert "\\u034f" not in out


def test_names_look_the_same_without_case_blanks_and_what_nobody_sees() -> None:
    assert len({look(name) for name in ("A b", "a\u00a0B", "\u3164AB", "\uff41 \uff42", "ab")}) == 1
    assert look("a b") != look("a c")


def test_a_page_shows_every_blank_of_a_name(project: Project, account: Account) -> None:
    account.add("lists", name="All News")
    project.declare(
        lists=[{"name": "All  News"}], campaigns=[{"name": "D", "lists": ["All  News"]}]
    )
    page = project.run("plan", "--format", "html").ok().out
    assert "<h3>All  News</h3>" in page
    assert "h3, ins, del { white-space: pre-wrap; }" in page
