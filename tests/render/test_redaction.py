"""Addresses in texts, however they are written, and values in messages."""

from __future__ import annotations

import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.render.redaction import Redactor

REDACTOR = Redactor(b"a secret of this test")
ANN = REDACTOR.address("ann+tag@büro.example")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ann+tag@büro.example", "*"),
        ("ANN+TAG@BÜRO.EXAMPLE.", "*."),
        ("Ann+Tag@xn--bro-hoa.example, again", "*, again"),
        ("ann+tag@bu\u0308ro.example", "*"),
        ("ann\u200b+tag@büro\u3002example", "*"),
        ("<ann+tag@büro.example>; (ann+tag@büro.example)", "<*>; (*)"),
        ("contacts/ann+tag@büro.example: gone", "contacts/*: gone"),
        ("lists/A 'contacts/ann+tag@büro.example'", "lists/A 'contacts/*'"),
        ("mailto:ann+tag@büro.example?subject=x", "mailto:*?subject=x"),
        ("GET /api?a=b&email=ann%2Btag%40b%C3%BCro.example&c=d", "GET /api?a=b&email=*&c=d"),
        ("/s?q=ann%252Btag%2540b%25C3%25BCro.example", "/s?q=*"),
        ("&#97;nn&#43;tag&#64;b&#252;ro.example", "*"),
        ("ann+tag&commat;büro.example", "*"),
        (r"\"ann\u002btag\u0040b\u00fcro.example\"", r"\"*\""),
        ("~~ann+tag@büro.example~~ `ann+tag@büro.example`", "~~*~~ `*`"),
        ("{{ann+tag@büro.example}}", "{{*}}"),
        ("ann+tag@<b>büro.example</b>", "*</b>"),
        ("of ann+tag@büro.example… and more", "of *… and more"),
        ("ann+tag＠büro.example", "*"),
    ],
)
def test_an_address_has_one_digest_however_it_is_written(text: str, shown: str) -> None:
    found = REDACTOR.text(text)
    assert ANN in found
    assert found.replace(ANN, "*") == shown


@pytest.mark.parametrize(
    "address",
    [
        '"ann smith"@acme.example',
        "&quot;ann smith&quot;@acme.example",
        r"\"ann smith\"@acme.example",
        "ann@[127.0.0.1]",
        "用户@例え.テスト",
        "a/ann=x@acme.example",
        "o'ann@acme.example",
        "ann@localhost",
        "ann@2x.example",
    ],
)
def test_an_odd_address_is_none_the_less_one(address: str) -> None:
    found = REDACTOR.text(f"To {address}, and contacts/{address}")
    assert "ann" not in found
    assert "用户" not in found
    assert found.count(REDACTOR.address("").partition("-")[0]) == 2


@pytest.mark.parametrize(
    "text",
    [
        "@media print {}",
        "a{b}@media screen{c}",
        "x:y;}&#10;@import url(x)",
        "see 5 @ 10",
        "@team look",
        "<b>x</b>@everyone",
        "http://user:***@proxy.example:80",
        "contacts/*@seeds.example",
        "A" * 1000,
    ],
)
def test_what_is_no_address_stays(text: str) -> None:
    assert REDACTOR.text(text) == text


def test_an_address_that_is_known_begins_where_it_begins() -> None:
    redactor = Redactor(b"x")
    redactor.learn_addresses(["a=b{c@acme.example", "o'brien@acme.example"])
    for known in ("a=b{c@acme.example", "o'brien@acme.example"):
        for text in (known, f"/p?email={known}", f"x='{known}'", known.replace("'", "'\"'\"'")):
            assert redactor.address(known) in redactor.text(text), text


def test_a_known_value_is_found_in_messages_and_nowhere_else() -> None:
    redactor = Redactor(b"x")
    redactor.learn({"City": "Bad Geheim", "Count": "12", "Long": "x y" * 30})
    city, count = redactor.value("Bad Geheim"), redactor.value("12")
    said = redactor.message('"Bad Geheim" is Bad Geheim, no Bad Geheimnis; "12" of 12')
    assert said == f'"{city}" is {city}, no Bad Geheimnis; "{count}" of 12'
    assert (
        redactor.message(f'found "{("x y" * 30)[:39]}…"') == f'found "{redactor.value("x y" * 30)}"'
    )
    assert redactor.text("Bad Geheim") == "Bad Geheim"


def test_an_address_is_the_same_as_a_value_and_in_messages() -> None:
    redactor = Redactor(b"x")
    redactor.learn_addresses(["ann@acme.example", "ann at acme"])
    redactor.learn({"Second address": "Ann@acme.example"})
    digest = redactor.address("ann@acme.example")
    assert redactor.value("Ann@acme.example ") == digest
    said = redactor.message('contacts/ann@acme.example: "Ann@acme.example" is no "ann at acme"')
    assert said == f'contacts/{digest}: "{digest}" is no "{redactor.value("ann at acme")}"'


def test_a_digest_is_not_redacted_again() -> None:
    digest = REDACTOR.value("Oslo")
    assert REDACTOR.value(digest) == digest
    assert REDACTOR.message(REDACTOR.text(digest)) == digest


LOCALS = st.text("abZ0é用._-+=/{}|~!#$%^*?&'`", min_size=1, max_size=20).filter(
    lambda text: any(map(str.isalnum, text))
)
DOMAINS = st.sampled_from(["acme.example", "BÜRO.example", "例え.テスト", "a-b.c0.example"])
WRITTEN = {
    "as it is": str,
    "in capitals": str.upper,
    "in a URL": quote,
    "in a URL, but for the @": lambda text: quote(text, safe="@"),
    "in a URL within one": lambda text: quote(quote(text)),
    "in HTML": html.escape,
    "in HTML, each character": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "in JSON": lambda text: json.dumps(text)[1:-1],
}
AROUND = [
    (" ", " "),
    ("<", ">"),
    ('"', '"'),
    ("contacts/", ":"),
    ("mailto:", ","),
    ("(", ")"),
    ("", ""),
]


@given(LOCALS, DOMAINS, st.sampled_from([*WRITTEN]), st.sampled_from(AROUND))
def test_an_address_that_is_known_is_found_in_every_writing(
    local: str, domain: str, way: str, around: tuple[str, str]
) -> None:
    before, after = around
    redactor = Redactor(b"x")
    redactor.learn_addresses([f"{local}@{domain}"])
    text = f"{before}{WRITTEN[way](f'{local}@{domain}')}{after}"
    assert redactor.text(text) == f"{before}{redactor.address(f'{local}@{domain}')}{after}"


@given(st.text("a@&;#%40{}<>/\\\"' .=?x"))
def test_any_text_can_be_redacted_and_nothing_is_left_for_a_second_time(text: str) -> None:
    once = REDACTOR.message(text)
    assert REDACTOR.message(once) == once or "@" in once
