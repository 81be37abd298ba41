"""Faults: what the client sees of each, what the account has become, what the log says of it."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from bmeconf.sandbox import DEFAULT_KEY, Fault, Sandbox
from bmeconf.sandbox.faults import KINDS
from tests.support.api import Api, exported, refused, search_all
from tests.support.driver import Account, Project

SEARCH = "/api/contact/search"


def plan(api: Api, *faults: Any) -> None:
    """Let these go wrong, each a kind or a whole fault."""
    Account(api.sandbox).faults(
        *({"kind": fault} if isinstance(fault, str) else fault for fault in faults)
    )


def hits(api: Api) -> list[int]:
    return Account(api.sandbox).fault_hits()


def names(api: Api) -> list[str]:
    return [found["name"] for found in api.state()["lists"]]


def create(api: Api, name: str = "New") -> requests.Response:
    return api.call("POST", api.lists, {"name": name})


def last(api: Api) -> tuple[int | None, str | None, bool]:
    """What the log says of the latest request."""
    entry = api.get("/_sandbox/log")[-1]
    return entry["status"], entry["fault"], entry["done"]


# --- refusals and errors


def test_the_hour_is_over(api: Api) -> None:
    plan(api, "hour-limit", {"kind": "hour-limit", "seconds": 7})
    now = time.time()
    for wait in (1, 7):
        reply = create(api)
        message = refused(reply, 429, "TooManyRequestsError")
        assert message == f"Rate limit exceeded. Retry after {wait} seconds."
        assert reply.headers["Retry-After"] == str(wait)
        assert reply.headers["X-RateLimit-Limit"] == "3600"
        assert reply.headers["X-RateLimit-Remaining"] == "0"
        assert 0 <= int(reply.headers["X-RateLimit-Reset"]) - now - wait < 5
        assert "X-Monthly-Limit" not in reply.headers
    assert "New" not in names(api)
    assert last(api) == (429, "hour-limit", False)
    assert create(api).status_code == 201


def test_the_month_is_over(api: Api) -> None:
    plan(api, "month-limit")
    reply = create(api)
    assert refused(reply, 429, "TooManyRequestsError") == "Monthly API quota exceeded."
    assert int(reply.headers["Retry-After"]) > 10**6
    assert "New" not in names(api)


def test_the_address_is_blocked(api: Api) -> None:
    plan(api, "auth-block")
    reply = api.call("GET", "/api/contact")
    assert "Too many failed authentication" in refused(reply, 429, "TooManyRequestsError")
    assert reply.headers["Retry-After"] == "900"
    assert last(api) == (429, "auth-block", False)


@pytest.mark.parametrize("status", [500, 502, 503])
@pytest.mark.parametrize("after", [False, True])
def test_errors(api: Api, status: int, after: bool) -> None:
    kind = f"error-{status}{'-after' if after else ''}"
    plan(api, kind)
    reply = create(api)
    assert reply.status_code == status
    assert reply.json()["errors"][0]["message"]
    assert not {name for name in reply.headers if name.startswith("X-")}
    assert ("New" in names(api)) == after
    assert last(api) == (status, kind, after)


@pytest.mark.parametrize(
    ("kind", "status", "done"),
    [
        ("gateway-page", 502, False),
        ("gateway-page-after", 502, True),
        ("gateway-page-200", 200, False),
    ],
)
def test_pages_of_a_gateway(api: Api, kind: str, status: int, done: bool) -> None:
    plan(api, kind)
    reply = create(api)
    assert reply.status_code == status
    assert reply.headers["Content-Type"].startswith("text/html")
    assert "<html>" in reply.text
    assert ("New" in names(api)) == done
    assert last(api) == (status, kind, done)


# --- no reply


@pytest.mark.parametrize(
    ("kind", "error", "done"),
    [
        ("drop-before", http.client.RemoteDisconnected, False),
        ("drop-after", http.client.RemoteDisconnected, True),
        ("twice-drop", http.client.RemoteDisconnected, True),
        ("reset-after", ConnectionResetError, True),
    ],
)
def test_no_reply_at_once(
    api: Api, kind: str, error: type[Exception], done: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    plan(api, kind)
    before = names(api)
    with pytest.raises(error) as caught:
        raw(api, "POST", api.lists, {"name": "New"})
    # The one is also the other, to Python.
    assert type(caught.value) is error
    made = 2 if kind == "twice-drop" else int(done)
    assert names(api) == before + ["New"] * made
    assert last(api) == (201 if done else None, kind, done)
    assert create(api, "Next").status_code == 201
    assert capfd.readouterr() == ("", "")


def raw(api: Api, method: str, path: str, body: Any) -> http.client.HTTPResponse:
    """A request on a bare connection."""
    host = api.sandbox.url.removeprefix("http://")
    with contextlib.closing(http.client.HTTPConnection(host, timeout=10)) as connection:
        connection.request(method, path, json.dumps(body), {"X-API-Key": DEFAULT_KEY})
        return connection.getresponse()


@pytest.mark.parametrize("kind", ["timeout-before", "timeout-after"])
def test_silence_and_then_no_reply(api: Api, kind: str) -> None:
    plan(api, {"kind": kind, "seconds": 0.5})
    begun = time.monotonic()
    with pytest.raises(http.client.RemoteDisconnected):
        raw(api, "POST", api.lists, {"name": "New"})
    assert time.monotonic() - begun >= 0.5
    done = kind == "timeout-after"
    assert ("New" in names(api)) == done
    assert last(api) == (201 if done else None, kind, done)


def test_what_was_done_shows_while_the_client_waits(api: Api) -> None:
    plan(api, "timeout-after")
    path = api.lists
    with pytest.raises(requests.Timeout):
        requests.post(
            api.sandbox.url + path,
            json={"name": "New"},
            headers={"X-API-Key": DEFAULT_KEY},
            timeout=0.5,
        )
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
        raw(api, "POST", api.lists, {"name": ""})
    assert last(api) == (400, "drop-after", False)


# --- half a reply, late, or twice


def test_half_an_answer(api: Api) -> None:
    plan(api, "half-answer")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        create(api)
    assert "New" in names(api)
    assert last(api) == (201, "half-answer", True)


def test_a_slow_answer_is_honest(api: Api) -> None:
    plan(api, {"kind": "slow", "seconds": 0.4})
    begun = time.monotonic()
    assert create(api).json()["name"] == "New"
    assert time.monotonic() - begun >= 0.4
    assert last(api) == (201, "slow", True)


def test_others_are_answered_meanwhile(api: Api) -> None:
    plan(api, {"kind": "slow", "method": "POST", "seconds": 5})
    path, begun = api.lists, time.monotonic()
    thread = threading.Thread(target=api.call, args=("POST", path, {"name": "New"}))
    thread.start()
    while not api.get("/_sandbox/log"):
        time.sleep(0.01)
    api.get("/api/contact")
    assert time.monotonic() - begun < 4
    api.sandbox.stop()
    thread.join()


def test_twice_makes_two_and_answers_the_first(api: Api) -> None:
    plan(api, "twice")
    before = names(api)
    first = create(api).json()
    made = [found for found in api.state()["lists"] if found["name"] == "New"]
    assert names(api) == [*before, "New", "New"]
    assert first["_id"] == made[0]["_id"]
    entries = api.get("/_sandbox/log")
    told = [(e["n"], e["status"], e["fault"], e["done"], e["body"]) for e in entries]
    assert told == [(n, 201, "twice", True, {"name": "New"}) for n in (1, 2)]


def test_a_second_time_that_is_refused_is_not_told(api: Api) -> None:
    plan(api, "twice")
    body = {"key": "new@example.com", "contactStructureId": api.structure["_id"]}
    assert api.call("POST", "/api/contact", body).status_code == 200
    entries = api.get("/_sandbox/log")
    assert [(e["status"], e["done"]) for e in entries] == [(200, True), (400, False)]
    assert api.find("contacts", key="new@example.com")


# --- pages that lie


def test_a_page_without_its_last_record(api: Api) -> None:
    plan(api, {"kind": "truncated-page", "times": 0})
    page = api.get(api.lists, size=3)
    assert (page["total"], len(page["records"])) == (4, 2)
    assert last(api) == (200, "truncated-page", True)
    total = len(api.state()["contacts"])
    found = api.call("POST", SEARCH, search_all(api)).json()
    assert (found["totalRecords"], len(found["contacts"])) == (total, 4)


def test_a_total_that_lies(api: Api) -> None:
    api.put_state()
    plan(api, "lying-total")
    assert api.get("/api/email/campaign") == {"total": 1, "records": []}


def test_a_later_page_is_the_first(api: Api) -> None:
    plan(api, {"kind": "repeated-page", "times": 0})
    first, *others = (api.get(api.lists, page=n, size=2) for n in (1, 2, 9))
    assert others == [first, first]
    # The first is honest in any case.
    assert hits(api) == [2]
    asked = {**search_all(api), "pageSize": 3}
    pages = [api.call("POST", SEARCH, {**asked, "page": n}).json() for n in (1, 2)]
    assert pages[0] == pages[1]
    assert len(pages[1]["contacts"]) == 3
    assert hits(api) == [3]


@pytest.mark.parametrize("kind", ["truncated-page", "lying-total", "repeated-page"])
def test_only_a_page_with_a_total_is_hit(api: Api, kind: str) -> None:
    api.switch(lists_page="array")
    plan(api, kind)
    assert len(api.get(api.lists)) == 4
    assert len(api.get(f"{api.lists}/all")) == 4
    create(api)
    api.call("GET", "/api/email/campaign", key="wrong")
    assert hits(api) == [0]
    api.get("/api/email/campaign", page=1 + (kind == "repeated-page"))
    assert hits(api) == [1]
    assert [entry["fault"] for entry in api.get("/_sandbox/log")] == [None] * 4 + [kind]


def test_an_empty_page_is_not_hit_where_it_would_not_show(api: Api) -> None:
    plan(api, "truncated-page")
    assert api.get(api.lists, page=9) == {"total": 4, "records": []}
    assert hits(api) == [0]


# --- the account behind it


def test_one_write_is_late_in_the_index(api: Api) -> None:
    plan(api, {"kind": "slow-index", "seconds": 0.6})
    total = len(api.state()["contacts"])

    def found() -> int:
        return int(api.call("POST", SEARCH, search_all(api)).json()["totalRecords"])

    assert found() == total
    assert hits(api) == [0]
    owner = api.structure["_id"]
    late = {"key": "late@example.com", "contactStructureId": owner}
    assert api.call("POST", "/api/contact", late).status_code == 200
    soon = {"key": "soon@example.com", "contactStructureId": owner}
    assert api.call("POST", "/api/contact", soon).status_code == 200
    assert found() == total + 1
    time.sleep(0.6)
    assert found() == total + 2


@pytest.mark.parametrize("part", ["contacts", "lists", "campaigns", "structures"])
def test_somebody_else_was_first(api: Api, part: str) -> None:
    plan(api, {"kind": "stale-race", "times": 0})
    state = api.state()
    before = next(doc for doc in state[part] if doc.get("status", "draft") != "sent")
    method, path, body = versioned(api, part, before)
    refused(api.call(method, path, {**body, "__v": before["__v"]}), 400, "ConcurrencyError")
    (after,) = (doc for doc in api.state()[part] if doc["_id"] == before["_id"])
    assert after["__v"] == before["__v"] + 1
    assert after["updatedAt"] > before["updatedAt"]
    assert {**before, "__v": 0, "updatedAt": ""} == {**after, "__v": 0, "updatedAt": ""}
    assert last(api) == (400, "stale-race", False)
    assert hits(api) == [1]


def versioned(api: Api, part: str, doc: Any) -> tuple[str, str, Any]:
    """A write to an object that changes nothing, but carries a version."""
    if part == "contacts":
        body = {"key": doc["key"], "contactStructureId": doc["contactStructureId"]}
        return "PUT", f"/api/contact/{doc['_id']}", body
    if part == "lists":
        return "PATCH", f"{api.lists}/{doc['_id']}", {"name": doc["name"]}
    if part == "campaigns":
        return "PATCH", f"/api/email/campaign/{doc['_id']}", {}
    body = {name: doc[name] for name in ("label", "keyName", "keyType", "fields", "tags")}
    return "PUT", f"/api/contact-structure/{doc['_id']}", body


def test_nobody_races_for_what_is_not_there(api: Api) -> None:
    plan(api, {"kind": "stale-race", "times": 0})
    before = api.state()
    create(api, "Old list")
    assert hits(api) == [0]
    assert api.call("DELETE", f"/api/contact/{'f' * 24}").status_code == 404
    assert api.call("DELETE", api.lists, {"listIds": ["f" * 24]}).status_code == 404
    assert api.call("PUT", "/api/nowhere", {}).status_code == 404
    assert api.state() == {**before, "lists": api.state()["lists"]}
    assert hits(api) == [3]


# --- which requests


def outcomes(api: Api, *requests: str) -> list[int]:
    return [api.call(*request.split(" ")).status_code for request in requests]


def test_skip_and_times_select_exactly(api: Api) -> None:
    plan(api, {"kind": "error-500", "path": "/api/contact", "skip": 2, "times": 2})
    asked = ["GET /api/contact", "GET /api/email/campaign"] * 6
    got = outcomes(api, *asked)
    assert got[::2] == [200, 200, 500, 500, 200, 200]
    assert got[1::2] == [200] * 6
    assert hits(api) == [2]


def test_no_times_is_for_ever(api: Api) -> None:
    plan(api, {"kind": "error-500", "times": 0})
    assert outcomes(api, *["GET /api/contact"] * 4) == [500] * 4


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
        f"DELETE /api/contact/{'f' * 24}",
        "GET /api/nowhere",
        "GET /api/contact-structure",
    )
    assert [n for n, status in enumerate(got) if status == 503] == hit


def test_a_request_without_a_key_is_hit_too(api: Api) -> None:
    plan(api, "drop-before", "error-500-after")
    with pytest.raises(requests.ConnectionError):
        api.call("GET", "/api/contact", key=None)
    assert api.get("/_sandbox/log")[-1]["key_ok"] is None
    assert api.call("GET", "/api/contact", key=None).status_code == 500
    assert api.get("/_sandbox/log")[-1]["key_ok"] is False
    assert last(api) == (500, "error-500-after", False)


def test_a_request_not_done_costs_nothing(api: Api) -> None:
    def left() -> int:
        return int(api.call("GET", "/api/contact").headers["X-RateLimit-Remaining"])

    before = left()
    plan(api, "error-500", "gateway-page-after", "twice")
    outcomes(api, *["GET /api/contact"] * 3)
    assert left() == before - 4


def test_the_first_that_is_due_hits_and_all_count(api: Api) -> None:
    plan(api, "error-500", {"kind": "error-502", "skip": 1}, "error-503")
    assert outcomes(api, *["GET /api/contact"] * 4) == [500, 502, 503, 200]
    assert hits(api) == [1, 1, 1]


def test_the_side_door_is_never_hit(api: Api) -> None:
    plan(api, {"kind": "drop-before", "times": 0})
    assert len(api.state()["lists"]) == 4
    assert hits(api) == [0]


def test_threads_share_the_count(api: Api) -> None:
    plan(api, {"kind": "error-500", "skip": 5, "times": 10})
    got: list[int] = []
    work = [
        threading.Thread(target=lambda: got.extend(outcomes(api, *["GET /api/contact"] * 10)))
        for _ in range(4)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert got.count(500) == 10
    assert hits(api) == [10]


# --- the side door


def test_the_schedule_is_shown_replaced_and_cleared(api: Api) -> None:
    whole = {
        "kind": "slow",
        "method": "WRITE",
        "path": "/api/contact*",
        "skip": 1,
        "times": 0,
        "seconds": 0.5,
    }
    reply = api.call("PUT", "/_sandbox/faults", [whole, {"kind": "timeout-before"}])
    plain = {"kind": "timeout-before", "method": "*", "path": "*", "skip": 0, "times": 1}
    expected = [{**whole, "hits": 0}, {**plain, "seconds": 90.0, "hits": 0}]
    assert reply.json() == api.get("/_sandbox/faults") == expected
    plan(api, "drop-after")
    assert [fault["kind"] for fault in api.get("/_sandbox/faults")] == ["drop-after"]
    assert api.call("DELETE", "/_sandbox/faults").status_code == 204
    assert api.get("/_sandbox/faults") == []


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
    message = refused(api.call("PUT", "/_sandbox/faults", body), 400, "ValidationError")
    assert all(word in message for word in words), message
    assert [fault["kind"] for fault in api.get("/_sandbox/faults")] == ["twice"]


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


# --- the command line


def test_serve_takes_faults(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bmeconf", "sandbox", "serve", "--port", "0"]
    command += ["--fault", "error-503@GET /api/contact:times=2", "--fault", "drop-after@POST"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as serving:
        env = exported(serving)
        url, headers = env["BMECONF_BASE_URL"], {"X-API-Key": env["BMECONF_API_KEY"]}
        got = [
            requests.get(f"{url}/api/contact", headers=headers, timeout=10).status_code
            for _ in range(3)
        ]
        assert got == [503, 503, 200]
        with pytest.raises(requests.ConnectionError):
            requests.post(f"{url}/api/contact", headers=headers, json={}, timeout=10)
        serving.send_signal(signal.SIGINT)
        _, said = serving.communicate(timeout=10)
        assert serving.returncode == 0
        assert "Traceback" not in said


@pytest.mark.parametrize("text", ["drop", "slow:times=x"])
def test_serve_refuses_bad_faults(text: str, tmp_path: Path) -> None:
    ran = Project(tmp_path).run("sandbox", "serve", "--fault", text)
    assert ran.code == 3
    assert "fault" in ran.err
    assert "\\n" not in ran.err


def test_every_start_has_all_faults_ahead() -> None:
    sandbox = Sandbox(faults=[Fault("error-500")])
    for _ in range(2):
        with sandbox:
            url = f"{sandbox.url}/api/contact"
            headers = {"X-API-Key": sandbox.key}
            got = [requests.get(url, headers=headers, timeout=10).status_code for _ in range(2)]
            assert got == [500, 200]
