"""Systems unlike the one that the tests run on, as far as they can be simulated.

A process of its own gets Python's library as such a system has it, and runs the command line.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Sequence

import pytest

from tests.support.driver import Account, Project, ended
from tests.support.fake_server import Action, Cut, Forward, Rule, Seen
from tests.support.git import commit

WINDOWS = """\
import os, signal, socket, sys, time
for name in ("fcntl", "grp", "pwd", "resource", "termios", "tty", "syslog"):
    sys.modules[name] = None
gone = "fork forkpty getuid geteuid getgid getegid link mkfifo mknod chown lchown fchown"
flags = "O_NOFOLLOW O_NONBLOCK O_CLOEXEC O_DIRECTORY O_NOCTTY O_TMPFILE O_SYNC"
for name in f"{gone} {flags}".split():
    vars(os).pop(name, None)
for name in ("SIGHUP", "SIGUSR1", "SIGALRM", "SIGQUIT"):
    delattr(signal, name)
# A home of its own: what is made there is not for its owner alone.
os.environ["XDG_STATE_HOME"] = os.path.dirname(os.path.abspath(__file__))
opened, relative, drives = os.open, os.path.relpath, "other-drive" in sys.argv
sys.argv = [word for word in sys.argv if word != "other-drive"]

def asked_by_bmeconf():
    # Libraries know this system for what it is, and rightly do as it lets them.
    return sys._getframe(2).f_globals["__name__"].startswith("bmeconf.")

def open_(path, flags, mode=0o777, **more):
    if os.path.isdir(path) and asked_by_bmeconf():
        raise PermissionError(13, "Permission denied", path)
    return opened(path, flags, 0o666, **more)

def relpath(path, start=None):
    if drives and asked_by_bmeconf():
        raise ValueError("path is on mount 'C:', start on mount 'D:'")
    return relative(path, start or os.curdir)

os.open, os.path.relpath, os.chmod = open_, relpath, lambda *words, **more: None
from bmeconf.cli.main import main, run
commands = " ".join(sys.argv[1:]).split(" ; ")
for command in commands[:-1]:
    if code := run(command.split()):
        sys.exit(code)
sys.argv[1:] = commands[-1].split()
main()
"""
ALL = {
    "lists": [{"name": "Autumn"}, {"name": "Winter"}],
    "campaigns": [{"name": "Second", "copy_of": "Welcome", "subject": "Again"}],
}


@pytest.fixture
def elsewhere(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project on such a system."""
    folder = tmp_path_factory.mktemp("program")
    (folder / "windows.py").write_text(WINDOWS, encoding="utf-8")
    project.program = (sys.executable, str(folder / "windows.py"))
    return project


@pytest.mark.parametrize("drive", [(), ("other-drive",)], ids=["one drive", "another drive"])
def test_plan_apply_and_drift_work_there(elsewhere: Project, drive: Sequence[str]) -> None:
    elsewhere.declare(**ALL)
    commands = (
        "validate ; plan --out p.json ; show p.json ; apply p.json ; drift --record"
        " ; apply --auto-approve --output json=r.json ; pull --out new --target structure"
        " ; report ; apply --auto-approve --sandbox ; sandbox reset"
    )
    ran = elsewhere.spawn(*commands.split(), *drive).ok()
    assert "Traceback" not in ran.err
    assert "Warning" not in ran.err, ran.err
    assert json.loads((elsewhere.folder / "r.json").read_text(encoding="utf-8"))["converged"]
    assert (elsewhere.folder / "new").is_dir()
    assert {*elsewhere.remembered()} >= {"lists/Autumn", "lists/Winter", "campaigns/Second"}


class Killer:
    """Kills a process as its write arrives."""

    def __init__(self, cut: Cut, request: str) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        cut(Rule(request, self._kill, times=1))

    def _kill(self, seen: Seen, forward: Forward) -> Action:
        reply = forward()
        assert self.process
        self.process.kill()
        self.process.wait(10)
        return reply


@pytest.mark.parametrize("how", ["again", "resume"])
def test_what_was_killed_there_goes_on(
    elsewhere: Project, account: Account, cut: Cut, how: str
) -> None:
    elsewhere.declare(**ALL)
    killer = Killer(cut, "POST .*/duplicate.*")
    killer.process = elsewhere.start("apply", "--auto-approve")
    assert ended(killer.process).code == -signal.SIGKILL
    more = ("--resume", str(elsewhere.journal())) if how == "resume" else ("--auto-approve",)
    elsewhere.spawn("apply", *more, "--lock-timeout", "0s").ok()
    assert account.names().count("Autumn") == account.names().count("Second") == 1


def test_two_applies_take_turns_there(elsewhere: Project, account: Account) -> None:
    elsewhere.declare(**ALL)
    words = ("apply", "--auto-approve", "--format", "json")
    with elsewhere.start(*words) as one, elsewhere.start(*words) as other:
        steps = [len(ended(process).ok().json["steps"]) for process in (one, other)]
    assert sorted(steps) == [0, 3]
    assert account.names().count("Autumn") == 1


# --- signals and surroundings of a run


def test_a_hangup_that_is_ignored_stays_ignored(project: Project, cut: Cut) -> None:
    project.declare(**ALL)
    project.program = ("nohup", sys.executable, "-m", "bmeconf")

    def hang_up(seen: Seen, forward: Forward) -> Action:
        process.send_signal(signal.SIGHUP)
        return forward()

    cut(Rule("POST .*/lists.*", hang_up, times=1))
    process = project.start("apply", "--auto-approve", "--format", "json")
    assert ended(process).ok().json["converged"]


def test_a_plan_names_the_commit_of_its_own_project_whatever_a_hook_says(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    for folder in (project.folder, other):
        (folder / "m.yaml").write_text(f"version: 1\nlists: [{{name: {folder.name}}}]\n")
    mine, _ = commit(project.folder), commit(other)
    hook = {"GIT_DIR": f"{other}/.git", "GIT_WORK_TREE": str(other), "GIT_PREFIX": ""}
    hook |= {"GIT_INDEX_FILE": f"{other}/.git/index", "GIT_CONFIG_PARAMETERS": "'core.bare=true'"}
    assert project.plan(**hook)["source"]["commit"] == mine
