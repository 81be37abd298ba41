"""No body, query or path makes the simulator answer with a server error."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.api import UNSUBSCRIBED, Api, valid
from tests.support.documents import places
from tests.support.strategies import examples

pytestmark = pytest.mark.long

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["a@example.com", "\ud800", "\0", "f" * 24, "2026-01-01", "Active"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    quick = ("hour_limit=0", "month_quota=0", "structure_create=accept", "verify_from=on")
    with Api(*quick, "search_lag_ms=1", "auth_failures=0") as running:
        yield running


@pytest.fixture(scope="module")
def seeds(api: Api) -> list[tuple[str, str, Any]]:
    """Valid requests, as the starting points."""
    state = api.state()
    contact, campaign = state["contacts"][0]["_id"], state["campaigns"][-1]["_id"]
    # Without keys and standing, so that the account stays open to the other requests.
    account = {name: state[name] for name in state if name not in ("keys", "standing")}
    return [
        *valid(api).values(),
        ("PUT", "/_sandbox/state", account),
        ("PATCH", "/_sandbox/switches", {"search_lag_ms": 1}),
        ("POST", f"/_sandbox/contacts/{contact}/status", {"status": UNSUBSCRIBED}),
        ("POST", f"/_sandbox/campaigns/{campaign}/status", {"status": "draft"}),
        ("POST", "/_sandbox/forms", {"name": "n", "fieldIds": []}),
    ]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy of `value` with `new` at that path."""
    if not path:
        return new
    changed = copy.copy(value)
    changed[path[0]] = put(value[path[0]], path[1:], new)
    return changed


@examples(100)
@given(data=st.data())
def test_bodies_with_one_wrong_value(
    api: Api, seeds: list[tuple[str, str, Any]], data: st.DataObject
) -> None:
    method, path, body = data.draw(st.sampled_from(seeds))
    where = data.draw(st.sampled_from(list(places(body))))
    response = api.send(method, path, put(body, where, data.draw(JSON)))
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        assert response.json()["errors"][0]["errorType"]


@examples(30)
@given(
    path=st.sampled_from(
        ["email/campaign", "contact/events", "email/template", "reports/email/overall"]
    ),
    query=st.dictionaries(
        st.sampled_from(["page", "size", "sort", "criteria", "types", "lang", "pastDays"])
        | st.sampled_from(["timezone", "statuses", "internal", "attributeIds"]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
        | st.sampled_from(["1", "90", "name:asc", "en", "UTC", "Europe"]),
    ),
)
def test_any_query(api: Api, path: str, query: dict[str, str]) -> None:
    assert api.send("GET", f"/api/{path}", **query).status_code < 500


@examples(20)
@given(ident=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6))
def test_any_id(api: Api, ident: str) -> None:
    for path in ("contact", "contact-structure", "email/campaign", "email/domain"):
        response = api.send("GET", f"/api/{path}/{ident.replace('/', '')}")
        assert response.status_code < 500
