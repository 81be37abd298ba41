"""Keys, scopes, standing, limits, envelopes: who gets in and what the refusals look like."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from bmeconf.sandbox import DEFAULT_KEY
from tests.support.api import ABSENT, CAMPAIGNS, CONTACTS, SEARCH, Api, refused
from tests.support.clocks import FakeClock

LIMIT_HEADERS = (
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-Monthly-Limit",
    "X-Monthly-Remaining",
)
BLOCKED = "Too many failed authentication attempts. Please try again later."


def with_key(api: Api, **values: Any) -> str:
    """Add a key with these values to the account."""
    key = f"bme_us_{1:043d}"
    api.add("keys", key=key, **values)
    return key


def denied(api: Api, key: str | None, error_type: str = "UnauthorizedError") -> str:
    return api.error(error_type, "GET", CONTACTS, key=key)


@pytest.mark.parametrize("key", [None, "", "bme_us_" + "x" * 43, "nonsense", "bme_us_\xe9"])
def test_absent_or_wrong_key(api: Api, key: str | None) -> None:
    assert denied(api, key) == "Invalid API key"


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
    assert denied(api, with_key(api, **values)) == message


def test_a_key_that_expires_later_works(api: Api) -> None:
    api.get(CONTACTS, key=with_key(api, expiresAt="2999-01-01T00:00:00Z"))


def test_a_scope_to_write_includes_that_to_read_and_no_other(api: Api) -> None:
    key = with_key(api, scopes=["contacts:write"])
    api.get(CONTACTS, key=key)
    message = api.error("ForbiddenError", "GET", CAMPAIGNS, key=key)
    assert message == "API key missing required scope: campaigns:read"


def test_read_scope_does_not_write(api: Api) -> None:
    key = with_key(api, scopes=["contacts:read", "campaigns:read"])
    message = api.error("ForbiddenError", "POST", CONTACTS, {}, key=key)
    assert message == "API key missing required scope: contacts:write"
    for path in (SEARCH, "/api/contact/export"):
        api.invalid("", "POST", path, {}, key=key)


@pytest.mark.parametrize("standing", ["suspended", "past_due", "terminated"])
def test_accounts_in_bad_standing(api: Api, standing: str) -> None:
    api.put_state(**{**api.state(), "standing": standing})
    assert denied(api, DEFAULT_KEY, "ForbiddenError") == "Account does not have API access"


def test_an_account_about_to_be_cancelled_still_works(api: Api) -> None:
    api.put_state(**{**api.state(), "standing": "pending_cancel"})
    api.get(CONTACTS)


@pytest.mark.parametrize("action", ["schedule", "send", "cancel", "test"])
def test_nothing_is_sent_by_key(api: Api, action: str) -> None:
    welcome = api.named("campaigns", "Welcome")
    message = api.error("ForbiddenError", "POST", f"{CAMPAIGNS}/{welcome['_id']}/{action}", {})
    assert message == "This endpoint is not accessible via API key"
    assert api.named("campaigns", "Welcome") == welcome


@pytest.mark.parametrize(
    "request_line",
    [
        "GET /api/nonsense",
        "GET /api",
        "GET /api/contact/",
        "DELETE /api/contact",
        "PUT /api/email/campaign",
        "GET /api//contact",
        "GET /elsewhere",
        "GET /_sandbox/nothing",
    ],
)
def test_paths_that_do_not_exist(api: Api, request_line: str) -> None:
    response = api.send(*request_line.split())
    assert response.status_code == 404
    assert response.json()["errors"][0]["errorType"] in ("RecordNotFound", "NotFound")


def test_unknown_paths_are_not_told_to_strangers(api: Api) -> None:
    api.error("UnauthorizedError", "GET", "/api/nonsense", key=None)
    api.error("RecordNotFound", "GET", "/api/nonsense")


@pytest.mark.parametrize(
    "raw", [b"{", b"nonsense", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000, b'{"a": 1' + b"0" * 5000]
)
def test_malformed_json(api: Api, raw: bytes) -> None:
    headers = {"X-API-Key": DEFAULT_KEY, "Content-Type": "application/json"}
    response = requests.post(api.sandbox.url + CONTACTS, data=raw, headers=headers, timeout=10)
    refused(response, 400, "ValidationError")
    assert api.log()[0]["body"] is None


@pytest.mark.parametrize("body", [[], "text", 3, True])
def test_a_body_must_be_an_object(api: Api, body: Any) -> None:
    for path in (CONTACTS, CAMPAIGNS, api.lists, SEARCH):
        api.invalid("", "POST", path, body)


# --- limits


def test_every_success_carries_the_five_limit_headers(timed: Api, clock: FakeClock) -> None:
    first = timed.send("GET", CONTACTS).headers
    second = timed.send("POST", timed.lists, {"name": "New"}).headers
    assert first["X-RateLimit-Limit"] == "3600"
    assert (first["X-RateLimit-Remaining"], second["X-RateLimit-Remaining"]) == ("3599", "3598")
    assert second["X-Monthly-Remaining"] == str(int(first["X-Monthly-Remaining"]) - 1)
    assert int(first["X-RateLimit-Reset"]) == clock.now + 3600
    assert "Retry-After" not in first
    deletion = timed.send("DELETE", timed.list_path("Old list"))
    assert deletion.status_code == 204
    for headers in (first, deletion.headers):
        assert all(name in headers for name in LIMIT_HEADERS)


def test_errors_carry_limit_headers_only_when_switched(api: Api) -> None:
    path = f"{CONTACTS}/{ABSENT}"
    assert not any(name in api.send("GET", path).headers for name in LIMIT_HEADERS)
    api.switch(error_limit_headers=True)
    assert all(name in api.send("GET", path).headers for name in LIMIT_HEADERS)


def test_the_hour_is_counted_over_all_keys_and_errors_and_ends(
    timed: Api, clock: FakeClock
) -> None:
    timed.switch(hour_limit=3, hour_seconds=1.5)
    other = with_key(timed, scopes=["contacts:read"])
    timed.get(CONTACTS)
    timed.send("GET", f"{CONTACTS}/{ABSENT}", key=other)
    assert timed.send("GET", CONTACTS).headers["X-RateLimit-Remaining"] == "0"
    response = timed.send("GET", CONTACTS, key=other)
    message = refused(response, 429, "TooManyRequestsError")
    assert message == "Rate limit exceeded. Retry after 2 seconds."
    assert response.headers["Retry-After"] == "2"
    assert response.headers["X-RateLimit-Remaining"] == "0"
    assert response.headers["X-RateLimit-Limit"] == "3"
    assert "X-RateLimit-Reset" in response.headers
    assert "X-Monthly-Limit" not in response.headers
    clock.sleep(1.5)
    assert timed.send("GET", CONTACTS).headers["X-RateLimit-Remaining"] == "2"


def test_the_minute_is_off_by_default_and_can_be_on(timed: Api, clock: FakeClock) -> None:
    timed.switch(minute_limit=2, minute_seconds=0.8)
    timed.get(CONTACTS)
    timed.get(CONTACTS)
    denied(timed, DEFAULT_KEY, "TooManyRequestsError")
    clock.sleep(0.8)
    headers = timed.send("GET", CONTACTS).headers
    assert headers["X-RateLimit-Limit"] == "3600"
    assert headers["X-RateLimit-Remaining"] == "3597"


def test_the_month_has_a_huge_retry_after() -> None:
    with Api("month_quota=1") as api:
        assert api.send("GET", CONTACTS).headers["X-Monthly-Remaining"] == "0"
        response = api.send("GET", CONTACTS)
        message = refused(response, 429, "TooManyRequestsError")
        assert message == "Monthly API quota exceeded."
        assert int(response.headers["Retry-After"]) > 29 * 86_400


def test_failed_authentication_blocks_the_address_for_every_key(
    timed: Api, clock: FakeClock
) -> None:
    timed.switch(auth_failures=2, auth_block_seconds=1)
    for _ in range(2):
        denied(timed, "bad")
    response = timed.send("GET", CONTACTS)
    assert refused(response, 429, "TooManyRequestsError") == BLOCKED
    assert response.headers["Retry-After"] == "1"
    for key in ("bad", DEFAULT_KEY):
        clock.sleep(0.6)
        denied(timed, key, "TooManyRequestsError")
    clock.sleep(0.5)
    timed.get(CONTACTS)


def test_a_good_key_makes_failures_forgotten() -> None:
    with Api("auth_failures=2") as api:
        for _ in range(3):
            denied(api, "bad")
            api.get(CONTACTS)


def test_a_limit_of_zero_is_none_and_has_no_header() -> None:
    with Api("hour_limit=0", "month_quota=0") as api:
        headers = api.send("GET", CONTACTS).headers
        assert not any(name in headers for name in LIMIT_HEADERS)


def test_the_side_door_is_not_limited() -> None:
    with Api("hour_limit=1") as api:
        for _ in range(3):
            api.state()
        api.get(CONTACTS)
