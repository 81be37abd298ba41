"""What is wrong is named as what it is, with what may be meant, and never with the same again."""

from __future__ import annotations

import unicodedata

import pytest

from tests.support.driver import Account, Project

MANIFEST = """\
version: 1
lists: [{name: Newsletter}, {name: Café}]
campaigns: [{name: Welcome}, {name: Spring}]
"""
COMPOSED = "Café"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)
HINTS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("report", "campaigns/Nope"): ("declared are: campaigns/Spring, campaigns/Welcome",),
    ("report", "campaigns/Welcom"): ('did you mean "campaigns/Welcome"?',),
    ("report", "lists/Nope"): ("no declared campaign matches", "as in campaigns/Spring"),
    ("report", "--target", "campaigns/Nope"): ("declared are: campaigns/Spring",),
    ("plan", "--target", "campaigns/Nope"): ("declared are: campaigns/Spring",),
    ("plan", "--target", "lists/Nope"): ("declared are: lists/Café, lists/Newsletter",),
    ("plan", "--target", "Nope"): ("an address is its kind and name, as in campaigns/Spring",),
    ("drift", "--target", "lists/N\u0435wsletter"): (r"N\u0435wsletter", "looks the same"),
    ("plan", "--target", "lists/News\u200bletter"): (r"\u200b", "looks the same"),
    ("schema", "manifets"): ('did you mean "manifest"?',),
    ("plan", "nowhere.yaml/x"): ("does not exist",),
    ("validate", "mm.yaml"): ('did you mean "m.yaml"',),
    ("validate", "--output", "json=no/where.json"): ("there is no folder no",),
    ("plan", "--out", "no/where.json"): ("there is no folder no",),
}


@pytest.mark.parametrize("arguments", HINTS, ids=" ".join)
def test_what_may_be_meant(project: Project, account: Account, arguments: tuple[str, ...]) -> None:
    project.write("m.yaml", MANIFEST)
    said = project.refused(*arguments)
    for words in HINTS[arguments]:
        assert words in said
    assert account.log() == []


@pytest.mark.parametrize("command", ["plan", "apply", "drift", "report", "validate"])
def test_an_empty_folder_is_where_something_begins(project: Project, command: str) -> None:
    options = ("--auto-approve",) if command == "apply" else ()
    said = project.refused(command, *options)
    assert "no manifests found" in said
    assert "`bmeconf init`" in said
    assert "`bmeconf pull`" in said


def test_a_file_whose_name_only_looks_right(project: Project) -> None:
    project.write(f"{DECOMPOSED}.html", "<p>x</p>")
    project.write(
        "m.yaml", f'version: 1\ncampaigns: [{{name: A, body: {{file: "{COMPOSED}.html"}}}}]\n'
    )
    ran = project.run("validate")
    assert ran.code == 3
    assert "looks the same" in ran.out
    assert r"Cafe\u0301.html" in ran.out
    assert "did you mean" not in ran.out


def test_a_link_to_nothing_is_not_offered_in_its_own_place(project: Project) -> None:
    (project.folder / "m.yaml").symlink_to("nowhere")
    assert "did you mean" not in project.refused("validate", "m.yaml")


@pytest.mark.parametrize("key", ["a", "s", "Autumn", "campaigns"])
def test_what_is_too_short_for_a_key_masks_no_word(project: Project, key: str) -> None:
    project.write("m.yaml", "version: 1\nlists: [{name: Autumn}]\n")
    ran = project.run("plan", "--verbose", BMECONF_API_KEY=key)
    assert ran.code == 4
    assert "***" not in ran.out + ran.err
    assert "too few for a key" in ran.err


def test_what_may_be_a_key_is_masked(project: Project) -> None:
    project.write("m.yaml", "version: 1\nlists: [{name: Autumn}]\n")
    key = "not-of-the-usual-form"
    ran = project.run("plan", "--verbose", BMECONF_API_KEY=key)
    assert ran.code == 4
    assert key not in ran.out + ran.err
