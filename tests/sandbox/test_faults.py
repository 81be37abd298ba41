"""Faults: what the client sees of each, what the account has become, what the log says of it."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from bmeconf.sandbox import DEFAULT_KEY, Fault, Sandbox
from bmeconf.sandbox.faults import KINDS
from tests.support.api import (
    ABSENT,
    CAMPAIGNS,
    CONTACTS,
    SEARCH,
    Api,
    at_once,
    refused,
    search,
    valid,
)
from tests.support.clocks import FakeClock
from tests.support.driver import Project, ended, exported, serving
from tests.support.forks import Forks

FAULTS = "/_sandbox/faults"


def plan(api: Api, *faults: Any) -> None:
    """Let these go wrong, each a kind or a whole fault."""
    api.faults(*({"kind": fault} if isinstance(fault, str) else fault for fault in faults))


def names(api: Api) -> list[str]:
    return [found["name"] for found in api.state()["lists"]]


def create(api: Api, name: str = "New") -> requests.Response:
    return api.send("POST", api.lists, {"name": name})


def raw(api: Api, name: str = "New") -> int:
    """The status of the same on a bare connection, read to its end."""
    host, path = api.sandbox.url.removeprefix("http://"), api.lists
    with contextlib.closing(http.client.HTTPConnection(host, timeout=10)) as connection:
        connection.request("POST", path, json.dumps({"name": name}), {"X-API-Key": DEFAULT_KEY})
        reply = connection.getresponse()
        reply.read()
        return reply.status


def outcomes(api: Api, *requests: str) -> list[int]:
    return [api.send(*request.split(" ")).status_code for request in requests]


def last(api: Api) -> tuple[int | None, str | None, bool]:
    """What the log says of the latest request."""
    entry = api.log()[-1]
    return entry["status"], entry["fault"], entry["done"]


# --- one fault, one request


@pytest.mark.parametrize(
    ("kind", "seen", "made"),
    [
        ("hour-limit", 429, 0),
        ("month-limit", 429, 0),
        ("auth-block", 429, 0),
        *((f"error-{status}", status, 0) for status in (500, 502, 503)),
        *((f"error-{status}-after", status, 1) for status in (500, 502, 503)),
        ("gateway-page", 502, 0),
        ("gateway-page-after", 502, 1),
        ("gateway-page-200", 200, 0),
        ("drop-before", http.client.RemoteDisconnected, 0),
        ("drop-after", http.client.RemoteDisconnected, 1),
        ("twice-drop", http.client.RemoteDisconnected, 2),
        ("reset-after", ConnectionResetError, 1),
        ("timeout-before", http.client.RemoteDisconnected, 0),
        ("timeout-after", http.client.RemoteDisconnected, 1),
        ("half-answer", http.client.IncompleteRead, 1),
        ("slow", 201, 1),
        ("twice", 201, 2),
    ],
)
def test_what_the_client_sees_the_account_becomes_and_the_log_says(
    api: Api, kind: str, seen: Any, made: int, capfd: pytest.CaptureFixture[str]
) -> None:
    plan(api, {"kind": kind, "seconds": 0.2})
    before, begun = names(api), time.monotonic()
    if isinstance(seen, int):
        assert raw(api) == seen
        status: int | None = seen
    else:
        with pytest.raises(seen) as caught:
            raw(api)
        # A reset is also a disconnection, to Python.
        assert type(caught.value) is seen
        status = 201 if made else None
    assert time.monotonic() - begun >= (0.2 if kind.startswith(("timeout", "slow")) else 0)
    assert names(api) == before + ["New"] * made
    assert last(api) == (status, kind, made > 0)
    assert create(api, "Next").status_code == 201
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("seconds", [1, 7])
def test_the_hour_is_over(api: Api, seconds: int) -> None:
    plan(api, "hour-limit" if seconds == 1 else {"kind": "hour-limit", "seconds": seconds})
    now = time.time()
    reply = create(api)
    message = refused(reply, 429, "TooManyRequestsError")
    assert message == f"Rate limit exceeded. Retry after {seconds} seconds."
    assert reply.headers["Retry-After"] == str(seconds)
    assert reply.headers["X-RateLimit-Limit"] == "3600"
    assert reply.headers["X-RateLimit-Remaining"] == "0"
    assert 0 <= int(reply.headers["X-RateLimit-Reset"]) - now - seconds < 5
    assert "X-Monthly-Limit" not in reply.headers


def test_other_limits(api: Api) -> None:
    plan(api, "month-limit", "auth-block")
    month, blocked = create(api), create(api)
    assert refused(month, 429, "TooManyRequestsError") == "Monthly API quota exceeded."
    assert int(month.headers["Retry-After"]) > 10**6
    assert "Too many failed authentication" in refused(blocked, 429, "TooManyRequestsError")
    assert blocked.headers["Retry-After"] == "900"


@pytest.mark.parametrize("after", ["", "-after"])
def test_errors_are_the_service_s_and_pages_are_the_gateway_s(api: Api, after: str) -> None:
    errors = [f"error-{status}{after}" for status in (500, 502, 503)]
    plan(api, *errors, f"gateway-page{after}", "gateway-page-200")
    replies = [create(api) for _ in range(5)]
    for error in replies[:3]:
        assert error.json()["errors"][0]["message"]
        assert not {name for name in error.headers if name.startswith("X-")}
    for page in replies[3:]:
        assert page.headers["Content-Type"].startswith("text/html")
        assert "<html>" in page.text


def test_what_was_done_shows_while_the_client_waits(api: Api) -> None:
    plan(api, "timeout-after")
    url, headers = api.sandbox.url + api.lists, {"X-API-Key": DEFAULT_KEY}
    with pytest.raises(requests.Timeout):
        requests.post(url, json={"name": "New"}, headers=headers, timeout=0.5)
    assert "New" in names(api)
    assert last(api) == (201, "timeout-after", True)


@pytest.mark.parametrize("kind", ["timeout-before", "slow"])
def test_a_stop_ends_the_wait(kind: str) -> None:
    sandbox = Sandbox(faults=[Fault(kind, seconds=90)])
    sandbox.start()
    with contextlib.closing(socket.create_connection(("127.0.0.1", int(sandbox.url[17:])))) as one:
        one.settimeout(10)
        one.sendall(b"GET /api/contact HTTP/1.0\r\n\r\n")
        log = f"{sandbox.url}/_sandbox/log"
        while not requests.get(log, timeout=10).json():
            time.sleep(0.01)
        begun = time.monotonic()
        sandbox.stop()
        one.recv(1)
        assert time.monotonic() - begun < 5


def test_a_dropped_refusal_is_not_done(api: Api) -> None:
    plan(api, "drop-after")
    with pytest.raises(http.client.RemoteDisconnected):
        raw(api, "")
    assert last(api) == (400, "drop-after", False)


# --- meanwhile, or twice


def test_others_are_answered_meanwhile(api: Api) -> None:
    plan(api, {"kind": "slow", "method": "POST", "seconds": 5})
    path, begun = api.lists, time.monotonic()
    thread = threading.Thread(target=api.send, args=("POST", path, {"name": "New"}))
    thread.start()
    while not api.log():
        time.sleep(0.01)
    api.get(CONTACTS)
    assert time.monotonic() - begun < 4
    api.sandbox.stop()
    thread.join()


def test_twice_makes_two_and_answers_the_first(api: Api) -> None:
    plan(api, "twice")
    before = names(api)
    first = create(api).json()
    assert names(api) == [*before, "New", "New"]
    assert first["_id"] == next(one["_id"] for one in api.state()["lists"] if one["name"] == "New")
    told = [(e["n"], e["status"], e["fault"], e["done"], e["body"]) for e in api.log()]
    assert told == [(n, 201, "twice", True, {"name": "New"}) for n in (1, 2)]


def test_a_second_time_that_is_refused_is_not_told(api: Api) -> None:
    plan(api, "twice")
    api.ok(*valid(api)["POST /api/contact"])
    assert [(e["status"], e["done"]) for e in api.log()] == [(200, True), (400, False)]
    assert api.named("contacts", "new@example.com")


# --- pages that lie


def test_a_page_without_its_last_record(api: Api) -> None:
    plan(api, {"kind": "truncated-page", "times": 0})
    page = api.get(api.lists, size=3)
    assert (page["total"], len(page["records"])) == (4, 2)
    assert last(api) == (200, "truncated-page", True)
    total = len(api.state()["contacts"])
    found = api.ok("POST", SEARCH, search(api, pageSize=5))
    assert (found["totalRecords"], len(found["contacts"])) == (total, 4)


def test_a_total_that_lies(api: Api) -> None:
    api.put_state()
    plan(api, "lying-total")
    assert api.get(CAMPAIGNS) == {"total": 1, "records": []}


def test_a_later_page_is_the_first(api: Api) -> None:
    plan(api, {"kind": "repeated-page", "times": 0})
    first, *others = (api.get(api.lists, page=n, size=2) for n in (1, 2, 9))
    assert others == [first, first]
    # The first is honest in any case.
    assert api.fault_hits() == [2]
    first, second = (api.ok("POST", SEARCH, search(api, page=n, pageSize=3)) for n in (1, 2))
    assert first == second
    assert len(second["contacts"]) == 3
    assert api.fault_hits() == [3]


@pytest.mark.parametrize("kind", ["truncated-page", "lying-total", "repeated-page"])
def test_only_a_page_with_a_total_is_hit(api: Api, kind: str) -> None:
    api.switch(lists_page="array")
    plan(api, kind)
    assert len(api.get(api.lists)) == 4
    assert len(api.get(f"{api.lists}/all")) == 4
    create(api)
    api.send("GET", CAMPAIGNS, key="wrong")
    assert api.fault_hits() == [0]
    api.get(CAMPAIGNS, page=1 + (kind == "repeated-page"))
    assert api.fault_hits() == [1]
    assert [entry["fault"] for entry in api.log()] == [None] * 4 + [kind]


def test_an_empty_page_is_not_hit_where_it_would_not_show(api: Api) -> None:
    plan(api, "truncated-page")
    assert api.get(api.lists, page=9) == {"total": 4, "records": []}
    assert api.fault_hits() == [0]


# --- the account behind it


def test_one_write_is_late_in_the_index(timed: Api, clock: FakeClock) -> None:
    plan(timed, {"kind": "slow-index", "seconds": 0.6})

    def found() -> int:
        return int(timed.ok("POST", SEARCH, search(timed))["totalRecords"])

    total = found()
    assert total == len(timed.state()["contacts"])
    assert timed.fault_hits() == [0]
    for who in ("late", "soon"):
        body = {"key": f"{who}@example.com", "contactStructureId": timed.structure["_id"]}
        timed.ok("POST", CONTACTS, body)
    assert found() == total + 1
    clock.sleep(0.6)
    assert found() == total + 2


@pytest.mark.parametrize(
    ("part", "operation"),
    [
        ("contacts", "PUT /api/contact/{contactId}"),
        ("lists", "PATCH /api/contact-structure/{contactStructureId}/lists/{listId}"),
        ("campaigns", "PATCH /api/email/campaign/{campaignId}"),
        ("structures", "PUT /api/contact-structure/{contactStructureId}"),
    ],
)
def test_somebody_else_was_first(api: Api, part: str, operation: str) -> None:
    plan(api, {"kind": "stale-race", "times": 0})
    method, path, body = valid(api)[operation]
    place = [doc["_id"] for doc in api.state()[part]].index(path.rpartition("/")[2])
    before = api.state()[part][place]
    api.error("ConcurrencyError", method, path, body)
    after = api.state()[part][place]
    assert after["updatedAt"] > before["updatedAt"]
    assert after == {**before, "__v": before["__v"] + 1, "updatedAt": after["updatedAt"]}
    assert last(api) == (400, "stale-race", False)
    assert api.fault_hits() == [1]


def test_nobody_races_for_what_is_not_there(api: Api) -> None:
    plan(api, {"kind": "stale-race", "times": 0})
    before = api.state()
    create(api, "Old list")
    assert api.fault_hits() == [0]
    gone = (f"{CONTACTS}/{ABSENT}", None), (api.lists, {"listIds": [ABSENT]})
    for path, body in gone:
        api.error("RecordNotFound", "DELETE", path, body)
    api.error("RecordNotFound", "PUT", "/api/nowhere", {})
    assert api.state() == {**before, "lists": api.state()["lists"]}
    assert api.fault_hits() == [3]


# --- which requests


READ = ("GET /api/contact",)


def test_skip_and_times_select_exactly(api: Api) -> None:
    plan(api, {"kind": "error-500", "path": CONTACTS, "skip": 2, "times": 2})
    got = outcomes(api, *["GET /api/contact", "GET /api/email/campaign"] * 6)
    assert got[::2] == [200, 200, 500, 500, 200, 200]
    assert got[1::2] == [200] * 6
    assert api.fault_hits() == [2]


def test_no_times_is_for_ever(api: Api) -> None:
    plan(api, {"kind": "error-500", "times": 0})
    assert outcomes(api, *READ * 4) == [500] * 4


@pytest.mark.parametrize(
    ("fault", "hit"),
    [
        ({"method": "GET"}, [0, 4, 5]),
        ({"method": "POST"}, [1, 2]),
        ({"method": "WRITE"}, [2, 3]),
        ({"method": "READ"}, [0, 1, 4, 5]),
        ({"path": "/api/contact"}, [0, 2]),
        ({"path": "/api/contact*"}, [0, 1, 2, 3, 5]),
        ({"path": "*/f*"}, [3]),
        ({"path": "/api/contact?"}, []),
        ({"path": "/api/[c]ontact"}, []),
        ({"method": "POST", "path": "*search"}, [1]),
        ({}, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_method_and_path_select_exactly(api: Api, fault: Any, hit: list[int]) -> None:
    plan(api, {"kind": "error-503", "times": 0, **fault})
    got = outcomes(
        api,
        "GET /api/contact",
        f"POST {SEARCH}",
        "POST /api/contact",
        f"DELETE /api/contact/{ABSENT}",
        "GET /api/nowhere",
        "GET /api/contact-structure",
    )
    assert [n for n, status in enumerate(got) if status == 503] == hit


def test_a_request_without_a_key_is_hit_too(api: Api) -> None:
    plan(api, "drop-before", "error-500-after")
    with pytest.raises(requests.ConnectionError):
        api.send("GET", CONTACTS, key=None)
    assert api.log()[-1]["key_ok"] is None
    assert api.send("GET", CONTACTS, key=None).status_code == 500
    assert api.log()[-1]["key_ok"] is False
    assert last(api) == (500, "error-500-after", False)


def test_a_request_not_done_costs_nothing(api: Api) -> None:
    def left() -> int:
        return int(api.send("GET", CONTACTS).headers["X-RateLimit-Remaining"])

    before = left()
    plan(api, "error-500", "gateway-page-after", "twice")
    outcomes(api, *READ * 3)
    assert left() == before - 4


def test_the_first_that_is_due_hits_and_all_count(api: Api) -> None:
    plan(api, "error-500", {"kind": "error-502", "skip": 1}, "error-503")
    assert outcomes(api, *READ * 4) == [500, 502, 503, 200]
    assert api.fault_hits() == [1, 1, 1]


def test_the_side_door_is_never_hit(api: Api) -> None:
    plan(api, {"kind": "drop-before", "times": 0})
    assert len(api.state()["lists"]) == 4
    assert api.fault_hits() == [0]


def test_threads_share_the_count(api: Api) -> None:
    plan(api, {"kind": "error-500", "skip": 5, "times": 10})
    got = at_once(4, lambda: outcomes(api, *READ * 10))
    assert got.count(500) == 10
    assert api.fault_hits() == [10]


# --- the side door


def test_the_schedule_is_shown_replaced_and_cleared(api: Api) -> None:
    given = {"method": "WRITE", "path": "/api/contact*", "skip": 1, "times": 0, "seconds": 0.5}
    plain = {"method": "*", "path": "*", "skip": 0, "times": 1, "seconds": 90.0}
    whole, short = {"kind": "slow", **given}, {"kind": "timeout-before"}
    shown = api.ok("PUT", FAULTS, [whole, short])
    assert shown == api.get(FAULTS) == [{**whole, "hits": 0}, {**short, **plain, "hits": 0}]
    plan(api, "drop-after")
    assert [fault["kind"] for fault in api.get(FAULTS)] == ["drop-after"]
    api.ok("DELETE", FAULTS, status=204)
    assert api.get(FAULTS) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"kind": "slow"}, ["array"]),
        (None, ["array"]),
        (["slow"], ['"slow"', "object"]),
        ([{}], ["kind"]),
        ([{"kind": 3}], ["kind"]),
        ([{"kind": "drop_after"}], ['"drop_after"', 'did you mean "drop-after"?', "half-answer"]),
        ([{"kind": "slow", "time": 2}], ['"time"', 'did you mean "times"?']),
        ([{"kind": "slow", "method": "post"}], ['"post"', "POST"]),
        ([{"kind": "slow", "method": ["GET"]}], ["method"]),
        ([{"kind": "slow", "path": "/lists"}], ['"/lists"', "/api"]),
        ([{"kind": "slow", "path": 3}], ["path"]),
        ([{"kind": "slow", "skip": -1}], ["skip", "range"]),
        ([{"kind": "slow", "times": 1.5}], ["times", "whole number"]),
        ([{"kind": "slow", "times": True}], ["times", "whole number"]),
        ([{"kind": "slow", "seconds": "2"}], ["seconds", "number"]),
        ([{"kind": "slow", "seconds": 1e12}], ["seconds", "range"]),
        ([{"kind": "slow"}, {"kind": "fast"}], ['"fast"']),
    ],
)
def test_a_bad_schedule_changes_nothing(api: Api, body: Any, words: list[str]) -> None:
    plan(api, "twice")
    message = api.invalid("", "PUT", FAULTS, body)
    assert all(word in message for word in words), message
    assert [fault["kind"] for fault in api.get(FAULTS)] == ["twice"]


# --- texts


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("drop-after", Fault("drop-after")),
        ("drop-after@POST", Fault("drop-after", "POST")),
        ("drop-after@/api/contact", Fault("drop-after", path="/api/contact")),
        ("drop-after@*/lists", Fault("drop-after", path="*/lists")),
        ("drop-after@* /api/contact", Fault("drop-after", path="/api/contact")),
        ("slow@read:seconds=3", Fault("slow", "READ", seconds=3.0)),
        ("slow:times=0", Fault("slow", times=0)),
        (
            "drop-after@POST /api/email/campaign*:times=2,skip=1,seconds=0.5",
            Fault("drop-after", "POST", "/api/email/campaign*", 1, 2, 0.5),
        ),
        (
            " slow @ WRITE   /api* : times = 2 , skip = 1 ",
            Fault("slow", "WRITE", "/api*", skip=1, times=2),
        ),
    ],
)
def test_texts(text: str, fault: Fault) -> None:
    assert Fault.parse(text) == fault


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ['unknown fault ""', "known are"]),
        ("drop-afetr", ['"drop-afetr"', 'did you mean "drop-after"?']),
        ("@POST", ["unknown fault"]),
        ("slow@FETCH /api", ["slow", '"FETCH"', "WRITE"]),
        ("slow@POST lists", ["slow", '"lists"', "/api"]),
        ("slow:", ["slow", "times=N"]),
        ("slow:2", ["slow", '"2"', "times=N"]),
        ("slow:second=2", ["slow", 'did you mean "seconds"?']),
        ("slow:times=many", ["slow", "times", '"many"', "number"]),
        ("slow:times=-1", ["slow", "times", "range"]),
        ("slow:seconds=nan", ["slow", "seconds", "range"]),
    ],
)
def test_bad_texts(text: str, words: list[str]) -> None:
    with pytest.raises(ValueError, match=r"fault") as caught:
        Fault.parse(text)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_an_unknown_kind_shows_each_on_its_own_line() -> None:
    with pytest.raises(ValueError, match="unknown fault") as caught:
        Fault.parse("nothing")
    lines = str(caught.value).splitlines()
    assert lines[0] == 'unknown fault "nothing"; known are:'
    assert len(lines) == 1 + len(KINDS)
    assert "  drop-after: done, then closed without a reply" in lines


# --- from the start


def test_serve_takes_faults(tmp_path: Path, forks: Forks) -> None:
    faults = ("--fault", "error-503@GET /api/contact:times=2", "--fault", "drop-after@POST")
    with serving(Project(tmp_path, program=(str(forks.command),)), *faults) as process:
        env = exported(process)
        url, headers = env["BMECONF_BASE_URL"] + CONTACTS, {"X-API-Key": env["BMECONF_API_KEY"]}
        got = [requests.get(url, headers=headers, timeout=10).status_code for _ in range(3)]
        assert got == [503, 503, 200]
        with pytest.raises(requests.ConnectionError):
            requests.post(url, headers=headers, json={}, timeout=10)
        process.send_signal(signal.SIGINT)
        ran = ended(process)
    assert (ran.code, "Traceback" in ran.err) == (0, False)


def test_every_start_has_all_faults_ahead() -> None:
    api = Api(faults=[Fault("error-500")])
    for _ in range(2):
        with api:
            assert outcomes(api, *READ * 2) == [500, 200]
