"""A mail for a preview: tags, links, pictures and colours, as tables."""

from __future__ import annotations

import html
from base64 import b64decode

import pytest

from bmeconf.model import CONTACTS, Address, LintPolicy, Resource
from bmeconf.preview import build, schemes
from bmeconf.preview.links import links
from bmeconf.preview.pictures import without_requests
from bmeconf.preview.tags import Tags

SEED = Resource(
    Address(CONTACTS, "qa@acme.example"),
    {"fields": {"First Name": "Bo <b>", "City": "Oslo", "Code": None}},
)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hi {key}", "Hi qa@acme.example"),
        ("{cf_town}, {cf_city}", "Oslo, Oslo"),
        ("{cf_first_name}{cf_FirstName}", "Bo <b>Bo <b>"),
        ("[{cf_code}]", "[]"),
        ("{cf_else} {name} {{key}} ${key} {", "{cf_else} {name} {{key}} ${key} {"),
    ],
)
def test_merge_tags_have_the_values_of_a_seed(text: str, filled: str) -> None:
    tags = Tags(SEED, {"cf_town": "City"}, str)
    assert tags.text(text) == filled
    assert html.unescape(tags.markup(text)) == filled
    assert "<b>" not in tags.markup(text)
    assert Tags(None, {}, str).text(text) == text


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('<a href="https://acme.example/?utm_source=m&amp;x=1">Go</a>', "Go utm_source=m "),
        ('<a href="http://acme.example">Go</a>', "Go  insecure link"),
        ("<a href='#'>Go</a><a>no link</a>", "Go  empty link"),
        ("<a href='#top'>Go</a>", "Go  anchor link"),
        ("<a href=/more><b>Go </b>on</a>", "Go on  relative link"),
        ("<a href=javascript:x()>Go</a>", "Go  empty link"),
        ("<a href=https://[x>Go</a>", "Go  malformed link"),
        ("<a href=https://intranet/>Go</a>", "Go  malformed link"),
        ("<a href=https://acme.example/></a>", "  no text"),
        ('<a href=mailto:a@acme.example><img alt="Write">', "[picture: Write]  "),
        ("<map><area href=tel:1 alt=Call></map>", "Call  "),
        ('<a href="https://shop.test.acme.example">Go</a>', "Go  staging link"),
        ('<a href="https://example.com?utm_id=1">Go</a>', "Go utm_id=1 placeholder link"),
        ("<a href={cf_link}>Go</a><!-- <a href=#>x</a> -->", "Go  "),
    ],
)
def test_links_are_told_with_what_is_odd(body: str, told: str) -> None:
    (link,) = links(body, LintPolicy(staging_hosts=("*.test.acme.example",)))
    assert f"{link.text} {link.tracked} {link.odd}" == told
    if link.odd and link.text:
        off = LintPolicy({link.odd.replace(" ", "_"): "off"})
        assert next(links(body, off)).odd == ""


@pytest.mark.parametrize(
    ("image", "shown"),
    [
        ("<img src=https://acme.example/a.png alt='A <b> \"c\"'>", ">A &lt;b&gt; &quot;c&quot;<"),
        ("<IMG\nALT=Logo src='x' srcset='https://acme.example/2x.png 2x'>", ">Logo<"),
        ("<img src=x>", ">picture without a text<"),
        ("<img src=x alt=''>", "padding:4px 8px"),
        ("<img src=x width=1 height=1 alt=x>", '<svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("<img alt='a\0b' src=x", ">ab<"),
    ],
)
def test_a_picture_is_a_box_with_its_text(image: str, shown: str) -> None:
    made = without_requests(f"<p>{image}", lambda _: "")
    first = made.partition(" src=")[2].partition(" ")[0]
    assert (
        shown
        in b64decode(html.unescape(first).partition("base64,")[2].replace("%3D", "=")).decode()
    )
    assert made.index(" srcset ") < made.lower().find(" srcset=") or " srcset=" not in made


def test_pictures_of_the_project_and_of_the_mail_itself_are_there() -> None:
    asked: list[str] = []

    def embedded(address: str) -> str:
        asked.append(address)
        return "data:image/png;base64,AA==" if address == "a.png" else ""

    body = "<source srcset=x><img src='a.png'><img src='data:image/gif;base64,R0=' ><imgx src=y>"
    made = without_requests(body, embedded)
    assert asked == ["a.png"]
    assert "<img src=data:image/png;base64,AA%3D%3D srcset" in made
    assert "<img src=data:image/gif;base64,R0%3D srcset" in made
    assert "<imgx src=y>" in made
    assert "<source" not in made


@pytest.mark.parametrize(
    ("style", "dark"),
    [
        ("@media (prefers-color-scheme: dark) { p { color: red } }", True),
        (":root { color-scheme: light dark }", True),
        ("</style><meta name='color-scheme' content='light dark'><style>", True),
        (":root { color-scheme: light }", False),
        ("p { color: red }", False),
    ],
)
def test_a_mail_made_for_the_dark_is_known(style: str, dark: bool) -> None:
    assert schemes.has_dark(f"<style>{style}</style><p>Good night, dark world") == dark
    assert ("invert" in schemes.in_scheme(style, True)[1]) == (not dark)
    assert "invert" not in schemes.in_scheme(style, False)[1]


def test_pages_have_names_of_their_own() -> None:
    names = ("Überraschung!", "A/B", "a b", "Index", "日本", "日", "../x", "y" * 300)
    campaigns = [Resource(Address("campaigns", name)) for name in names]
    pages = build.page_names(build.Snapshot.of(campaigns))
    assert [*pages.values()] == [
        *("uberraschung.html", "a-b.html", "a-b-2.html", "index-2.html", "campaign.html"),
        *("campaign-2.html", "x.html", f"{'y' * 60}.html"),
    ]
