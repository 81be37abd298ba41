"""One value of a file is written anew: it reads as meant, and nothing else is touched."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.desired.editing import Editor, Unedited, edited
from bmeconf.model import Place
from tests.support.strategies import examples

TEXTS = st.text(st.characters(exclude_categories=("C",)), max_size=12) | st.sampled_from(
    [
        "",
        "no",
        "1",
        "# x",
        "a: b",
        "[x",
        "é😀",
        "- d",
        "null",
        " lead",
        "trail ",
        "x\ny\n",
        "\n",
        "%a",
    ]
)
LISTS = st.lists(TEXTS.filter(bool), unique=True, max_size=4)
VALUES = TEXTS | LISTS | st.none()


def quoted(text: str) -> str:
    return yaml.dump(text, default_style='"', width=10**6, allow_unicode=True).strip()


def written(value: Any, style: str) -> str:
    """A value behind its key, with comments, in one of the styles that people use."""
    if isinstance(value, list):
        if style == "block" and value:
            return "".join(f"\n  - {quoted(text)}  # m{n}" for n, text in enumerate(value))
        return f" [{', '.join(map(quoted, value))}]  # c"
    if value is None:
        return " null  # c"
    lines = value.removesuffix("\n").split("\n")
    if style == "block" and lines[0].strip() == lines[0] and all(lines) and value.isprintable():
        return " |" + "".join(f"\n    {line}" for line in lines)
    return f" {quoted(value)}  # c"


@examples(40)
@given(st.lists(VALUES, min_size=1, max_size=4), st.data())
def test_one_value_changes_and_all_else_stays(values: list[Any], data: st.DataObject) -> None:
    style = data.draw(st.sampled_from(["block", "flow"]))
    newline = data.draw(st.sampled_from(["\n", "\r\n"]))
    parts = [f"# about k{n}\nk{n}:{written(value, style)}\n" for n, value in enumerate(values)]
    text = "".join(parts).replace("\n", newline)
    before = yaml.safe_load(text)
    number, new = data.draw(st.integers(0, len(values) - 1)), data.draw(VALUES)
    node = yaml.compose(text).value[number][1]
    place = Place("", node.start_mark.line + 1, node.start_mark.column + 1)
    try:
        after = edited(text, Editor(text).value(place, new))
    except Unedited:
        return
    expected = {**before, f"k{number}": new}
    read = yaml.safe_load(after)
    if isinstance(new, list) and isinstance(before[f"k{number}"], list):
        # What stays keeps its place, and what comes stands at the end.
        read[f"k{number}"], expected[f"k{number}"] = sorted(read[f"k{number}"]), sorted(new)
    if isinstance(new, str) and not new.endswith("\n"):
        read[f"k{number}"] = str(read[f"k{number}"]).removesuffix("\n")
    assert read == expected
    assert [part for n, part in enumerate(parts) if n != number] == [
        part for part in parts if part.replace("\n", newline) in after and part != parts[number]
    ]
    assert after.count("# about") == len(values)


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("k: &a x\n", "y", "anchor"),
        ("k: ${v}\n", "y", "variable"),
        ("k: [a, # why\n b]\n", ["b", "c"], "comments"),
        ("k:\n  - a  # why\n  - b\n", [], "comments"),
        ("k:\n  - {a: b}\n", ["c"], "plain texts"),
    ],
)
def test_what_needs_a_look_by_a_person(text: str, value: Any, reason: str) -> None:
    node = yaml.compose(text).value[0][1]
    place = Place("", node.start_mark.line + 1, node.start_mark.column + 1)
    with pytest.raises(Unedited, match=reason):
        edited(text, Editor(text).value(place, value))


@pytest.mark.parametrize(
    ("text", "value", "wanted"),
    [
        ("k: |\n  a\n\n\n# x\n", "b\nc\n", "k: |\n  b\n  c\n\n\n# x\n"),
        ("k: |- # why\r\n  a\r\n\r\nx: 1\r\n", "b", "k: |- # why\r\n  b\r\n\r\nx: 1\r\n"),
        ("k: |+\n  a\n\nx: 1\n", "b\n", "k: |+\n  b\nx: 1\n"),
        ("k: > # why\n  a\n\n# x\n", "b", "k: b # why\n\n# x\n"),
        ("k:\n- |-\n  a\n# x\n- b\n", ["b"], "k:\n# x\n- b\n"),
        ("k:\n- a\n- |-\n  b\n# x\n", ["b", "c"], "k:\n- |-\n  b\n- c\n# x\n"),
    ],
)
def test_blank_lines_and_comments_beside_blocks_stay(text: str, value: Any, wanted: str) -> None:
    node = yaml.compose(text).value[0][1]
    place = Place("", node.start_mark.line + 1, node.start_mark.column + 1)
    assert edited(text, Editor(text).value(place, value)) == wanted
