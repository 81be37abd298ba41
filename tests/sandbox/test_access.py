"""Keys, scopes, standing, limits, envelopes: who gets in and what the refusals look like."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from bmeconf.sandbox import DEFAULT_KEY
from tests.support.api import ABSENT, Api, refused

LIMIT_HEADERS = (
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-Monthly-Limit",
    "X-Monthly-Remaining",
)


def with_key(api: Api, **values: Any) -> str:
    """Add a key with these values to the account."""
    state = api.state()
    key = f"bme_us_{len(state['keys']):043d}"
    api.put_state(**{**state, "keys": [*state["keys"], {"key": key, **values}]})
    return key


@pytest.mark.parametrize("key", [None, "", "bme_us_" + "x" * 43, "nonsense", "bme_us_\xe9"])
def test_absent_or_wrong_key(api: Api, key: str | None) -> None:
    message = refused(api.call("GET", "/api/contact", key=key), 401, "UnauthorizedError")
    assert message == "Invalid API key"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"status": "Inactive"}, "Invalid API key"),
        ({"status": "Deleted"}, "Invalid API key"),
        ({"status": "Expired"}, "API key expired"),
        ({"expiresAt": "2026-01-01T00:00:00Z"}, "API key expired"),
    ],
)
def test_keys_that_no_longer_work(api: Api, values: Any, message: str) -> None:
    key = with_key(api, **values)
    assert refused(api.call("GET", "/api/contact", key=key), 401, "UnauthorizedError") == message


def test_a_key_that_expires_later_works(api: Api) -> None:
    key = with_key(api, expiresAt="2999-01-01T00:00:00Z")
    assert api.call("GET", "/api/contact", key=key).status_code == 200


def test_write_scope_includes_read_scope(api: Api) -> None:
    key = with_key(api, scopes=["contacts:write"])
    assert api.call("GET", "/api/contact", key=key).status_code == 200
    response = api.call("GET", "/api/email/campaign", key=key)
    message = refused(response, 403, "ForbiddenError")
    assert message == "API key missing required scope: campaigns:read"


def test_read_scope_does_not_write(api: Api) -> None:
    key = with_key(api, scopes=["contacts:read", "campaigns:read"])
    response = api.call("POST", "/api/contact", {}, key=key)
    message = refused(response, 403, "ForbiddenError")
    assert message == "API key missing required scope: contacts:write"
    for path in ("/api/contact/search", "/api/contact/export"):
        refused(api.call("POST", path, {}, key=key), 400, "ValidationError")


@pytest.mark.parametrize("standing", ["suspended", "past_due", "terminated"])
def test_accounts_in_bad_standing(api: Api, standing: str) -> None:
    api.put_state(**{**api.state(), "standing": standing})
    message = refused(api.call("GET", "/api/contact"), 403, "ForbiddenError")
    assert message == "Account does not have API access"


def test_an_account_about_to_be_cancelled_still_works(api: Api) -> None:
    api.put_state(**{**api.state(), "standing": "pending_cancel"})
    api.get("/api/contact")


@pytest.mark.parametrize("action", ["schedule", "send", "cancel", "test"])
def test_nothing_is_sent_by_key(api: Api, action: str) -> None:
    welcome = api.find("campaigns", name="Welcome")
    response = api.call("POST", f"/api/email/campaign/{welcome['_id']}/{action}", {})
    message = refused(response, 403, "ForbiddenError")
    assert message == "This endpoint is not accessible via API key"
    assert api.find("campaigns", name="Welcome") == welcome


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/nonsense"),
        ("GET", "/api"),
        ("GET", "/api/contact/"),
        ("DELETE", "/api/contact"),
        ("PUT", "/api/email/campaign"),
        ("GET", "/api//contact"),
        ("GET", "/elsewhere"),
        ("GET", "/_sandbox/nothing"),
    ],
)
def test_paths_that_do_not_exist(api: Api, method: str, path: str) -> None:
    response = api.call(method, path)
    assert response.status_code == 404
    assert response.json()["errors"][0]["errorType"] in ("RecordNotFound", "NotFound")


def test_unknown_paths_are_not_told_to_strangers(api: Api) -> None:
    refused(api.call("GET", "/api/nonsense", key=None), 401, "UnauthorizedError")
    refused(api.call("GET", "/api/nonsense"), 404, "RecordNotFound")


@pytest.mark.parametrize(
    "raw", [b"{", b"nonsense", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000, b'{"a": 1' + b"0" * 5000]
)
def test_malformed_json(api: Api, raw: bytes) -> None:
    response = requests.post(
        f"{api.sandbox.url}/api/contact",
        data=raw,
        headers={"X-API-Key": DEFAULT_KEY, "Content-Type": "application/json"},
        timeout=10,
    )
    refused(response, 400, "ValidationError")
    assert api.get("/_sandbox/log")[0]["body"] is None


@pytest.mark.parametrize("body", [[], "text", 3, True])
def test_a_body_must_be_an_object(api: Api, body: Any) -> None:
    for path in ("/api/contact", "/api/email/campaign", api.lists, "/api/contact/search"):
        refused(api.call("POST", path, body), 400, "ValidationError")


def test_every_success_carries_the_five_limit_headers(api: Api) -> None:
    first = api.call("GET", "/api/contact").headers
    second = api.call("POST", api.lists, {"name": "New"}).headers
    assert all(name in first for name in LIMIT_HEADERS)
    assert first["X-RateLimit-Limit"] == "3600"
    assert first["X-RateLimit-Remaining"] == "3599"
    assert second["X-RateLimit-Remaining"] == "3598"
    assert second["X-Monthly-Remaining"] == str(int(first["X-Monthly-Remaining"]) - 1)
    assert 0 < int(first["X-RateLimit-Reset"]) - time.time() <= 3601
    assert "Retry-After" not in first


def test_a_deletion_carries_the_limit_headers_too(api: Api) -> None:
    response = api.call("DELETE", f"{api.lists}/{api.list_id('Old list')}")
    assert (response.status_code, response.content) == (204, b"")
    assert all(name in response.headers for name in LIMIT_HEADERS)


def test_errors_carry_limit_headers_only_when_switched(api: Api) -> None:
    path = f"/api/contact/{ABSENT}"
    assert not any(name in api.call("GET", path).headers for name in LIMIT_HEADERS)
    api.switch(error_limit_headers=True)
    assert all(name in api.call("GET", path).headers for name in LIMIT_HEADERS)


def test_the_hour_is_counted_over_all_keys_and_errors_and_ends() -> None:
    with Api("hour_limit=3", "hour_seconds=1.5") as api:
        other = with_key(api, scopes=["contacts:read"])
        api.get("/api/contact")
        api.call("GET", f"/api/contact/{ABSENT}", key=other)
        assert api.call("GET", "/api/contact").headers["X-RateLimit-Remaining"] == "0"
        response = api.call("GET", "/api/contact", key=other)
        message = refused(response, 429, "TooManyRequestsError")
        wait = response.headers["Retry-After"]
        assert message == f"Rate limit exceeded. Retry after {wait} seconds."
        assert int(wait) in (1, 2)
        assert response.headers["X-RateLimit-Remaining"] == "0"
        assert response.headers["X-RateLimit-Limit"] == "3"
        assert "X-RateLimit-Reset" in response.headers
        assert "X-Monthly-Limit" not in response.headers
        time.sleep(1.6)
        assert api.call("GET", "/api/contact").headers["X-RateLimit-Remaining"] == "2"


def test_the_minute_is_off_by_default_and_can_be_on() -> None:
    with Api("minute_limit=2", "minute_seconds=0.8") as api:
        api.get("/api/contact")
        api.get("/api/contact")
        refused(api.call("GET", "/api/contact"), 429, "TooManyRequestsError")
        time.sleep(0.9)
        headers = api.call("GET", "/api/contact").headers
        assert headers["X-RateLimit-Limit"] == "3600"
        assert headers["X-RateLimit-Remaining"] == "3597"


def test_the_month_has_a_huge_retry_after() -> None:
    with Api("month_quota=1") as api:
        assert api.call("GET", "/api/contact").headers["X-Monthly-Remaining"] == "0"
        response = api.call("GET", "/api/contact")
        message = refused(response, 429, "TooManyRequestsError")
        assert message == "Monthly API quota exceeded."
        assert int(response.headers["Retry-After"]) > 29 * 86_400


def test_failed_authentication_blocks_the_address_for_every_key() -> None:
    with Api("auth_failures=2", "auth_block_seconds=1") as api:
        for _ in range(2):
            refused(api.call("GET", "/api/contact", key="bad"), 401, "UnauthorizedError")
        response = api.call("GET", "/api/contact")
        message = refused(response, 429, "TooManyRequestsError")
        assert message == "Too many failed authentication attempts. Please try again later."
        assert response.headers["Retry-After"] == "1"
        time.sleep(0.6)
        refused(api.call("GET", "/api/contact", key="bad"), 429, "TooManyRequestsError")
        time.sleep(0.6)
        refused(api.call("GET", "/api/contact"), 429, "TooManyRequestsError")
        time.sleep(0.5)
        api.get("/api/contact")


def test_a_good_key_makes_failures_forgotten() -> None:
    with Api("auth_failures=2") as api:
        for _ in range(3):
            refused(api.call("GET", "/api/contact", key="bad"), 401, "UnauthorizedError")
            api.get("/api/contact")


def test_a_limit_of_zero_is_none_and_has_no_header() -> None:
    with Api("hour_limit=0", "month_quota=0") as api:
        headers = api.call("GET", "/api/contact").headers
        assert not any(name in headers for name in LIMIT_HEADERS)


def test_the_side_door_is_not_limited() -> None:
    with Api("hour_limit=1") as api:
        for _ in range(3):
            api.state()
        api.get("/api/contact")
