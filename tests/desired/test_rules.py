"""What the compiled rules call sound is sound for jsonschema, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bmeconf.desired.manifest import Block, Items, MemoryFiles, Node, Scalar, read, walk
from bmeconf.desired.validate.flaws import violated
from bmeconf.desired.validate.formats import LONGEST_EMAIL, USUAL_EMAIL, unusual_fault
from bmeconf.desired.validate.rules import Rules
from bmeconf.desired.validate.shape import OF_VALUE, Shape
from bmeconf.project import load_schema
from tests.support.strategies import examples

MANIFEST = """\
version: 1
structure: {label: D, tags: [t], fields: [{label: C, type: text, required: false}]}
lists:
  - {name: A, id: 66f1a6e4698f1bca60424900, protect: true, renamed_from: Old, state: present}
  - {name: C, merge_of: [A, B], renamed_from: [D, E]}
contact_files:
  - {csv: a.csv, email: E, fields: {A: B}, defaults: {fields: {C: null}, tags: [], status: Active}}
contacts:
  - {email: a@b.c, fields: {First Name: x, City: null}, lists: [A], tags: null, renamed_from: d@e.f}
campaigns:
  - name: N
    from: news@acme.example
    from_name: Ann
    subject: null
    reply_to: [a@b.c]
    body: {file: a.html}
    plain_text: {text: a}
    schedule: {at: 2026-12-01T09:00:00+01:00, owner: me, note: look}
    expect: {open_rate: '>=20 %', complaints: = 0}
  - {name: T, body: {template: {name: Plain, lang: en}}, preview_text: x}
"""
PROJECT = """\
version: 1
manifests: [a/]
accounts: {one: {base_url: 'https://x.example', api_key_env: A_B, vars: {v: w}}}
policy:
  seeds: ['*@a.example']
  max_deletes: 3
  parallel: 16
  known_drift: [{address: lists/A, field: name, reason: x, owner: me, expires: 2026-12-24}]
"""
TREES = {
    name: read(MemoryFiles({"m.yaml": text})).documents[0]
    for name, text in (("manifest", MANIFEST), ("project", PROJECT))
}
TEXTS = (
    *("", " ", "null", "~", "true", "True", "1", "2", "1.0", "-1", "1e999", "9" * 90, "0x1", "NaN"),
    *("x", "x\n", "\n", "\r", "\x1c", "\u2028", "\ufeff", "\u180e", "\u202e", "\ud800", "é", "🎉"),
    *("a@b\x1cc", "a@b\n", " a@b ", "a@@b", "\x85a@b", "${x}", "${", "66f1a6e4698f1bca60424900\n"),
    *(">= 20\n", ">= ２０", "> 1.5 % ", "٣", "x" * 100, "x" * 101, "🎉" * 100, "x" * 1001),
    *("absent", "Active", "present", "lists/x", "structure", "2026-12-24\n", "_", "A-b", "name"),
)
KEYS = ("name", "id", "email", "file", "html", "version", "x", "", " ", "a\nb", "x\n", "type")


def changed(node: Node, random: Random, at: int) -> Node:
    """A tree with its node number `at`, as `walk` counts values, made another one."""
    if at == 0:
        return other(node, random)
    at -= 1
    children = [value for _, value in node.entries] if isinstance(node, Block) else []
    if isinstance(node, Items):
        children = [*node.items]
    for index, child in enumerate(children):
        size = sum(1 for _ in values(child))
        if at < size:
            children[index] = changed(child, random, at)
        at -= size
    if isinstance(node, Block):
        keys = [key for key, _ in node.entries]
        return replace(node, entries=tuple(zip(keys, children, strict=True)))
    return node._replace(items=tuple(children)) if isinstance(node, Items) else node


def values(node: Node) -> Iterator[Node]:
    keys = {id(key) for _, each in walk(node) if isinstance(each, Block) for key, _ in each.entries}
    return (each for _, each in walk(node) if id(each) not in keys)


def other(node: Node, random: Random) -> Node:
    """Another value, or the same with more or less in it."""
    place = node.place
    text = Scalar(random.choice(TEXTS), place, random.random() < 0.5)
    if isinstance(node, Block) and random.random() < 0.8:
        entries = {key.text: (key, value) for key, value in node.entries}
        if entries and random.random() < 0.5:
            del entries[random.choice([*entries])]
        else:
            key = random.choice((*KEYS, *TEXTS))
            entries[key] = Scalar(key, place), random.choice((text, node))
        return replace(node, entries=tuple(entries.values()))
    if isinstance(node, Items) and random.random() < 0.8:
        return node._replace(items=random.choice(((), node.items[1:], (*node.items, text))))
    return random.choice((text, text, text, Items((), place), Block((), place)))


@pytest.mark.parametrize("name", TREES)
def test_both_call_the_same_documents_sound(name: str) -> None:
    rules, schema = Rules(load_schema(name)), Draft202012Validator(load_schema(name))
    size = sum(1 for _ in values(TREES[name]))
    assert rules.read(TREES[name])[1]

    @examples(100)
    @given(st.integers(0, 2**32))
    def law(number: int) -> None:
        random, tree = Random(number), TREES[name]
        tree = changed(tree, random, random.randrange(size))
        data, is_sound = rules.read(tree)
        nothing = any(isinstance(e, Scalar) and e.plain and not e.text for e in values(tree))
        # A whole number written with a point is left to jsonschema.
        strict = nothing or any(isinstance(each, float) for each in below(data))
        assert is_sound == schema.is_valid(data) or (strict and not is_sound), data

    law()


@pytest.mark.parametrize("name", TREES)
def test_jsonschema_finds_the_same_among_the_entries_in_doubt(name: str) -> None:
    shape, schema = Shape(name), Draft202012Validator(load_schema(name))

    @examples(60)
    @given(st.integers(0, 2**32))
    def law(number: int) -> None:
        random, tree = Random(number), TREES[name]
        for _ in range(random.randrange(4)):
            tree = changed(tree, random, random.randrange(sum(1 for _ in values(tree))))
        data, flaws = shape.check(tree)
        nowhere = {flaw.place for flaw in flaws if flaw.code == "empty_value"}
        expected = [each for error in schema.iter_errors(data) for each in violated(error, tree)]
        told = {each for each in expected if each.place not in nowhere}
        mistyped = {each.place for each in told if each.code == "type"}
        hidden = {e for e in told if e.code in OF_VALUE and e.place in mistyped}
        assert {flaw for flaw in flaws if flaw.place not in nowhere} == told - hidden

    law()


@examples(30)
@given(st.from_regex(USUAL_EMAIL, fullmatch=True))
def test_what_looks_like_most_addresses_has_no_fault_but_its_length(address: str) -> None:
    assert unusual_fault(address[:LONGEST_EMAIL]) == "" or len(address) > LONGEST_EMAIL


def below(data: Any) -> Iterator[Any]:
    yield data
    if isinstance(data, dict | list):
        for each in data.values() if isinstance(data, dict) else data:
            yield from below(each)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "format": "email"},
        {"anyOf": [{"type": "string"}]},
        {"enum": ["x", 1], "allOf": [{"enum": ["y"]}]},
        {"enum": ["x"], "const": "y"},
        {"properties": {}, "allOf": [{"properties": {}}]},
        {"not": {"type": "string"}},
    ],
)
def test_what_a_schema_says_in_other_words_is_left_to_jsonschema(schema: dict[str, Any]) -> None:
    assert not Rules(schema).read(Scalar("x", TREES["manifest"].place))[1]
