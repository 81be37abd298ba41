"""Whole commands with a bad environment: keys, hosts, options, files, terminals, signals.

Whatever is wrong is told in a line or two with the frozen exit code, and never as a traceback.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.driver import Account, Project, Ran, ended
from tests.support.fake_server import Cut, Rule, refusal
from tests.support.terminal import typed

LISTS = "version: 1\nlists: [{name: Autumn}, {name: Winter}]\n"
COMMANDS = (("plan",), ("apply", "--auto-approve"))


def told(ran: Ran, code: int, *words: str) -> None:
    """The exit code, one error with its remedy in at most three lines, and no traceback."""
    assert ran.code == code, f"exit {ran.code}\n{ran.out}\n{ran.err}"
    assert "Traceback" not in ran.err
    lines = [line for line in ran.err.splitlines() if not line.startswith("Usage")]
    assert len(lines) <= 3, ran.err
    assert ran.err.count("Error: ") == 1
    for word in words:
        assert word in ran.err, ran.err


# --- keys and hosts

URL, KEY = "BMECONF_BASE_URL", "BMECONF_API_KEY"
ENVIRONMENTS = {
    "no key": ({KEY: ""}, 3, (KEY, "is not set")),
    "a key with a line break": ({KEY: "bme_us_a\nb"}, 3, ("line break",)),
    "no address": ({URL: ""}, 3, (URL,)),
    "no URL": ({URL: "api.benchmarkemail.io"}, 3, ("begin with https://",)),
    "another scheme": ({URL: "ftp://api.benchmarkemail.io"}, 3, ("begin with https://",)),
    "a path": ({URL: "https://api.benchmarkemail.io/v1"}, 3, ("end after the host",)),
    "a query": ({URL: "https://api.benchmarkemail.io?a=1"}, 3, ("end after the host",)),
    "a password": ({URL: "https://a:b@api.benchmarkemail.io"}, 3, ("user name",)),
    "a bad port": ({URL: "https://api.benchmarkemail.io:port"}, 3, ("port",)),
    "no host": ({URL: "https://"}, 3, ("host",)),
    "a line break": ({URL: "https://api.bench\nmarkemail.io"}, 3, ("blanks",)),
    "a foreign host": ({URL: "https://mail.example"}, 7, ("mail.example", "--allow-host")),
    "the vendor in the clear": ({URL: "http://api.benchmarkemail.io"}, 7, ("in the clear",)),
    "an allowed host in the clear": (
        {URL: "http://mail.example", "BMECONF_ALLOW_HOSTS": "mail.example"},
        7,
        ("in the clear",),
    ),
    "an allowed host that is a URL": (
        {URL: "https://mail.example", "BMECONF_ALLOW_HOSTS": "https://mail.example"},
        3,
        ("not a host name",),
    ),
    "an account nobody declared": ({"BMECONF_ACCOUNT": "staging"}, 3, ("staging",)),
    "nobody listens": ({URL: "http://127.0.0.1:9"}, 1, ("Connection refused", "base URL")),
}


@pytest.mark.parametrize("command", COMMANDS, ids=["plan", "apply"])
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_account_that_cannot_be_used(
    project: Project, account: Account, name: str, command: Sequence[str]
) -> None:
    environment, code, words = ENVIRONMENTS[name]
    project.write("m.yaml", LISTS)
    ran = project.run(*command, **environment)
    told(ran, code, *words)
    assert ran.out == ""
    key = environment.get(KEY, "").strip()
    assert not key or key not in ran.err
    assert account.log() == []


def test_an_allowed_host_is_one_that_the_operator_names(project: Project) -> None:
    project.write("m.yaml", LISTS)
    project.write(
        "bmeconf.yaml",
        "version: 1\naccounts: {a: {base_url: https://mail.example, api_key_env: BMECONF_K}}\n",
    )
    told(project.run("plan", BMECONF_K="bme_us_x"), 7, "mail.example")
    told(project.run("plan", "--account", "b", BMECONF_K="bme_us_x"), 3, '"b"', "declared are: a")


def test_a_key_in_a_file_is_refused(project: Project) -> None:
    key = "bme_us_" + "a1" * 22
    account = f"{{base_url: https://api.benchmarkemail.io, api_key_env: {key}}}"
    project.write("bmeconf.yaml", f"version: 1\naccounts: {{a: {account}}}\n")
    project.write("m.yaml", LISTS)
    ran = project.run("plan")
    assert ran.code == 3
    assert key not in ran.out + ran.err


# --- options

OPTIONS = {
    ("plan", "--nonsense"): (3, "--nonsense"),
    ("plan", "--format", "xml"): (3, "xml"),
    ("plan", "--max-requests", "0"): (3, "--max-requests"),
    ("plan", "--max-requests", "many"): (3, "--max-requests"),
    ("plan", "--max-requests", "1"): (5, "--max-requests 1 is used up"),
    ("apply", "--auto-approve", "--max-requests", "1"): (5, "--max-requests 1 is used up"),
    ("plan", "--target", "lists/Nonesuch"): (3, "lists/Nonesuch"),
    ("plan", "--target", "Autumn"): (3, "an address is its kind and name"),
    ("apply", "--auto-approve", "--allow-delete", "lists/*"): (3, "matches no planned delete"),
    ("apply",): (3, "there is no terminal"),
    ("apply", "--format", "json"): (3, "there is no terminal"),
    ("plan", "nowhere"): (3, "nowhere does not exist"),
    ("validate", "nowhere"): (3, "nowhere does not exist"),
    ("validate", ".."): (3, ""),
    ("schema", "nonsense"): (3, "there are: "),
    ("nonsense",): (3, "nonsense"),
}


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_options_that_cannot_be(tmp_path: Path, account: Account, options: tuple[str, ...]) -> None:
    code, words = OPTIONS[options]
    (tmp_path / "empty" / "project").mkdir(parents=True)
    project = Project(tmp_path / "empty" / "project", account.env)
    project.write("m.yaml" if options != ("validate", "..") else "m.txt", LISTS)
    before = account.state()
    ran = project.run(*options)
    told(ran, code, words)
    assert account.state() == before


@pytest.mark.parametrize("options", [o for o in OPTIONS if o[0] in ("plan", "apply")], ids=" ".join)
def test_options_that_cannot_be_as_json(project: Project, options: tuple[str, ...]) -> None:
    if "xml" in options or options[-1] == "json":
        options = tuple(o for o in options if o not in ("--format", "xml", "json"))
    project.write("m.yaml", LISTS)
    ran = project.run(*options, "--format", "json")
    document = ran.json
    assert document["exit_code"] == ran.code
    if ran.code:
        assert document["format"] == f"bmeconf.{'plan' if options[0] == 'plan' else 'result'}/1"
        assert set(document["error"]) == {"code", "message", "remedy"}


def test_a_budget_that_is_one_too_small_writes_nothing(project: Project, account: Account) -> None:
    project.write("m.yaml", LISTS)
    price = project.plan()["requests"]
    needed = price["read"] + price["write"] + price["verify"]
    before = account.state()
    told(project.run("plan", "--max-requests", str(price["read"] - 1)), 5, "is used up")
    ran = project.run(
        "apply", "--auto-approve", "--max-requests", str(needed - 1), "--format", "json", "--quiet"
    )
    told(ran, 5, "nothing was written")
    assert ran.json["error"]["code"] == "limit_reached"
    assert account.state() == before
    project.run("apply", "--auto-approve", "--max-requests", str(needed)).ok()


def test_a_delete_that_nobody_named_is_not_done(project: Project, account: Account) -> None:
    project.write("m.yaml", "version: 1\nlists: [{name: Old list, state: absent}]\n")
    before = account.state()
    project.run("plan").ok()
    told(project.run("apply", "--auto-approve"), 7, "--allow-delete")
    near = ("apply", "--auto-approve", "--allow-delete", "lists/Old")
    told(project.run(*near), 3, "planned deletes: lists/Old list")
    assert account.state() == before


# --- scopes

SCOPES = ("contacts:read", "contacts:write", "campaigns:read", "campaigns:write", "domains:read")
BOTH = """\
version: 1
lists: [{name: Autumn}]
campaigns: [{name: Welcome, from: news@acme.example, subject: Changed}]
"""


@pytest.mark.parametrize("command", COMMANDS, ids=["plan", "apply"])
@pytest.mark.parametrize("resource", ["contacts", "campaigns"])
def test_a_read_scope_that_is_missing(
    project: Project, account: Account, resource: str, command: Sequence[str]
) -> None:
    account.limit([s for s in SCOPES if not s.startswith(f"{resource}:")])
    project.write("m.yaml", BOTH)
    before = account.state()
    told(project.run(*command), 4, f"{resource}:read", "give the key the scope")
    assert account.state() == before


def test_a_plan_goes_on_without_the_scope_of_domains(project: Project, account: Account) -> None:
    account.limit([s for s in SCOPES if s != "domains:read"])
    project.write("m.yaml", BOTH)
    assert "domains:read" in project.run("plan").ok().out


@pytest.mark.parametrize(
    ("lacking", "code"), [(("contacts:write",), 8), (("contacts:write", "campaigns:write"), 4)]
)
def test_a_write_scope_that_is_missing(
    project: Project, account: Account, lacking: tuple[str, ...], code: int
) -> None:
    kept = [*SCOPES, "domains:read"]
    account.limit(sorted(set(kept) - set(lacking)))
    project.write("m.yaml", BOTH)
    project.run("plan").ok()
    ran = project.run("apply", "--auto-approve", "--format", "json", "--quiet")
    assert ran.code == code, ran.out
    assert ran.json["error"]["code"] == "scope_missing"
    assert lacking[0] in ran.json["error"]["message"]
    assert ran.json["steps"][0]["state"] == "failed"


# --- files

ROOT = os.geteuid() == 0


@pytest.mark.skipif(ROOT, reason="nothing is unreadable to root")
def test_a_folder_that_may_not_be_read(project: Project) -> None:
    project.write("closed/m.yaml", LISTS)
    (project.folder / "closed").chmod(0)
    try:
        told(project.run("validate", "closed"), 3, "cannot be read")
        told(project.run("validate", "closed/m.yaml"), 3, "cannot be read")
    finally:
        (project.folder / "closed").chmod(0o700)


def test_a_name_that_no_disk_can_hold(project: Project) -> None:
    told(project.run("validate", "m" * 300 + ".yaml"), 3, "does not exist")


@pytest.mark.skipif(ROOT, reason="nothing is unwritable to root")
def test_a_folder_that_may_not_be_written(project: Project) -> None:
    project.write("m.yaml", LISTS)
    project.folder.chmod(0o500)
    try:
        told(project.run("plan", "--sandbox"), 3, "cannot be made")
        told(project.run("plan", "--output", "json=plan.json"), 3, "cannot be written")
    finally:
        project.folder.chmod(0o700)


def test_a_file_in_the_place_of_the_working_folder(project: Project) -> None:
    project.write("m.yaml", LISTS)
    project.write(".bmeconf", "no folder")
    told(project.run("plan", "--sandbox"), 3, ".bmeconf is not the folder that bmeconf makes")


def test_a_stored_sandbox_that_is_none(project: Project) -> None:
    project.write("m.yaml", LISTS)
    project.write(".bmeconf/sandbox.sqlite3", "no database" * 100)
    told(project.run("plan", "--sandbox"), 3)


def test_a_folder_outside_of_git(project: Project) -> None:
    project.write("m.yaml", LISTS)
    assert (
        project.plan(GIT_CEILING_DIRECTORIES=str(project.folder.parent))["source"]["commit"] is None
    )


def test_a_machine_without_git(project: Project) -> None:
    project.write("m.yaml", LISTS)
    assert project.plan(PATH="")["source"]["commit"] is None


# --- real processes: streams, encodings, terminals, signals


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize(("columns", "widest"), [(0, 80), (60, 60), (90, 90), (200, 100)])
def test_text_is_as_wide_as_its_terminal(project: Project, columns: int, widest: int) -> None:
    words = "word " * 60
    project.write("m.yaml", f"version: 1\ncampaigns: [{{name: N, subject: '{words}'}}]\n")
    shown, _ = typed(project, "plan", "--no-color", columns=columns)
    lines = [line for line in shown.splitlines() if "word word" in line]
    assert widest - 5 <= max(map(len, lines)) <= widest


def test_a_reader_that_leaves(project: Project) -> None:
    # More than a pipe holds.
    rows = ", ".join(f"{{name: {str(n) * 100}}}" for n in range(1000, 2000))
    project.write("m.yaml", f"version: 1\nlists: [{rows}]\n")
    with project.start("plan") as running:
        assert running.stdout is not None
        running.stdout.read(10)
        running.stdout.close()
        assert running.stderr is not None
        err, code = running.stderr.read(), running.wait(60)
    assert code == 1
    assert err == b""


def closed(project: Project, command: str) -> subprocess.CompletedProcess[str]:
    """A command run by a shell that closes streams before it."""
    env = {**os.environ, **project.env, "PYTHONPATH": str(Path(__file__).parents[2])}
    shell = f'exec "{sys.executable}" -m bmeconf {command}'
    return subprocess.run(
        ["sh", "-c", shell], cwd=project.folder, env=env, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize(
    "command",
    ["plan <&-", "plan >&-", "plan 2>&-", "plan --format json <&- >&- 2>&-", "validate >&-"],
)
def test_streams_that_are_closed(project: Project, command: str) -> None:
    project.write("m.yaml", LISTS)
    ran = closed(project, command)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_an_apply_without_anybody_to_ask(project: Project) -> None:
    project.write("m.yaml", LISTS)
    ran = closed(project, "apply <&-")
    assert ran.returncode == 3
    assert "no terminal" in ran.stderr


def test_a_full_disk_behind_stdout(project: Project) -> None:
    project.write("m.yaml", LISTS)
    with open("/dev/full", "wb") as full:
        ran = project.spawn("plan", stdout=full)
    told(ran, 1, "standard output cannot be written")


# --- a person at a terminal


ASKED = "Only 'yes' will do"


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ("no\n", 1, "not confirmed; nothing was written"),
        ("\n", 1, "not confirmed; nothing was written"),
        ("yes please\n", 1, "not confirmed; nothing was written"),
        ("\x03", 130, "interrupted"),
        ("\x04", 130, "interrupted"),
    ],
    ids=["no", "nothing", "more than yes", "ctrl-c", "ctrl-d"],
)
def test_a_confirmation_that_is_not_given(
    project: Project, account: Account, answer: str, code: int, said: str
) -> None:
    project.write("m.yaml", LISTS)
    before = account.state()
    shown, ended = typed(project, "apply", answer=answer, after=ASKED)
    assert (ended, said in shown) == (code, True), shown
    assert "Traceback" not in shown
    assert account.state() == before


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize("format", ["text", "json"])
def test_a_confirmation_that_is_given(project: Project, account: Account, format: str) -> None:
    project.write("m.yaml", LISTS)
    shown, code = typed(project, "apply", "--format", format, answer="yes\n", after=ASKED)
    assert code == 0, shown
    assert "Make these 2 changes in" in shown
    assert {"Autumn", "Winter"} <= {row["name"] for row in account.state()["lists"]}


# --- signals


LATE = """
import atexit, os, signal
atexit.register(os.kill, os.getpid(), signal.{})
from bmeconf.cli import main
main()
"""


TWICE = """
import os, signal, sys

class Presses:
    def find_spec(self, name, *rest):
        if name in ("bmeconf.cli.plan", "bmeconf.render.documents"):
            os.kill(os.getpid(), signal.{})

sys.meta_path.insert(0, Presses())
from bmeconf.cli import main
main()
"""


@pytest.mark.parametrize("sent", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_while_the_report_of_another_is_made_changes_nothing(
    project: Project, sent: str
) -> None:
    project.program = (sys.executable, "-c", TWICE.format(sent))
    ran = project.spawn("plan", "--format", "json")
    assert (ran.code, ran.json["error"]["code"]) == (130, "interrupted"), ran.err
    told(ran, 130)


@pytest.mark.parametrize("sent", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_after_the_report_changes_nothing(project: Project, sent: str) -> None:
    """As where somebody presses Ctrl-C twice: the exit code has been told."""
    project.program = (sys.executable, "-c", LATE.format(sent))
    ran = project.spawn("validate", "--format", "json", "nowhere")
    assert (ran.code, ran.json["exit_code"]) == (3, 3), ran.err
    told(ran, 3)


@pytest.mark.usefixtures("forked")
def test_ctrl_c_while_waiting_for_the_limit(project: Project, account: Account, cut: Cut) -> None:
    limited = refusal(429, "TooManyRequestsError", "wait", Retry_After="200")
    waiting = threading.Event()

    def wait(seen: Any, forward: Any) -> Any:
        waiting.set()
        return limited

    cut(Rule("POST .*/lists", wait, skip=1))
    project.write("m.yaml", LISTS)
    with project.start("apply", "--auto-approve", "--format", "json") as running:
        assert waiting.wait(30)
        time.sleep(0.3)
        running.send_signal(signal.SIGINT)
        ran = ended(running)
    assert ran.code == 130, ran.err
    assert ran.states == {"lists/Autumn": "applied", "lists/Winter": "failed"}
    assert "interrupted while waiting" in ran.json["steps"][1]["message"]
    assert "Winter" not in {row["name"] for row in account.state()["lists"]}
