"""Driving the real command line: arguments in; exit code, stdout and stderr out."""

from __future__ import annotations

import functools
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TextIO, cast

import jsonschema_rs
import requests
import urllib3
import yaml

from bmeconf import cli
from bmeconf.project import load_schema
from bmeconf.sandbox import Sandbox
from tests.support.clocks import hasty

HASTE = 0.01
"""Commands in this process wait so much shorter than they think."""
SCHEMAS = {
    f"bmeconf.{kind}/1": kind
    for kind in (
        *(
            "accounts",
            "compare",
            "doctor",
            "drift",
            "plan",
            "probe",
            "problems",
            "pull",
            "report",
            "reports",
        ),
        "result",
    )
}
SEARCH = "/api/contact/search"
"""Where a POST only reads."""
LOCK = "bmeconf.lock.json"
JSON = {"Content-Type": "application/json"}
SIDE_DOORS = urllib3.PoolManager(maxsize=4)
"""Connections to simulators, which are kept while these run."""
IDENTITY = {"contacts": "key", "lists": "name", "campaigns": "name"}
"""What tells the objects of a kind apart, as the side door names it."""
LATER = "2030-01-01T00:00:00.000Z"
"""When a person edits something by hand."""


@functools.cache
def _judge(kind: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(load_schema(kind))


@dataclass(frozen=True)
class Ran:
    """What one command did."""

    code: int
    out: str
    err: str

    @functools.cached_property
    def json(self) -> Any:
        """Standard output as one JSON document, which must be as its schema says."""
        document = json.loads(self.out)
        for each in (document, *(part["report"] for part in document.get("reports", ()))):
            kind = SCHEMAS.get(each.get("format"))
            if kind:
                flaws = [f"{e.instance_path}: {e.message}" for e in _judge(kind).iter_errors(each)]
                assert flaws == [], each
        return document

    @property
    def states(self) -> dict[str, str]:
        """How each step of an apply ended, by its address."""
        return {step["address"]: step["state"] for step in self.json["steps"]}

    def ok(self) -> Ran:
        """This run, where it succeeded; else a failure that shows everything it printed."""
        assert self.code == 0, f"exit {self.code}\n{self.out}\n{self.err}"
        return self


class Stream(io.TextIOWrapper):
    """A standard stream that is a file, not a terminal, and speaks UTF-8."""

    def __init__(self) -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding="utf-8", newline="", write_through=True)

    def text(self) -> str:
        return self.bytes.getvalue().decode("utf-8")


@dataclass
class Project:
    """A folder with manifests, and the command line run in it against one account."""

    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    ahead: float = 0.0
    """How many seconds later than it is commands take it for."""
    program: Sequence[str] = (sys.executable, "-m", "bmeconf")
    """What `start` starts."""
    is_alone: bool = False
    """Whether commands in this process see no variables but those of `env`."""

    def write(self, name: str, text: str) -> Path:
        """Write one file of the project."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def declare(self, **manifest: Any) -> None:
        """Write the one manifest of the project, m.yaml."""
        self.write("m.yaml", yaml.safe_dump({"version": 1, **manifest}, allow_unicode=True))

    def deploy(self, **manifest: Any) -> Any:
        """Write the one manifest and apply it, which must succeed; the result document."""
        self.declare(**manifest)
        return self.apply()

    def planned(self, **manifest: Any) -> Any:
        """Write the one manifest and plan it; the plan document."""
        self.declare(**manifest)
        return self.plan()

    def files(self) -> dict[str, bytes]:
        """The content of every file but those that bmeconf keeps for itself, by its path."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and ".bmeconf" not in path.parts
        }

    def known_drift(self, **entry: Any) -> None:
        """Write a project file that answers for one difference."""
        answered = {"reason": "legal edit", "owner": "marketing", "expires": "2999-12-31", **entry}
        project = {"version": 1, "policy": {"known_drift": [answered]}}
        self.write("bmeconf.yaml", json.dumps(project))

    def lock_text(self) -> str:
        """The lock file, empty where there is none."""
        path = self.folder / LOCK
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def remembered(self) -> Any:
        """The entries of the one account in the lock file, by address."""
        (section,) = json.loads(self.lock_text())["accounts"].values()
        return section["resources"]

    def unlock(self) -> None:
        """Delete the lock file."""
        (self.folder / LOCK).unlink()

    def run(self, *arguments: str, **env: str) -> Ran:
        """One command, in this process, from inside the folder."""
        out, err = Stream(), Stream()
        code = self.run_on(out, err, *arguments, **env)
        return Ran(code, out.text(), err.text())

    def run_on(self, out: TextIO, err: TextIO, *arguments: str, **env: str) -> int:
        """Such a command on these streams; its exit code."""
        surroundings = _environment({**self.env, **env}, self.is_alone), _inside(self.folder)
        with surroundings[0], surroundings[1], redirect_stdout(out), redirect_stderr(err):
            return cli.run(arguments, hasty(HASTE, lambda: self.ahead))

    def refused(self, *arguments: str, code: int = 3) -> str:
        """The error of a command that must leave every file as it was."""
        before = self.files()
        ran = self.run(*arguments)
        assert ran.code == code, (ran.out, ran.err)
        assert self.files() == before
        return ran.err

    def plan(self, *arguments: str, **env: str) -> Any:
        """The plan document; fails where the plan does."""
        return self.run("plan", "--format", "json", *arguments, **env).ok().json

    def apply(self, *arguments: str, **env: str) -> Any:
        """The result document of an apply that must succeed."""
        return self.run("apply", "--auto-approve", "--format", "json", *arguments, **env).ok().json

    def drift(self, *arguments: str, code: int = 0) -> Any:
        """The drift document of a run that must end with `code`."""
        ran = self.run("drift", "--format", "json", *arguments)
        assert ran.code == code, f"exit {ran.code}\n{ran.out}\n{ran.err}"
        assert ran.json["exit_code"] == code
        return ran.json

    def drift_text(self, *arguments: str, code: int = 0) -> str:
        """What such a run prints for people, which must fit a terminal."""
        ran = self.run("drift", *arguments)
        assert ran.code == code, ran.out + ran.err
        assert max(map(len, ran.out.splitlines())) <= 80
        return ran.out

    def start(self, *arguments: str, **popen: Any) -> subprocess.Popen[bytes]:
        """One command in a process of its own; its streams are pipes, or as `popen` says."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("BMECONF_")}
        env.update(self.env, PYTHONPATH=str(Path(__file__).parents[2]), **popen.pop("env", {}))
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        command = [*self.program, *arguments]
        return subprocess.Popen(command, cwd=self.folder, env=env, **{**streams, **popen})

    def spawn(self, *arguments: str, **popen: Any) -> Ran:
        """Such a process, run to its end."""
        with self.start(*arguments, **popen) as process:
            return ended(process)

    def journals(self) -> list[Path]:
        """What applies left, in the order of their runs."""
        return sorted((self.folder / ".bmeconf" / "journals").glob("*.jsonl"))

    def journal(self) -> Path:
        """The journal of the last apply that began."""
        return self.journals()[-1]


def ended(process: subprocess.Popen[bytes]) -> Ran:
    """What a process did, once it is over."""
    out, err = process.communicate(timeout=60)
    return Ran(process.returncode, (out or b"").decode(), (err or b"").decode())


def from_now(days: float, minutes: float = 0) -> str:
    """A time as a manifest writes it, so far from this moment."""
    at = datetime.now(UTC) + timedelta(days=days, minutes=minutes)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def writes(log: Iterable[Any]) -> list[Any]:
    """Of logged requests those that may change the account."""
    return [entry for entry in log if entry["method"] != "GET" and entry["path"] != SEARCH]


class Account:
    """A simulated account, seen through its side door."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    @cached_property
    def session(self) -> requests.Session:
        """Whatever somebody else sends by."""
        session = requests.Session()
        session.trust_env = False
        return session

    @property
    def env(self) -> dict[str, str]:
        """The environment that names this account."""
        return {"BMECONF_BASE_URL": self.sandbox.url, "BMECONF_API_KEY": self.sandbox.key}

    def state(self) -> Any:
        """The whole account, in one canonical shape."""
        return self._ask("GET", "state")

    def set(self, state: Any) -> Any:
        """Replace the whole account."""
        return self._ask("PUT", "state", state)

    def log(self) -> Any:
        """Every API request since the log was cleared."""
        return self._ask("GET", "log")

    def clear_log(self) -> None:
        """Forget the requests so far."""
        self._ask("DELETE", "log")

    def writes(self) -> list[str]:
        """`METHOD /path` of every logged request that may change the account."""
        return [f"{entry['method']} {entry['path']}" for entry in writes(self.log())]

    def named(self, kind: str, name: str) -> Any:
        """The one object of a kind that has this name, or this email."""
        found = [o for o in self.state()[kind] if o.get("name", o.get("key")) == name]
        assert len(found) == 1, found
        return found[0]

    def names(self) -> list[str]:
        """Every name in the account, those that are there twice included."""
        state = self.state()
        return sorted(one[key] for kind, key in IDENTITY.items() for one in state[kind])

    def id_of(self, kind: str, name: str) -> str:
        """The id of the first object of a kind that has this name, or this email."""
        return str(next(o["_id"] for o in self.state()[kind] if o[IDENTITY[kind]] == name))

    def list_ids(self, *names: str) -> list[str]:
        """The ids of these lists."""
        return [self.id_of("lists", name) for name in names]

    def field_id(self, label: str) -> str:
        """The id of the contact field with this label."""
        fields = self.state()["structures"][0]["fields"]
        return str(next(one["_id"] for one in fields if one["label"] == label))

    def edit(self, kind: str, name: str, /, **values: Any) -> Any:
        """What a person does in the web app: one object with other values, and a later date."""
        state = self.state()
        for one in state[kind]:
            if one[IDENTITY[kind]] == name:
                if "fields" in values:
                    values["fields"] = {**one["fields"], **values["fields"]}
                one.update(values, updatedAt=LATER, __v=one["__v"] + 1)
                self.set(state)
                return one
        raise AssertionError(name)

    def remove(self, kind: str, name: str) -> None:
        """Delete every object of a kind with this name by hand; nobody is on such a list then."""
        state = self.state()
        gone = {o["_id"] for o in state[kind] if o[IDENTITY[kind]] == name}
        state[kind] = [o for o in state[kind] if o["_id"] not in gone]
        for each in state["contacts"]:
            each["lists"] = [id for id in each["lists"] if id not in gone]
        self.set(state)

    def add(self, kind: str, **values: Any) -> None:
        """Make an object by hand, as little of it as `values` tell."""
        state = self.state()
        state[kind].append(values)
        self.set(state)

    def limit(self, scopes: Sequence[str]) -> None:
        """Give the account's key these scopes and no others."""
        state = self.state()
        state["keys"][0]["scopes"] = list(scopes)
        self.set(state)

    def schedule(
        self,
        at: str = "2030-12-01T08:00:00Z",
        status: str = "scheduled",
        campaign: str = "Welcome",
    ) -> str:
        """Schedule a campaign by hand, or show it in a later status; its id."""
        id = self.id_of("campaigns", campaign)
        self.campaign_status(id, status=status, scheduledAt=at)
        return id

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The reply to one request of somebody else with a key."""
        headers = {"X-API-Key": self.sandbox.key}
        url = f"{self.sandbox.url}/api/{path}"
        answer = self.session.request(method, url, json=body, headers=headers, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def switch(self, **switches: Any) -> None:
        """Choose readings of the API."""
        self._ask("PATCH", "switches", switches)

    def switches(self) -> Any:
        """Every reading of the API that is chosen."""
        return self._ask("GET", "switches")

    def faults(self, *faults: Mapping[str, Any]) -> None:
        """Let these go wrong from here on, and nothing else."""
        self._ask("PUT", "faults", faults)

    def fault_hits(self) -> list[int]:
        """How often each of them has hit, in their order."""
        return [fault["hits"] for fault in self._ask("GET", "faults")]

    def campaign_status(self, id: str, **status: Any) -> Any:
        """What a person does in the web app: schedule, send, cancel."""
        return self._ask("POST", f"campaigns/{id}/status", status)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        url, sent = f"{self.sandbox.url}/_sandbox/{path}", json.dumps(body)
        reply = SIDE_DOORS.request(method, url, body=sent, headers=JSON, timeout=10, retries=False)
        assert reply.status < 300, f"{method} {path}: {reply.status} {reply.data.decode()}"
        return json.loads(reply.data) if reply.data else None


@contextmanager
def serving(project: Project, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that serves the account of a project."""
    process = project.start("sandbox", "serve", "--port", "0", *options)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=10)


def exported(process: subprocess.Popen[bytes]) -> dict[str, str]:
    """The environment that such a process prints for a shell."""
    assert process.stdout
    lines = [process.stdout.readline().decode() for _ in range(2)]
    return dict(line.strip().removeprefix("export ").split("=", 1) for line in lines)


@contextmanager
def served(project: Project, *options: str) -> Iterator[Account]:
    """The account of a project, served as a person would."""
    with serving(project, *options) as process:
        env = exported(process)
        url, key = env["BMECONF_BASE_URL"], env["BMECONF_API_KEY"]
        yield Account(cast(Sandbox, SimpleNamespace(url=url, key=key)))


@contextmanager
def watched(project: Project, *options: str) -> Iterator[str]:
    """The address at which previews are shown while files change; Ctrl-C ends it."""
    with project.start("preview", "--watch", "--port", "0", *options) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().decode().strip()
        finally:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
        assert (process.returncode, err.decode().splitlines()[-1]) == (0, "Stopped.")


@contextmanager
def _environment(wanted: Mapping[str, str], is_alone: bool) -> Iterator[None]:
    others = [name for name in os.environ if is_alone or name.startswith("BMECONF_")]
    before = {name: os.environ.get(name) for name in (*wanted, *others)}
    for name in others:
        del os.environ[name]
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
