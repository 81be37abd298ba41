"""The life of a sandbox, and of `bmeconf sandbox`: start, stop, keep, reset, serve."""

from __future__ import annotations

import contextlib
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from bmeconf.sandbox import DEFAULT_KEY, Sandbox, SandboxBusy, SandboxError, reset
from tests.support.api import CONTACTS, SEARCH, Api, at_once, search
from tests.support.driver import Project, ended, exported, serving
from tests.support.forks import Forks

MANIFEST = "version: 1\nlists: [{name: Autumn}]\n"


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
    before = {*threading.enumerate()}
    with Sandbox():
        own = {*threading.enumerate()} - before
        assert own
    assert not own & {*threading.enumerate()}


def test_a_connection_is_kept_for_the_next_request_until_the_sandbox_stops(api: Api) -> None:
    with contextlib.closing(HTTPConnection("127.0.0.1", urlsplit(api.sandbox.url).port)) as door:
        for path, body, status in (
            ("/api/contact", None, 401),
            ("/nowhere", b"a body that nobody reads", 404),
            ("/_sandbox/file", None, 200),
        ):
            door.request("GET", path, body)
            with door.getresponse() as reply:
                reply.read()
            assert (reply.status, reply.will_close) == (status, False)
        assert door.sock is not None
        api.sandbox.stop()
        assert door.sock.recv(1) == b""


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
    api.send("GET", "/nowhere")
    assert capfd.readouterr() == ("", "")


def test_a_file_survives_restarts_and_is_seeded_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "sandbox.db"
    with Api(path=path) as api:
        assert len(api.state()["lists"]) == 4
        created = api.ok("POST", api.lists, {"name": "Kept"}, status=201)
        before = api.state()
    with Api(path=path) as api:
        assert api.state() == before
        assert api.get(f"{api.lists}/{created['_id']}") == created
        hits = api.ok("POST", SEARCH, search(api))
        assert hits["totalRecords"] == len(before["contacts"])
    for _ in range(2):
        reset(path)
        assert list(path.parent.iterdir()) == []
    with Api(path=path) as api:
        assert len(api.state()["lists"]) == 4


def test_two_seeded_accounts_are_the_same() -> None:
    with Api() as one, Api() as other:
        first, second = one.state(), other.state()
    for part in ("structures", "lists"):
        assert [doc["_id"] for doc in first[part]] == [doc["_id"] for doc in second[part]]
    for part in ("contacts", "campaigns"):
        assert first[part] == second[part]


def test_an_unseeded_account_has_the_default_structure_and_the_key() -> None:
    with Api(seed=False) as api:
        state = api.state()
        assert [doc["label"] for doc in state["structures"]] == ["Default Contacts"]
        assert state["lists"] == state["contacts"] == state["campaigns"] == []
        assert api.get(CONTACTS) == []


# --- files that are none of ours, broken, or in use


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A file that is no database."""
    path = tmp_path / "notes.txt"
    path.write_text("remember the milk\n" * 100)
    return path


def execute(path: Path, sql: str) -> None:
    with sqlite3.connect(path) as db:
        db.execute(sql)
    db.close()


def test_a_file_of_another_format_says_to_reset(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with Api(path=path):
        pass
    execute(path, "UPDATE meta SET value = '0' WHERE name = 'format'")
    with pytest.raises(SandboxError, match=r"format 0.*reset"):
        Sandbox(path).start()


def test_a_file_that_is_no_database_says_to_reset(notes: Path) -> None:
    with pytest.raises(SandboxError, match=r"not a sandbox file.*reset"):
        Sandbox(notes).start()
    reset(notes)
    assert not notes.exists()


def test_a_foreign_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    execute(path, "CREATE TABLE precious (x)")
    with pytest.raises(SandboxError, match="format unknown"):
        Sandbox(path).start()


def test_a_file_in_use_is_neither_opened_again_nor_thrown_away(tmp_path: Path) -> None:
    path = tmp_path / "one.db"
    with Api(path=path) as api:
        before = len(api.state()["lists"])
        with pytest.raises(SandboxBusy, match="another sandbox"):
            Sandbox(path).start()
        with pytest.raises(SandboxBusy, match=r"another sandbox.*stop that one first"):
            reset(path)
        api.ok("POST", api.lists, {"name": "Kept"}, status=201)
        assert len(api.state()["lists"]) == before + 1
    with Api(path=path) as api:
        assert len(api.state()["lists"]) == before + 1
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


def test_a_reset_of_a_folder_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="cannot be removed"):
        reset(tmp_path)


# --- several at once


def test_wait_ends_when_the_sandbox_stops(api: Api) -> None:
    waiter = threading.Thread(target=api.sandbox.wait)
    waiter.start()
    assert waiter.is_alive()
    api.sandbox.stop()
    waiter.join(5)
    assert not waiter.is_alive()


def test_concurrent_creates_do_not_lose_or_double_anything(api: Api) -> None:
    owner = api.structure["_id"]
    bodies = [{"key": f"c{n}@example.com", "contactStructureId": owner} for n in range(10)]
    codes = at_once(4, lambda: [api.send("POST", CONTACTS, body).status_code for body in bodies])
    assert sorted(codes) == [200] * 10 + [400] * 30
    assert [entry["n"] for entry in api.log()] == list(range(1, 41))


# --- the command line


@pytest.fixture
def process(tmp_path: Path, forks: Forks) -> Iterator[subprocess.Popen[bytes]]:
    """A sandbox that is served in the folder."""
    with serving(Project(tmp_path, program=(str(forks.command),))) as process:
        yield process


def test_what_serve_prints_opens_the_account_until_it_is_interrupted(
    process: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    env = exported(process)
    project = Project(tmp_path, env)
    project.write("a.yaml", MANIFEST)
    assert project.apply()["converged"]
    note = tmp_path / ".bmeconf" / "sandbox.url"
    assert note.read_text() == env["BMECONF_BASE_URL"]
    process.send_signal(signal.SIGINT)
    ran = ended(process)
    assert (ran.code, note.exists()) == (0, False)
    assert f"Open {env['BMECONF_BASE_URL']}/ to see the account" in ran.err


def test_sandbox_runs_meet_the_one_that_is_served_and_do_not_throw_it_away(
    process: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    env = exported(process)
    project = Project(tmp_path)
    project.write("a.yaml", MANIFEST)
    refused = project.run("sandbox", "reset")
    assert refused.code == 3
    assert "Traceback" not in refused.err
    assert project.apply("--sandbox")["converged"]
    assert Project(tmp_path, env).plan()["steps"] == []


@pytest.mark.parametrize("left", ["of another", "of nobody", "elsewhere", "odd", "not UTF-8"])
def test_a_note_that_a_sandbox_left_is_no_proof(
    process: subprocess.Popen[bytes], tmp_path_factory: pytest.TempPathFactory, left: str
) -> None:
    url = exported(process)["BMECONF_BASE_URL"]
    project = Project(tmp_path_factory.mktemp("ours"))
    project.write("a.yaml", MANIFEST)
    project.plan("--sandbox")
    notes = {
        "of another": url.encode(),
        "of nobody": b"http://127.0.0.1:1",
        "elsewhere": f"http://localhost.evil.example:{url.rpartition(':')[2]}".encode(),
        "odd": b"\x00//\n",
        "not UTF-8": b"\xff",
    }
    (project.folder / ".bmeconf" / "sandbox.url").write_bytes(notes[left])
    with Sandbox(project.folder / ".bmeconf" / "sandbox.sqlite3"):
        ran = project.run("apply", "--sandbox", "--auto-approve")
    assert (ran.code, "another sandbox is running on this file" in ran.err) == (3, True)
    assert requests.get(f"{url}/_sandbox/log", timeout=10).json() == []


def test_reset_starts_afresh(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.yaml", MANIFEST)
    project.apply("--sandbox")
    first, second = (project.plan("--sandbox") for _ in range(2))
    assert first["account"] == second["account"]
    assert second["steps"] == []
    project.run("sandbox", "reset").ok()
    assert project.plan("--sandbox")["summary"]["create"] == 1
    assert (tmp_path / ".bmeconf" / ".gitignore").read_text(encoding="utf-8") == "*\n"


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--switch", "lists_pages=array", "lists_page"),
        ("--switch", "lists_page", "name=value"),
        ("--port", "70000", "65535"),
        ("--fault", "drop", "fault"),
        ("--fault", "slow:times=x", "fault"),
    ],
)
def test_serve_refuses_what_it_cannot_do(
    option: str, value: str, said: str, tmp_path: Path
) -> None:
    ran = Project(tmp_path).run("sandbox", "serve", option, value)
    assert ran.code == 3
    assert said in ran.err
    assert "\\n" not in ran.err
