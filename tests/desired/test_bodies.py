"""Bodies and plain texts made of what a manifest names; the flawed are in bad_manifests."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from bmeconf.desired import manifest, validate
from bmeconf.desired.manifest import DiskFiles, MemoryFiles
from bmeconf.mail import sources
from bmeconf.model import Address
from tests.support.driver import Account, Project
from tests.support.files import write

ENTRY = "version: 1\ncampaigns: [{name: News, %s}]\n"
MJML = """\
<mjml lang="en">
<mj-head><mj-style>.big {letter-spacing: 1px} a:hover {color: red}</mj-style></mj-head><mj-body>
  <mj-include path="parts/head.mjml"/>
  <mj-section><mj-column>
    <mj-text css-class="big">Hi {first_name}, ${hero}</mj-text>
    <mj-button href="https://acme.example/sale">Look</mj-button>
    <mj-image src="https://acme.example/a.png" alt="The shop"/>
  </mj-column></mj-section>
</mj-body></mjml>
"""
FILES = {
    "a.mjml": MJML,
    "parts/head.mjml": '<mj-include path="logo.mjml"/>\n<mj-raw><p>${hero} at Acme</p></mj-raw>',
    "parts/logo.mjml": "<mj-raw><p>Acme</p></mj-raw>",
    "a.html": "<style>p {color: red}</style><p>${hero}</p>",
}
MADE = "body: {mjml: a.mjml, expand: true, inline_css: true}, plain_text: {from_body: true}"
VARIABLES = {"hero": "Sale"}


def read(entry: str, changed: dict[str, str] | None = None, **variables: str) -> validate.Desired:
    files = MemoryFiles({**FILES, **(changed or {}), "m.yaml": ENTRY % entry})
    return validate.desired(manifest.read(files), {**VARIABLES, **variables})


def fields(desired: validate.Desired) -> Any:
    return desired.sound().resources[Address("campaigns", "News")].fields


def test_mjml_with_what_it_includes_becomes_html_and_plain_text() -> None:
    made = fields(read(MADE))
    for words in ("Sale at Acme", "Hi {first_name}, Sale", 'alt="The shop"', "<!--[if mso | IE]>"):
        assert words in made["body"]
    assert "letter-spacing: 1px" in made["body"]
    assert "a:hover" in made["body"]
    assert "mj-" not in made["body"].replace("mj-column-per", "").replace("mj-outlook", "").replace(
        "mj-full-width-mobile", ""
    )
    assert max(map(len, made["body"].splitlines())) < 1500
    assert made["plain_text"].split("\n\n") == [
        "Acme",
        "Sale at Acme",
        "Hi {first_name}, Sale",
        "Look (https://acme.example/sale)",
        "[The shop]",
    ]


def test_the_same_files_make_the_same_body_and_digest_in_any_order() -> None:
    first, second = read(MADE), read(MADE)
    assert (fields(first), first.digest) == (fields(second), second.digest)
    assert read(MADE, hero="Other").sound() != first.sound()
    for name in ("a.mjml", "parts/head.mjml", "parts/logo.mjml"):
        changed = read(MADE, {name: FILES[name].replace("Acme", "Emca").replace("Look", "See")})
        assert changed.digest != first.digest
        assert fields(changed) != fields(first)
    # The compilers are among what a body is made from.
    html = "body: {file: a.html, expand: true}"
    assert read(html).digest != read(html.replace("true", "true, inline_css: true")).digest


@pytest.mark.parametrize(
    ("entry", "body"),
    [
        ("body: {file: a.html}", FILES["a.html"]),
        ("body: {file: a.html, expand: false}", FILES["a.html"]),
        ("body: {file: a.html, expand: true}", FILES["a.html"].replace("${hero}", "Sale")),
        ("body: {file: b.html, expand: true}", "<p>${hero} $5 ${x}"),
    ],
)
def test_variables_are_filled_in_where_the_entry_says_so(entry: str, body: str) -> None:
    assert fields(read(entry, {"b.html": "<p>$${hero} $5 $${x}"}))["body"] == body


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>two</p>", "One\n\ntwo"),
        ("<table><tr><td>left<td>right<tr><td>below</table>", "left\n\nright\n\nbelow"),
        ("<div style='display:none'>hidden</div>seen<style>p{}</style>", "seen"),
        (
            "<a href='https://a.b'>https://a.b</a> <a href='mailto:x@y.z'>us</a>",
            "https://a.b us (x@y.z)",
        ),
        ("<a href='#top'>up</a><br><img alt=''>down &amp; out", "up\ndown & out"),
        ("<ul><li>one<li>two</ul>", "* one\n* two"),
        ("", ""),
    ],
)
def test_a_plain_text_has_the_words_and_the_links_of_the_body(html: str, text: str) -> None:
    assert sources.plain_text(html).strip() == text


@pytest.mark.parametrize(
    ("module", "entry", "place"),
    [
        ("mjml", "body: {mjml: a.mjml, expand: true}", "m.yaml:2:39"),
        ("css_inline", "body: {file: a.html, expand: true, inline_css: true}", "m.yaml:2:73"),
        ("inscriptis", "body: {html: <p>}, plain_text: {from_body: true}", "m.yaml:2:69"),
    ],
)
def test_without_the_extra_an_error_says_what_to_install(
    module: str, entry: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    (problem,) = read(entry).errors
    assert (problem.code, str(problem.place)) == ("missing_extra", place)
    assert problem.message.endswith(
        "is not installed; install it with: pip install 'bmeconf[mail]'"
    )


def test_an_include_does_not_leave_the_project_by_a_link(here: Path) -> None:
    outside = here.parent / "secret.mjml"
    outside.write_text("<mj-raw>secret</mj-raw>")
    write(here, {**FILES, "m.yaml": ENTRY % "body: {mjml: a.mjml, expand: true}"})
    (here / "parts" / "logo.mjml").unlink()
    (here / "parts" / "logo.mjml").symlink_to(outside)
    (problem,) = validate.desired(manifest.read(DiskFiles(here)), VARIABLES).errors
    assert str(problem.place) == "parts/head.mjml:1:1"
    assert "leaves the project root" in problem.message


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"a.mjml": "<html></html>"}, "a.mjml:1"),
        ({"a.mjml": "<mjml><mj-body><mj-section></mj-body></mjml>"}, "a.mjml:1:16"),
        ({"a.mjml": MJML.replace("</mj-text>", "")}, "a.mjml:5:5"),
        ({"a.mjml": MJML.replace("Hi ", "1 < 2 ")}, "a.mjml:5:32"),
        ({"parts/logo.mjml": "<mj-raw>a</mj-raw>\n <mj-section>"}, "parts/logo.mjml:2:2"),
        ({"parts/logo.mjml": "<mj-raw>ü</mj-raw></mj-raw>"}, "parts/head.mjml:2"),
    ],
)
def test_what_the_compiler_does_not_take_is_told_at_its_place(
    changed: dict[str, str], place: str
) -> None:
    (problem,) = read("body: {mjml: a.mjml, expand: true}", changed).errors
    assert problem.code == "mjml"
    assert str(problem.place).startswith(place)


def test_no_style_is_loaded_from_anywhere(here: Path) -> None:
    write(here, {"a.css": "p {color: red}"})
    link = f'<link rel="stylesheet" href="file://{here}/a.css"><link rel="stylesheet" href="a.css">'
    inlined = sources.with_inline_css(f"<html><head>{link}</head><body><p>A</p></body></html>")
    assert link in inlined
    assert "color" not in inlined


def bombs() -> dict[str, dict[str, str]]:
    double = {f"parts/{n}.mjml": f'<mj-include path="{n + 1}.mjml"/>' * 20 for n in range(19)}
    links = "".join(f'<mj-include path="./{"./" * n}self.mjml"/>' for n in range(60))
    return {
        "many of many": {"parts/logo.mjml": '<mj-include path="0.mjml"/>', **double}
        | {"parts/19.mjml": "<mj-raw>x</mj-raw>"},
        "itself by other names": {"parts/logo.mjml": links, "parts/self.mjml": links},
        "no end": {"parts/logo.mjml": "<mj-wrapper>" * 100_000},
        "no end of comments": {"parts/logo.mjml": "<!-- " * 100_000},
        "no end of tags": {"parts/logo.mjml": "<mj-include " * 100_000},
    }


@pytest.mark.parametrize("bomb", bombs())
def test_no_include_makes_a_run_hang_or_end(bomb: str) -> None:
    assert read("body: {mjml: a.mjml, expand: true}", bombs()[bomb]).errors


DEEP = (
    "<div><object></div>",
    "<div><!-- </div> -->",
    "<div><i title='</div>'>",
    "<div><style></div></style>",
    "<b class='1'><p></b>",
    "<table><td><div></table>",
)
"""What looks shallow to one reader of tags, and is deep to another."""


def test_no_depth_of_elements_ends_a_run(project: Project) -> None:
    campaigns = []
    for number, part in enumerate(DEEP):
        deep = part * 20_000
        mjml = f"<mj-section><mj-column><mj-text>{deep}</mj-text></mj-column></mj-section>"
        project.write(f"{number}.html", f"<style>a {{color: red}}</style>{deep}")
        project.write(f"{number}.mjml", f"<mjml><mj-body>{mjml}</mj-body></mjml>")
        for kind, source in (("html", "file"), ("mjml", "mjml")):
            body = {source: f"{number}.{kind}", "inline_css": True}
            name = f"{kind} {number}"
            campaigns.append({"name": name, "body": body, "plain_text": {"from_body": True}})
    project.declare(campaigns=campaigns)
    ran = project.spawn("validate")
    assert ran.code == 3, ran.err[-300:]
    assert "Traceback" not in ran.err


def test_findings_in_made_bodies_stand_in_the_source(project: Project) -> None:
    body = MJML.replace("${hero}", "{{name}}").replace(
        "https://acme.example/sale", "http://x.example/s"
    )
    project.write("a.mjml", body)
    project.write("parts/head.mjml", "<mj-raw><p><a href='http://x.example/ü'>A</a></p></mj-raw>")
    project.write("m.yaml", ENTRY % "body: {mjml: a.mjml}, plain_text: {from_body: true}")
    project.write("b.html", "<p>$${a}</p>\n<p>$${a}<a href='http://x.example/b'>b</a></p>")
    entry = ENTRY % "body: {file: b.html, expand: true}, plain_text: {text: b}"
    project.write("n.yaml", entry.replace("News", "Other"))
    told = project.run("validate", "--format", "json").json["problems"]
    places = {(p["code"], p["file"], p["line"]) for p in told}
    assert {("foreign_merge_tag", "a.mjml", 5), ("insecure_link", "a.mjml", 6)} <= places
    assert ("insecure_link", "parts/head.mjml", 1) in places
    columns = {(p["line"], p["column"]) for p in told if p["file"] == "b.html"}
    assert columns == {(2, 9)}


def test_what_pull_would_replace_by_its_result_is_kept(project: Project, account: Account) -> None:
    manifest = (ENTRY % "body: {mjml: ../../a.mjml}").replace("News", "Welcome")
    write(project.folder, {**FILES, "manifests/campaigns/Welcome.yaml": manifest})
    ran = project.run("pull", "--force")
    assert (ran.code, "body.mjml would be replaced by what it makes" in ran.err) == (3, True)
