"""What changed in the look of a mail is marked, and the marks change nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.mail import GONE_MARK, NEW_MARK, make_inert, mark_changes
from tests.support.strategies import examples

A, B = "https://acme.example/a", "https://acme.example/b"
TRACKED = "https://go.clicks.example/?u="


@pytest.mark.parametrize(
    ("before", "after", "gone", "new"),
    [
        ("<p>One two</p><p>x</p>", "<p>One three</p><p>x</p>", "p", "p"),
        ("<p>One <b>two</b></p>", "<p>One <b>three</b></p>", "p", "p"),
        (f"<p>x <a href={A}>more</a></p>", f"<p>x <a href={B}>more</a></p>", "a", "a"),
        (f"<p>x <a href={A}>more</a></p>", f"<p>x <a href={A}>less</a></p>", "a", "a"),
        (f"<a href={A}><img src=x></a>", f"<a href={B}><img src=x></a>", "a", "a"),
        ("<td><a href=''>x</a>", f"<td><a href={A}>x</a>", "a", "a"),
        ("<p>Read it</p>", f"<p><a href={A}>Read it</a></p>", "p", "a"),
        ("<p>x<img src=a></p>", "<p>x<img src=b></p>", "img", "img"),
        ("<p>x<img src=a alt=y></p>", "<p>x<img src=a alt=z></p>", "img", "img"),
        ("<td background=a>x</td>", "<td background=b>x</td>", "td", "td"),
        ("<p>a</p>", "<h1>b</h1><p>a</p>", "", "h1"),
        ("<h1>b</h1><p>a</p>", "<p>a</p>", "h1", ""),
        ("<td>a<td>b<td>c", "<td>b<td>c<th>a", "td", "th"),
        ("<body>a<div>b</div>c", "<body>a<div>b</div>d", "body", "body"),
        ("<div>a<p>b</p></div>", "<div>a<p>c</p></div>", "p", "p"),
        ("<table><td>a<table><td>b</table></table><p>c", "<table><td>a</table><p>c", "td", ""),
        ("<button>a</button>", "<button>b</button>", "button", "button"),
        ("<noscript><p>a</p></noscript>", "<noscript><p>b</p></noscript>", "p", "p"),
        ("<P\nid=x>a</P>\r\n<p>é</p>", "<P\nid=x>b</P>\r\n<p>é</p>", "P", "P"),
    ],
)
def test_the_element_that_changed_is_marked(before: str, after: str, gone: str, new: str) -> None:
    old, made = mark_changes(before, after)
    assert " ".join(re.findall(rf"<(\w+) {GONE_MARK}\b", old)) == gone
    assert " ".join(re.findall(rf"<(\w+) {NEW_MARK}\b", made)) == new


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>a  b</p>", "<p>a\n\tb</p>\n"),
        ("<p>Hello<a href=x>a</a></p>", "<p>Hello <a href=x>a</a></p>"),
        ("<p style='color:red'>a</p>", "<p style='color:blue' class=x>a</p>"),
        ("<style>p{color:red}</style><p>a</p>", "<style>p{color:blue}</style><p>a</p>"),
        ("<p>a <b>b</b></p>", "<h1>a b</h1>"),
        ("<title>a</title><script>1</script><p>x", "<title>b</title><script>2</script><p>x"),
        ("<template><p>a</template>x", "<template><p>b</template>x"),
        ("<p>a<!-- b --></p>", "<p>a</p>"),
        ("<p>a</p><img src=p1 width=1 height=1>", "<p>a</p><img src=p2 width=1 height=1>"),
        (
            f"<a href={A}>a</a><a href={B}>b</a>",
            f"<a href={TRACKED}{A}>a</a><a href={TRACKED}{B}>b",
        ),
        ("loose words", "other words"),
        ("<p>a<!-- open", "<p>b<!-- open"),
        (f"<p {NEW_MARK}>a</p>", f"<p {NEW_MARK.upper()}>b</p>"),
    ],
    ids=[
        *("blanks", "blanks beside a link", "attributes", "styles", "elements", "unseen"),
        *("in a template", "a comment", "a pixel", "tracked links", "no element", "in doubt"),
        "a mark of its own",
    ],
)
def test_nothing_else_is_marked(before: str, after: str) -> None:
    assert mark_changes(before, after) == (before, after)
    assert mark_changes(after, before) == (after, before)


def test_a_link_beside_tracked_ones_is_marked() -> None:
    before = f"<a href={TRACKED}{A}>a</a><a href={TRACKED}{B}>b</a>"
    _, made = mark_changes(before, f"<a href={A}>a</a><a href=https://acme.example/c>b</a>")
    assert made.count(NEW_MARK) == 2


def test_what_is_too_long_to_compare_is_not_marked() -> None:
    mails = "<p>a</p>" * 1_501, "<p>b</p>"
    assert mark_changes(*mails) == mails


PIECES = (
    *("<p>", "</p>", "<a href=x>", "<A HREF='http://y/'>", "</a>", "<img src=a>", "<td\n", "<td>"),
    *(
        "<link rel=x ",
        "<iframe>",
        "</iframe>",
        "<base/",
        "<object>",
        "<svg>",
        "<template>",
        "href=",
    ),
    *("<style>", "</style>", "<title>", "</title>", "<noscript>", "</noscript>", "<!--", "-->"),
    *(
        ">",
        '"',
        "'",
        " ",
        "\r\n",
        "\r",
        "a",
        "é😀",
        "&lt;p&gt;",
        "\0",
        "<p\v>",
        "<button/",
        "data-",
    ),
)
BODIES = st.lists(st.sampled_from(PIECES), max_size=24).map("".join)


@examples(400)
@given(BODIES, BODIES)
def test_without_its_marks_a_body_is_as_it_was(before: str, after: str) -> None:
    for body, marked in zip((before, after), mark_changes(before, after), strict=True):
        inert = make_inert(marked)
        assert re.sub(f" (?:{NEW_MARK}|{GONE_MARK})", "", inert) == make_inert(body)
        assert make_inert(inert).count(" href=#") >= make_inert(body).count(" href=#")
