"""Processes forked from one that has everything loaded, so that hundreds of them cost little.

Each runs one command as a process of its own: with its own folder, environment and streams. It
may be told to die at a chosen line of its journal, killed as by `kill -9`. Only the operating
system's calls are meddled with, never bmeconf. `python -m tests.support.forks SOCKET` is the
process that is forked.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import os
import pkgutil
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
STREAMS = ("out.txt", "err.txt")
COMMAND = """\
#!{python} -IS
import os, sys
from _signal import SIGHUP, SIGINT, SIGTERM, signal
from _socket import AF_UNIX, SCM_RIGHTS, SOL_SOCKET, socket
words = sys.argv[1:]
order = {{"folder": os.getcwd(), "env": dict(os.environ)}}
order["arguments"] = words
door = socket(AF_UNIX)
door.connect({door!r})
streams = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
door.sendmsg([b"!"], [(SOL_SOCKET, SCM_RIGHTS, streams)])
door.sendall(repr(order).encode() + b"\\n")
answers = open(door.fileno(), closefd=False)
child = int(answers.readline())
for number in (SIGINT, SIGTERM, SIGHUP):
    signal(number, lambda number, frame: os.kill(child, number))
code = int(answers.readline())
sys.exit(code if code >= 0 else 128 - code)
"""
"""`bmeconf`: a process that orders a fork and lends it its streams.

It imports what is built in, which halves its time: hundreds of them are started.
"""


class Forks:
    """Where such processes are ordered, as a context manager."""

    def __enter__(self) -> Forks:
        self.folder = Path(tempfile.mkdtemp(prefix="forks-"))
        self._door = str(self.folder / "door")
        command = [sys.executable, "-m", "tests.support.forks", self._door]
        self._parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        assert self._parent.stdout
        self._parent.stdout.readline()
        return self

    def __exit__(self, *exc: object) -> None:
        self._parent.terminate()
        self._parent.communicate()
        shutil.rmtree(self.folder)

    @property
    def path(self) -> str:
        """A PATH on which `bmeconf` is such a process."""
        installed = str(Path(sys.executable).parent)
        return os.pathsep.join([str(self.command.parent), installed, os.environ["PATH"]])

    @cached_property
    def command(self) -> Path:
        """The `bmeconf` on that path."""
        folder = self.folder / "bin"
        folder.mkdir()
        command = folder / "bmeconf"
        command.write_text(COMMAND.format(python=sys.executable, door=self._door), encoding="utf-8")
        command.chmod(0o755)
        return command

    def run(
        self,
        folder: Path,
        env: Mapping[str, str],
        *arguments: str,
        line: int = 0,
        when: str = "after",
        signum: int = signal.SIGKILL,
        most_bytes: int = 0,
        haste: float = 1.0,
        said: Path | None = None,
    ) -> int:
        """Run one command in `folder`; its exit code, negative for the signal that killed it.

        It leaves its streams in out.txt and err.txt, in the folder `said` or its own. It dies of
        `signum` right `after` its journal's n-th line is on disk, or `before` that is written; 0
        lets it live.
        `most_bytes` is how large a file it may write; its waits are `haste` times as long as they
        should be.
        """
        own = {name: value for name, value in os.environ.items() if name[:8] != "BMECONF_"}
        order = {
            "line": line,
            "when": when,
            "signum": int(signum),
            "most_bytes": most_bytes,
            "haste": haste,
        }
        order = {**order, "env": {**own, **env}, "arguments": arguments}
        return self._order(folder, order, said)

    def _order(self, folder: Path, order: Mapping[str, Any], said: Path | None = None) -> int:
        with (
            socket.socket(socket.AF_UNIX) as door,
            open(os.devnull, "rb") as nothing,
            open((said or folder) / STREAMS[0], "wb") as out,
            open((said or folder) / STREAMS[1], "wb") as err,
        ):
            door.connect(self._door)
            socket.send_fds(door, [b"!"], [stream.fileno() for stream in (nothing, out, err)])
            door.sendall(repr({"folder": str(folder), **order}).encode() + b"\n")
            with door.makefile() as answers:
                answers.readline()
                return int(answers.readline())


def _begin(door: socket.socket, visitor: socket.socket) -> int:
    """Take one order, and fork what sees to it; its pid."""
    _, streams, _, _ = socket.recv_fds(visitor, 1, 3)
    with visitor.makefile("r") as orders:
        order = ast.literal_eval(orders.readline())
    child = os.fork()
    if child == 0:
        try:
            door.close()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os._exit(_obey(order, streams))
        finally:
            os._exit(99)
    for stream in streams:
        os.close(stream)
    visitor.sendall(f"{child}\n".encode())
    return child


def _obey(order: Any, streams: list[int]) -> int:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["env"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if order.get("most_bytes"):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["most_bytes"],) * 2)
    _doom(order.get("line", 0), order.get("when", "after"), order.get("signum", signal.SIGKILL))
    return _ended(order)


def _ended(order: Any) -> int:
    """Run the command of an order; its exit code."""
    from bmeconf import cli
    from tests.support.clocks import hasty

    sys.argv = ["bmeconf", *order["arguments"]]
    try:
        if "haste" in order:
            return cli.run(order["arguments"], hasty(order["haste"]))
        cli.main()
    except SystemExit as ended:
        return int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _doom(line: int, when: str, signum: int) -> None:
    lines = {"written": 0, "synced": 0}
    # No power is cut here: no disk is waited for.
    write, sync = os.write, os.fstat

    def counted_write(file: int, data: bytes) -> int:
        if data.startswith(b'{"event"'):
            lines["written"] += 1
            if (lines["written"], when) == (line, "before"):
                os.kill(os.getpid(), signum)
        return write(file, data)

    def counted_sync(file: int) -> None:
        sync(file)
        if lines["written"] > lines["synced"]:
            lines["synced"] += 1
            if (lines["synced"], when) == (line, "after"):
                os.kill(os.getpid(), signum)

    os.write, os.fsync = counted_write, counted_sync


def _load_everything() -> None:
    """What a command only loads when it needs it, a fork would have to load each time."""
    import bmeconf

    names = ["deepdiff", "filelock", "jsonschema", "requests", "turbohtml"]
    names += ["yaml", "zipfile"]
    for module in pkgutil.walk_packages(bmeconf.__path__, "bmeconf."):
        if not module.name.endswith("__main__"):
            names.append(module.name)
    for name in names:
        importlib.import_module(name)
    from bmeconf.project import load_schema, schema_names

    judge = importlib.import_module("jsonschema").Draft202012Validator
    for name in schema_names():
        judge(load_schema(name)).is_valid({})


def main(path: str) -> None:
    """Fork for everybody who comes to the door at `path`, until it is ended."""
    _load_everything()
    # What is never collected is never copied: a fork shares it as it is.
    gc.freeze()
    ended, told = os.pipe()
    os.set_blocking(told, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(told)
    visitors: dict[int, socket.socket] = {}
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            ready, _, _ = select.select([door, ended], [], [])
            if door in ready:
                visitor, _ = door.accept()
                visitors[_begin(door, visitor)] = visitor
            if ended in ready:
                os.read(ended, 4096)
            while visitors and (child := os.waitpid(-1, os.WNOHANG))[0]:
                with visitors.pop(child[0]) as visitor, contextlib.suppress(OSError):
                    visitor.sendall(f"{os.waitstatus_to_exitcode(child[1])}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1])
