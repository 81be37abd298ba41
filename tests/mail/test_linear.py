"""No body, however hostile, takes more than its share of time: twice the text, twice the time."""

from __future__ import annotations

import gc
import math
import time

import pytest

from bmeconf.mail import (
    is_rewriting,
    keeps_page_words,
    lint,
    make_inert,
    mark_changes,
    parse,
    visible_lines,
)
from bmeconf.model import LintPolicy, Utm

PIECES = (
    *("<a ", "<a href=", "<!--", "<!-- --", "</", "<?", "<![", "<", "&", "&amp", "'", "href "),
    *("<div>", "</div>", "<b>", "<p><b>", "<table><td>", "<svg>", "<template>", "<object>"),
    "<td>\n",
    *("<script>", "<script><!--", "<title>", "<noscript>", "<textarea></textarea", "white-space "),
    *("<!-- c -->", "<form>", "<v:fill/>", "<iframe></iframe>", "<!--[if mso]>", "<![endif]-->"),
    *("{a", "{{a", "{% a ", "*|a", "%%a", "%AB", "<%= ", "{key} ", "[contact_attribute:", "{{a}}"),
    *("<a href=http://a.b/>unsubscribe ", "<a href='#'>", "<img src=a>", "http://a. ", "http://"),
    *("unsubscribe ", "<a href='http://a b", "<!--[if a]> href='x'", "<html>", "opt out https"),
    *("<a 'x", '<a "', "<a =", "<a /", "<td a=1 a=2 ", "</body", "</body>", "<body>", "onx "),
)
HOSTILE = {piece: lambda size, piece=piece: piece * (size // len(piece)) for piece in PIECES}
HOSTILE["attributes"] = lambda size: f"<a {' '.join(f'x{n}=1' for n in range(size // 7))}>"
HOSTILE |= {
    f"an address of {part}": lambda size, part=part: f"<a href='{part * (size // len(part))}'>"
    for part in ("x", "xxx", "a.", "link-", "https://a", "a@", "?utm_source=&", "http:", "%a%")
}
HOSTILE["unclosed"] = lambda size: "<p>" + "<b x>" * (size // 10) + "</p><p>x" * (size // 16)
POLICY = LintPolicy(staging_hosts=("*.a.*.b",), utm=Utm(("*.*.*",), {"utm_source": "*a*b"}))
SIZES = (12_000, 48_000)
ALLOWED = 2.5**2
"""So many times the time for four times the text: at each doubling two and a half times."""
FLOOR = 0.05
"""Seconds under which a clock says little."""


@pytest.mark.parametrize("case", HOSTILE)
def test_time_grows_with_the_text(case: str) -> None:
    shortest, longest = math.inf, math.inf
    for _ in range(3):
        longest = min(longest, _seconds(HOSTILE[case](SIZES[-1])))
        # Most are so quick that nothing has to be compared.
        if longest <= FLOOR * ALLOWED:
            return
        shortest = min(shortest, _seconds(HOSTILE[case](SIZES[0])))
        if longest <= shortest * ALLOWED:
            return
    pytest.fail(f"{shortest:.3f} s became {longest:.3f} s")


def _seconds(text: str) -> float:
    """The processor's time for all that a run may ask of a body."""
    parse.read.cache_clear()
    # The time of the collector depends on all that other tests have left.
    gc.disable()
    try:
        began = time.process_time()
        is_rewriting(text, f"{text}<p>a</p>")
        keeps_page_words(text, f"{text}<p>a</p>")
        visible_lines(text)
        make_inert(text)
        mark_changes(text, f"{text}<p>a</p>")
        lint.Linter(POLICY).hits(lint.Mail(subject=text, body=text, plain_text=text))
        return time.process_time() - began
    finally:
        gc.enable()
