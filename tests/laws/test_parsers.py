"""Whatever bytes come: a clear error with its place, or a result; never a traceback, never a hang.

An ordinary run has any bytes read by every third parser. BMECONF_EXAMPLES=40 has them read by all,
and tries forty times as many, new ones in every run.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.parsers import PARSERS, TRACE, Bench, Parser, bench, mutated
from tests.support.strategies import MANY, examples

pytestmark = pytest.mark.long
TEXT = st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace"))
LONGEST = 5.0
"""Seconds of the processor that no input of a few hundred bytes is worth."""


@pytest.fixture(scope="module")
def here() -> Iterator[Bench]:
    with bench() as one:
        yield one


def judge(here: Bench, parser: Parser, content: bytes) -> None:
    began = time.process_time()
    ran = parser.read(here, content)
    taken = time.process_time() - began
    said = ran.out + ran.err
    assert ran.code in parser.codes, (content, said)
    assert not TRACE.search(said), (content, said)
    assert taken < LONGEST, content
    if ran.code:
        assert re.search("^Error: |^[0-9]+ errors?[,.]", said, re.MULTILINE), (content, said)
    if ran.code == 3 and parser.places:
        assert any(place in said for place in parser.places.split("|")), (content, said)


@pytest.mark.parametrize("name", PARSERS)
def test_changed_inputs(here: Bench, name: str) -> None:
    parser = PARSERS[name]
    good = parser.good(here)

    @examples(2)
    @given(st.integers(0, 2**32))
    def law(number: int) -> None:
        judge(here, parser, mutated(good, Random(number)))

    law()


@pytest.mark.parametrize("name", ["a" * 300, "/".join(["a" * 200] * 30)], ids=["name", "path"])
@pytest.mark.parametrize(
    "command",
    [
        *("validate {}", "plan {}", "show {}", "apply {} --auto-approve", "apply --resume {}"),
        *("plan --out {}", "pull --out {}", "init {}", "sandbox reset {}", "sandbox serve {}"),
        *("validate --output json={}", "plan --output json={}", "report {}", "preview --out {}"),
    ],
)
def test_a_path_that_no_file_can_have(here: Bench, command: str, name: str) -> None:
    ran = here.read({"m.yaml": b"version: 1\n"}, *command.format(name).split())
    assert ran.code == 3, ran.err
    assert ran.err.startswith("Error: ")
    assert not TRACE.search(ran.err)


@pytest.mark.parametrize("name", [*PARSERS][:: 1 if MANY > 1 else 3])
def test_any_bytes(here: Bench, name: str) -> None:
    @examples(2)
    @given(st.binary(max_size=60) | TEXT)
    def law(content: bytes) -> None:
        judge(here, PARSERS[name], content)

    law()
