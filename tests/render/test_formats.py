"""Every format tells the same of a plan, says so in little room, and obeys none of its data."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bmeconf.model import PLAN_FORMAT, Place, Problem, shows_nothing, visible
from bmeconf.model.errors import InvalidInput
from bmeconf.render import Page, Section, Series, Table, github, html, junit, markdown, safe, values
from bmeconf.render import markdown_parts as marked
from bmeconf.render import page as pages
from bmeconf.render import text as texts
from tests.support import plans
from tests.support.driver import Account, Project
from tests.support.formats import FORMATS, Seen, squeezed, told

WHOLE = ("text", "html", "junit")
RENDER: dict[str, Callable[[Page], str]] = {
    "text": lambda page: "".join(f"{line.text}\n" for line in texts.render(page)),
    "markdown": markdown.render,
    "html": html.render,
    "junit": junit.render,
    "github": github.render,
}


def name_in(format: str, address: str) -> str:
    """An address as this format tells it: the page for people sets the kind apart."""
    shown = safe.line(address.partition("/")[2] if format == "html" else address)
    return squeezed(shown)


def names_of(count: int) -> list[str]:
    return [plans.HOSTILE[n % len(plans.HOSTILE)] for n in range(count)]


@pytest.mark.parametrize("count", [1, 50])
def test_every_format_tells_the_whole_plan(tmp_path: Path, count: int) -> None:
    made = plans.plan(names_of(count))
    plans.saved(tmp_path, made)
    outputs = [word for name in FORMATS for word in ("--output", f"{name}=out.{name}")]
    Project(tmp_path).run("show", "plan.json", *outputs).ok()
    changes = [change for step in made.steps for change in step.changes if change.path != ("name",)]
    for format in (*WHOLE, "markdown"):
        # Bytes are what was written: universal newlines would hide some.
        words = told(format, (tmp_path / f"out.{format}").read_bytes().decode())
        for path in {".".join(change.path) for change in changes}:
            assert squeezed(safe.line(path.replace(".", ""))) in words.replace(".", "")
        addresses, texts = [step.address for step in made.steps], [made.fingerprint]
        if format != "markdown" or count == 1:
            short = (each for each in changes if each.path[0] not in ("body", "tags"))
            texts += (values.text(change.after).strip('"') for change in short)
            texts += (text for each in made.findings for text in (each.message, each.remedy))
            texts += (each.note or "" for each in made.manual if each.state != "done")
            addresses += (each.address for each in (*made.findings, *made.manual))
        expected = [name_in(format, str(address)) for address in addresses]
        expected += (squeezed(safe.line(text)) for text in texts)
        assert [text for text in expected if text not in words] == [], format
        if format == "html":
            assert all(f"to{step.action}" in words for step in made.steps)


@pytest.mark.parametrize("findings", [True, False])
def test_of_a_great_plan_the_markdown_keeps_what_must_be_kept(
    tmp_path: Path, findings: bool
) -> None:
    names = [f"name {n}" for n in range(2000)]
    made = plans.plan(names, deletes=False, findings=findings)
    kept = plans.plan(names[:40], errors=True)
    made = replace(
        made,
        steps=(*made.steps, *(s for s in kept.steps if s.action == "delete")),
        manual=kept.manual,
        findings=(*made.findings, *kept.findings),
    )
    text = markdown.render(pages.of_plan(made, "production", "bmeconf apply"))
    words = told("markdown", text)
    assert len(text.encode()) <= markdown.COMMENT_ROOM
    for step in kept.steps:
        if step.action == "delete":
            assert squeezed(f"`{step.address}`") in words
    for manual in made.manual:
        assert squeezed(f"`{manual.address}`") in words
    for finding in kept.findings:
        if finding.level == "error":
            assert squeezed(f"`{finding.address}`") in words
            assert squeezed(finding.message) in words
    assert made.fingerprint in words
    assert "To fit in here" in text
    changes = text.partition("### Changes")[2].partition("\n### ")[0]
    named = sum(line.startswith("- `") for line in changes.splitlines())
    unnamed = re.findall(r"([\d,]+) × ", changes)
    assert named + sum(int(n.replace(",", "")) for n in unnamed) == len(made.steps)


def test_a_great_body_is_cut_and_the_other_fields_stay() -> None:
    lines = "".join(f"<p>line {n}, {{name}} {'x' * 90}</p>\n" for n in range(1000))
    text = markdown.render(pages.of_plan(plans.plan(["a", "b"], body=lines), "production"))
    assert len(text.encode()) <= markdown.COMMENT_ROOM
    assert "To fit in here, long bodies, values and tables are cut." in text
    assert '- `subject`: `"old a"` → `"a"`' in text
    assert "-<p>line 0, you" in text
    assert "more lines; --format json has them all" in text


def test_names_alone_are_the_last_that_is_told() -> None:
    names = [f"{n} {'x' * 40}" for n in range(1200)]
    made = plans.plan(names, findings=False)
    made = replace(made, manual=())
    page = pages.of_plan(made, "production")
    text = markdown.render(page, 22_000)
    assert "all but one line of each item is left out" in text
    deleted = [step.address for step in made.steps if step.action == "delete"]
    assert [address for address in deleted if f"`{address}`" not in text] == []
    with pytest.raises(InvalidInput, match="does not fit in 12,000 bytes"):
        markdown.render(page, 12_000)


@pytest.mark.parametrize("format", RENDER)
def test_thousands_of_hostile_changes_are_all_told_and_take_no_longer_each(format: str) -> None:
    taken, text = {}, ""
    for count in (400, 2000):
        names = [f"{name[:30]} {n}" for n, name in enumerate(names_of(count))]
        # What must be told of deletes has no room in Markdown.
        made = plans.plan(names, body="<p>short</p>", deletes=format in WHOLE)
        page = pages.of_plan(made, "production")
        start = time.process_time()
        text = RENDER[format](page)
        taken[count] = time.process_time() - start
    assert text
    assert taken[2000] < 8
    assert taken[2000] < 12 * taken[400] + 0.5
    if format in WHOLE:
        words = told(format, text)
        assert made.fingerprint in words
        addresses = {str(each.address) for each in (*made.steps, *made.manual, *made.findings)}
        assert len(addresses) >= 2000
        assert [a for a in sorted(addresses) if name_in(format, a) not in words] == []


@pytest.mark.parametrize("format", RENDER)
@settings(max_examples=25, deadline=None)
@example(list(plans.HOSTILE))
@given(st.lists(st.text(min_size=1) | st.sampled_from(plans.HOSTILE), min_size=4, max_size=4))
def test_whatever_the_names_the_page_is_built_as_with_harmless_ones(
    format: str, names: list[str]
) -> None:
    # The state of a schedule follows the length of a name, and is not what is compared here.
    page, plain = (
        pages.of_plan(replace(plans.plan(n), manual=plans.todo(plans.plan(n).manual)), "a")
        for n in (names, [f"x{names.index(name)}" for name in names])
    )
    text, harmless = RENDER[format](page), RENDER[format](plain)
    lines = text.split("\n")
    assert not any(line.lstrip().startswith("::") for line in lines) or format == "github"
    assert "##[" not in text
    assert all(safe.line(line) == line or format == "github" for line in lines)
    if format == "html":
        assert Seen(text).tags == Seen(harmless).tags
    elif format == "junit":
        ours, theirs = (ElementTree.fromstring(each) for each in (text, harmless))
        assert [e.tag for e in ours.iter()] == [e.tag for e in theirs.iter()]
    elif format == "markdown":
        assert len(text.encode()) <= markdown.COMMENT_ROOM
        assert text.startswith("<!-- bmeconf:plan account=a -->\n")
    elif format == "github":
        assert len(lines) == len(harmless.split("\n"))
        assert all(re.match("::(error|warning|notice) [^:]*::", line) for line in lines[:-1])
        assert "\r" not in text


@settings(max_examples=100, deadline=None)
@given(st.text() | st.sampled_from(plans.HOSTILE))
def test_markdown_of_a_name_is_read_as_text(name: str) -> None:
    cmark = pytest.importorskip("cmarkgfm", reason="cmarkgfm is not installed")
    unsafe = pytest.importorskip("cmarkgfm.cmark").Options.CMARK_OPT_UNSAFE
    table = marked.table(Table(("h",), ((name,),)))
    lines = (f"a {marked.prose(name)} b", "", marked.code(name), "", *table)
    source = "\n".join((*lines, *marked.block([name], "text")))
    seen = Seen(cmark.github_flavored_markdown_to_html(source, unsafe))
    bare = [tag for tag in seen.tags if tag.strip() != "code"]
    assert [tag.strip() for tag in bare] == [
        *("p", "p", "table", "thead", "tr", "th", "tbody", "tr", "td", "pre lang"),
    ]
    words = squeezed("".join(seen.words))
    assert words.count(squeezed(safe.line(name))) >= (4 if name.strip() else 0)


@pytest.mark.parametrize("account", ["a --> <b>", "-->", "the sandbox", "prod (api.host)", "--"])
def test_no_account_ends_the_marker(account: str) -> None:
    line = marked.marker(PLAN_FORMAT, account)
    assert line.startswith("<!-- bmeconf:plan account=")
    assert line.index("-->") == len(line) - 3
    assert "--" not in line[4:-3]


def test_a_marker_is_the_same_for_plan_and_show() -> None:
    host = "api-us-west-2-a.benchmarkemail.io"
    marks = {marked.marker(PLAN_FORMAT, account) for account in (host, f"https://{host}")}
    assert marks == {f"<!-- bmeconf:plan account={host} -->"}


def test_a_key_is_in_no_format() -> None:
    key = "bme_us_" + "k" * 40
    page = pages.of_plan(plans.plan([key] * 8, body=f"<p>{key} {{name}}</p>"), key)
    for format, render in RENDER.items():
        assert key not in render(page), format


def test_tables_and_plots_are_in_every_format() -> None:
    table = Table(("Campaign | x", "Opens"), (("<b>One</b> | two", "1,200"), ("Two", "3")), (1,))
    few = Series("Opens <i>", ("Mo|", "Tu"), (3, 10.5), "%")
    many = Series("Clicks", tuple(f"day {n}" for n in range(40)), tuple(map(float, range(40))))
    none = Series("Nothing", (), ())
    section = Section("Sent", tables=(table,), series=(few, many, none), text="Words.")
    page = Page("bmeconf.report/1", "Report", "a", "Fine.", "good", sections=(section,))
    for format, render in RENDER.items():
        text = render(page)
        if format == "github":
            continue
        words = told(format, text)
        for expected in ("<b>One</b> | two", "1,200", "10.5%", "Opens <i>", "Words."):
            assert squeezed(expected) in words, (format, expected)
    assert "<svg" in html.render(page)
    assert "| `Two` | 3 |" in markdown.render(page)
    lines = [line.text for line in texts.render(page)]
    assert max(map(len, lines)) <= 80
    assert any(line.endswith("  1,200") for line in lines)
    assert safe.plain_ascii("\n".join(lines)).isascii()


def test_a_failure_of_any_length_is_a_page() -> None:
    error = InvalidInput("x" * 200_000 + "\nsecond", "mend it")
    text = markdown.render(pages.of_failure(PLAN_FORMAT, error))
    assert len(text.encode()) <= markdown.COMMENT_ROOM
    assert "invalid&#95;input" in text or "invalid\\_input" in text


# --- live data is data

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


BESIDE = st.text("\x1f\n\u04cf\u0391\u0301\u200b\u200d\ufe0f\u20e3\U0001f44da1#[: \\_")
"""What is shown otherwise beside something else, or once that is shown."""


@example("\x1f\u04cf")
@given(st.text() | BESIDE)
def test_a_line_is_one_harmless_line(given: str) -> None:
    shown = safe.line(given)
    assert visible(shown) == shown
    assert "##[" not in shown
    assert not shown.lstrip().startswith("::")
    assert len(shown.splitlines()) <= 1


@given(st.text(st.characters(categories=("L", "N", "P"), include_characters=" ")))
def test_ordinary_text_is_left_alone(given: str) -> None:
    odd = "##[" in given or given.lstrip().startswith("::") or visible(given) != given
    if not odd:
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
    assert not any(shows_nothing(c) for c in ran.out if c != "\n")


def test_json_keeps_exact_values(account: Account, project: Project) -> None:
    state = account.state()
    state["lists"][0]["name"] = EVIL[0]
    account.set(state)
    project.write("a.yaml", "version: 1\nlists: [{name: Autumn}]\n")
    ran = project.run("plan", "--show-unmanaged", "--format", "json").ok()
    assert ran.out.isascii()
    assert EVIL[0] in ran.json["unmanaged_names"]["lists"]
