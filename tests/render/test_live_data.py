"""Live data is data: nothing in a name or a body reaches a terminal or a runner as a command."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.model import Address, Change, Place, Problem
from bmeconf.render import Line, figures, github, safe
from bmeconf.render import page as pages
from bmeconf.render import text as texts
from bmeconf.render.page.plan import field
from tests.support.driver import Account, Project

EVIL = (
    "\x1b[2Jgone\x07",
    "a\r\n::add-mask::x",
    "::set-output name=x::y",
    "##[error]x",
    "\u202egnp.exe",
    "\u2066x\u2069",
    "a\u2028b",
    "\x9b31m",
)


@given(st.text())
def test_a_line_is_one_harmless_line(given: str) -> None:
    shown = safe.line(given)
    assert all(unicodedata.category(c) not in safe.HIDDEN or c in safe.JOINERS for c in shown)
    assert "##[" not in shown
    assert not shown.lstrip().startswith("::")
    assert len(shown.splitlines()) <= 1


@given(st.text(st.characters(categories=("L", "N", "P", "Zs"))))
def test_ordinary_text_is_left_alone(given: str) -> None:
    if "##[" not in given and not given.lstrip().startswith("::"):
        assert safe.line(given) == given


@given(st.text())
def test_ascii_terminals_get_ascii(given: str) -> None:
    assert safe.plain_ascii(safe.line(given)).isascii()


@given(st.text(), st.text(), st.text())
def test_an_annotation_is_one_command(file: str, address: str, message: str) -> None:
    page = pages.of_problems([Problem(Place(file, 1, 2), address, message)])
    line, verdict, rest = github.render(page).split("\n")
    command, properties, _ = line.split("::", 2)[0:3]
    assert command == ""
    assert properties.startswith("error file=")
    assert "\r" not in line
    assert (verdict, rest) == ("::notice title=Manifests::1 error.", "")
    assert properties.count(",") == 3


@pytest.mark.parametrize("name", EVIL)
def test_a_live_name_reaches_no_terminal(name: str, account: Account, project: Project) -> None:
    state = account.state()
    state["lists"][0]["name"] = name
    account.set(state)
    project.write("a.yaml", "version: 1\nlists: [{name: Autumn}]\n")
    ran = project.run("plan", "--show-unmanaged").ok()
    assert safe.line(f"  lists/{name}") in ran.out
    told = [line for line in ran.out.splitlines() if line.lstrip().startswith("::")]
    assert told == []
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Zl") for c in ran.out if c != "\n")


def test_json_keeps_exact_values(account: Account, project: Project) -> None:
    state = account.state()
    state["lists"][0]["name"] = EVIL[0]
    account.set(state)
    project.write("a.yaml", "version: 1\nlists: [{name: Autumn}]\n")
    ran = project.run("plan", "--show-unmanaged", "--format", "json").ok()
    assert ran.out.isascii()
    assert EVIL[0] in ran.json["unmanaged_names"]["lists"]


def change_lines(change: Change) -> list[Line]:
    """One field that changes, as a plan shows it."""
    return list(texts.field(field(change)))


def test_long_values_are_wrapped_and_kept_whole() -> None:
    words = " ".join(f"word{n}" for n in range(60))
    shown = [line.text for line in change_lines(Change(("subject",), "Old", words))]
    assert all(len(line) <= safe.WIDTH for line in shown)
    assert " ".join(" ".join(shown).split()).count("word59") == 1


def test_a_long_body_is_cut_and_says_so() -> None:
    before = "\n".join(f"line {n}" for n in range(200))
    after = "\n".join(f"other {n}" for n in range(200))
    shown = [line.text for line in change_lines(Change(("body",), before, after))]
    assert len(shown) == figures.MOST_LINES + 2
    assert "--format json" in shown[-1]


def test_a_difference_in_a_long_line_can_be_seen() -> None:
    before, after = (f"<p>{'filler ' * 50}now {price} EUR</p>" for price in ("10", "99"))
    shown = [line.text for line in change_lines(Change(("body",), before, after))]
    assert any("10 EUR" in line and line.lstrip().startswith("-…") for line in shown)
    assert any("99 EUR" in line and line.lstrip().startswith("+…") for line in shown)
    assert all(len(line) <= safe.WIDTH for line in shown)


def test_recipients_are_told_apart() -> None:
    one, two = Address("lists", "A, B"), (Address("lists", "A"), Address("lists", "B"))
    twin = Address("lists", "A", "66f1a6e4520cdb563bf80b19")
    shown = [
        change_lines(Change(("lists",), (one,), two)),
        change_lines(Change(("lists",), (twin,), two)),
    ]
    assert [line.text for lines in shown for line in lines] == [
        '    lists: ["A, B"] → ["A", "B"]',
        '    lists: ["A"#66f1a6e4520cdb563bf80b19] → ["A", "B"]',
    ]
