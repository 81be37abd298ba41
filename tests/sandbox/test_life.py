"""The driver of the sandbox tests, and the life of a sandbox: start, stop, keep, reset."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bmeconf.sandbox import DEFAULT_KEY, Sandbox, SandboxBusy, SandboxError, reset
from tests.support.api import Api, search_all


def test_default_key_has_the_documented_form() -> None:
    assert DEFAULT_KEY.startswith("bme_us_sandbox")
    assert len(DEFAULT_KEY) == 50


def test_start_and_stop_are_quick_and_free_the_port() -> None:
    Sandbox().start  # noqa: B018 (warm imports)
    sandbox = Sandbox()
    begun = time.perf_counter()
    sandbox.start()
    started = time.perf_counter()
    port = int(sandbox.url.rpartition(":")[2])
    sandbox.stop()
    assert started - begun < 1.0  # about 0.05 on an idle machine
    assert time.perf_counter() - started < 1.0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    with Sandbox(port=port) as again:
        assert again.url.endswith(f":{port}")


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    with Sandbox():
        assert threading.active_count() > before
    assert threading.active_count() == before


def test_a_stopped_sandbox_has_no_url_and_stops_again_without_harm() -> None:
    sandbox = Sandbox()
    sandbox.stop()
    with pytest.raises(SandboxError, match="not running"):
        _ = sandbox.url


def test_starting_twice_is_an_error(api: Api) -> None:
    with pytest.raises(SandboxError, match="running already"):
        api.sandbox.start()


def test_a_port_that_cannot_be_had_is_a_clear_error(api: Api) -> None:
    taken = int(api.sandbox.url.rpartition(":")[2])
    with pytest.raises(SandboxError, match=f"^port {taken} is taken; choose another with --port$"):
        Sandbox(port=taken).start()
    with pytest.raises(SandboxError, match="no port 70000; choose one up to 65535 with --port"):
        Sandbox(port=70_000).start()


def test_it_listens_on_loopback_only(api: Api) -> None:
    assert api.sandbox.url.startswith("http://127.0.0.1:")


def test_nothing_is_printed(api: Api, capfd: pytest.CaptureFixture[str]) -> None:
    api.get("/api/contact")
    api.call("GET", "/nowhere")
    assert capfd.readouterr() == ("", "")


def test_a_file_survives_restarts_and_is_seeded_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "sandbox.db"
    with Api(path=path) as api:
        assert len(api.state()["lists"]) == 4
        created = api.call("POST", api.lists, {"name": "Kept"}).json()
        before = api.state()
    with Api(path=path) as api:
        assert api.state() == before
        assert api.get(f"{api.lists}/{created['_id']}") == created
        hits = api.call("POST", "/api/contact/search", search_all(api)).json()
        assert hits["totalRecords"] == len(before["contacts"])
    reset(path)
    assert list(path.parent.iterdir()) == []
    reset(path)
    with Api(path=path) as api:
        assert len(api.state()["lists"]) == 4


def test_two_seeded_accounts_are_the_same() -> None:
    states = []
    for _ in range(2):
        with Api() as api:
            states.append(api.state())
    for part in ("structures", "lists", "contacts", "campaigns"):
        assert [doc["_id"] for doc in states[0][part]] == [doc["_id"] for doc in states[1][part]]
    assert states[0]["contacts"] == states[1]["contacts"]
    assert states[0]["campaigns"] == states[1]["campaigns"]


def test_an_unseeded_account_has_the_default_structure_and_the_key() -> None:
    with Api(seed=False) as api:
        state = api.state()
        assert [doc["label"] for doc in state["structures"]] == ["Default Contacts"]
        assert state["lists"] == state["contacts"] == state["campaigns"] == []
        assert api.get("/api/contact") == []


def test_a_file_of_another_format_says_to_reset(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with Api(path=path):
        pass
    with sqlite3.connect(path) as db:
        db.execute("UPDATE meta SET value = '0' WHERE name = 'format'")
    db.close()
    with pytest.raises(SandboxError, match=r"format 0.*reset"):
        Sandbox(path).start()


def test_a_file_that_is_no_database_says_to_reset(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("remember the milk\n" * 100)
    with pytest.raises(SandboxError, match=r"not a sandbox file.*reset"):
        Sandbox(path).start()


def test_a_foreign_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE precious (x)")
    db.close()
    with pytest.raises(SandboxError, match="format unknown"):
        Sandbox(path).start()


def test_a_second_sandbox_on_the_same_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "one.db"
    with Api(path=path), pytest.raises(SandboxBusy, match="another sandbox"):
        Sandbox(path).start()


def test_a_reset_is_refused_while_a_sandbox_runs_on_the_file(tmp_path: Path) -> None:
    path = tmp_path / "one.db"
    with Api(path=path) as api:
        before = api.state()
        with pytest.raises(SandboxBusy, match=r"another sandbox.*stop that one first"):
            reset(path)
        api.call("POST", api.lists, {"name": "Kept"})
        assert len(api.state()["lists"]) == len(before["lists"]) + 1
    with Api(path=path) as api:
        assert len(api.state()["lists"]) == len(before["lists"]) + 1
    reset(path)
    assert list(tmp_path.iterdir()) == []


def test_a_reset_is_refused_while_another_process_serves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "one.db"
    program = (
        "import sys; from pathlib import Path; from bmeconf.sandbox import Sandbox\n"
        "with Sandbox(Path(sys.argv[1])): print('up', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as serving:
        assert serving.stdout is not None
        assert serving.stdout.readline() == b"up\n"
        with pytest.raises(SandboxBusy):
            reset(path)
        serving.communicate()
    reset(path)
    assert list(tmp_path.iterdir()) == []


def test_a_reset_takes_a_broken_file_away(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("remember the milk\n" * 100)
    reset(path)
    assert list(tmp_path.iterdir()) == []


def test_a_reset_of_a_folder_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="cannot be removed"):
        reset(tmp_path)


def test_wait_ends_when_the_sandbox_stops(api: Api) -> None:
    waiter = threading.Thread(target=api.sandbox.wait)
    waiter.start()
    assert waiter.is_alive()
    api.sandbox.stop()
    waiter.join(5)
    assert not waiter.is_alive()


def test_concurrent_creates_do_not_lose_or_double_anything(api: Api) -> None:
    owner = api.structure["_id"]
    codes: list[int] = []

    def work(name: str) -> None:
        for n in range(10):
            body = {"key": f"c{n}@example.com", "contactStructureId": owner}
            codes.append(api.call("POST", "/api/contact", body).status_code)

    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes.count(200) == 10
    assert codes.count(400) == 30
    log = api.get("/_sandbox/log")
    assert [entry["n"] for entry in log] == list(range(1, 41))
