"""Globs on addresses: `*` is any text, whatever it costs to say so in another way."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from bmeconf.desired import matches
from bmeconf.model import Address


@settings(max_examples=400, deadline=None)
@given(st.text("ab*", max_size=8), st.text("ab", min_size=1, max_size=8))
def test_a_star_is_any_text(glob: str, name: str) -> None:
    pattern = ".*".join(map(re.escape, glob.split("*")))
    assert matches(f"lists/{glob}", Address("lists", name)) == bool(re.fullmatch(pattern, name))
