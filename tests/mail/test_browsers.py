"""HTML is read as a browser reads it: Chromium builds the same tree of what has the same tokens."""

from __future__ import annotations

import random
from typing import Any

from selenium.webdriver.chrome.webdriver import WebDriver

from bmeconf.mail import parse

SPELLINGS = (
    *(("<p id=a>", "<P ID='a' id=b>", '<p\tid="a"\n>'), ("</p>", "</P x>"), ("<b>", "<B >")),
    *(("<br>", "<br/>", "<BR />"), ("<div>", "<div/>"), ("</div>",), ("</b>", "</b/>")),
    *(("<a href='x&amp;y'>", "<a href=x&amp;y>", "<a HREF='x&y'>"), ("</a>",), ("<i>",), ("</i>",)),
    *(("<table>",), ("</table>",), ("<tr>", "<tr/>"), ("<td>", "<TD>"), ("<caption>",), ("<col>",)),
    *(("<select>", "<SELECT>"), ("<option>", "<option/>"), ("</select>",)),
    *(("<form>",), ("</form>",)),
    *(("<svg>", "<SVG>"), ("</svg>",), ("<path/>", "<PATH />"), ("<math>",), ("<mi>", "<mi/>")),
    *(("<style>", "<style/>"), ("</style>", "</STYLE >"), ("<script>", "<script/>")),
    ("</script>",),
    *(("<title>",), ("</title>",), ("<textarea>",), ("</textarea>",), ("<xmp>",), ("</xmp>",)),
    *(("<noscript>",), ("</noscript>",), ("<iframe>",), ("</iframe>",), ("<template>",)),
    *(("</template>",), ("<object>",), ("</object>",), ("<ul>",), ("<li>", "<li/>"), ("<h1>",)),
    *(("<!-- c -->", "<!-- c --!>"), ("<!-->", "<!--->"), ("<![if !mso]>",), ("<![endif]>",)),
    *(("<![CDATA[x]]>",), ("<?x y?>",), ("<!doctype html>", "<!DOCTYPE HTML>"), ("<v:fill/>",)),
    *(("&amp;", "&", "&#38;"), ("&lt;", "&#x3c;"), ("a", "&#97;"), ("\n", "\r\n", "\r"), (" ",)),
    *(("<",), (">",), ("</",), ("'",), ("\u00e9", "&eacute;"), ("</br>",), ("<html lang=a>",)),
)
"""What a browser reads alike, in most places."""
TREES = """
function read(node, into) {
  for (const child of node.childNodes) {
    if (child.nodeType == 1) {
      const given = [...child.attributes].map(one => one.name + '=' + one.value).sort()
      into.push('<' + child.namespaceURI + ' ' + child.localName + ' ' + given)
      read(child.content || child, into)
      into.push('>')
    } else if (child.nodeType == 3) into.push('text ' + child.data)
    else if (child.nodeType != 8) into.push(child.nodeName)
  }
  return into
}
return arguments[0].map(text =>
  read(new DOMParser().parseFromString(text, 'text/html'), []).join('\\n'))
"""


def test_the_same_tokens_are_the_same_tree(browser: WebDriver) -> None:
    chance = random.Random(1)
    pairs = []
    for _ in range(4_000):
        pieces = [chance.choice(SPELLINGS) for _ in range(chance.randint(1, 9))]
        one, other = ("".join(map(chance.choice, pieces)) for _ in "ab")
        ours, theirs = parse.read(one), parse.read(other)
        known = not (ours.doubtful or theirs.doubtful) and ours.tokens == theirs.tokens
        if one != other and known:
            pairs.append((one, other))
    assert len(pairs) > 1_000
    # The page that a browser starts with lets no script read HTML.
    browser.get("about:blank")
    trees: list[list[Any]] = [
        browser.execute_script(TREES, list(side)) for side in zip(*pairs, strict=True)
    ]
    apart = [pair for pair, *both in zip(pairs, *trees, strict=True) if both[0] != both[1]]
    assert apart == []
