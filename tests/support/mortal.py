"""Processes that die at a chosen line of their journal, killed as by `kill -9`.

`python -m tests.support.mortal` reads orders, one JSON object per line, and answers each with how
the process that carried it out ended. A process is a fork of one that has everything loaded, so
that hundreds of them cost little. Only the operating system's calls are meddled with, never
bmeconf.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Mortals:
    """A place to order such processes from, as a context manager."""

    def __enter__(self) -> Mortals:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.support.mortal"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *exc: object) -> None:
        self._parent.communicate()

    def run(
        self,
        folder: Path,
        env: Mapping[str, str],
        *arguments: str,
        line: int = 0,
        when: str = "after",
        most_bytes: int = 0,
        haste: float = 1.0,
    ) -> int:
        """Run one command in `folder`; its exit code, negative for the signal that killed it.

        It dies right `after` its journal's n-th line is on disk, or `before` that is written; 0
        lets it live. `most_bytes` is how large a file it may write; its waits are `haste` times
        as long as they should be.
        """
        order = {"folder": str(folder), "env": dict(env), "arguments": arguments}
        assert self._parent.stdin
        assert self._parent.stdout
        more = {"line": line, "when": when, "most_bytes": most_bytes, "haste": haste}
        self._parent.stdin.write(json.dumps({**order, **more}) + "\n")
        self._parent.stdin.flush()
        return int(self._parent.stdout.readline())


def _obey(order: Any) -> None:
    from bmeconf import cli

    os.chdir(order["folder"])
    for name in [name for name in os.environ if name.startswith("BMECONF_")]:
        del os.environ[name]
    os.environ.update(order["env"])
    for stream, name in ((sys.stdout, "out"), (sys.stderr, "err")):
        path = os.open(f"{name}.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(path, stream.fileno())
    if order["most_bytes"]:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["most_bytes"],) * 2)
    _hasten(order["haste"])
    _doom(order["line"], order["when"])
    code = cli.run(order["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _hasten(haste: float) -> None:
    sleep, wait = time.sleep, threading.Event.wait

    def short_wait(event: threading.Event, timeout: float | None = None) -> bool:
        return wait(event, None if timeout is None else timeout * haste)

    time.sleep = lambda seconds: sleep(seconds * haste)
    threading.Event.wait = short_wait  # type: ignore[method-assign]


def _doom(line: int, when: str) -> None:
    lines = {"written": 0, "synced": 0}
    write, sync = os.write, os.fsync

    def counted_write(file: int, data: bytes) -> int:
        if data.startswith(b'{"event"'):
            lines["written"] += 1
            if (lines["written"], when) == (line, "before"):
                os.kill(os.getpid(), signal.SIGKILL)
        return write(file, data)

    def counted_sync(file: int) -> None:
        sync(file)
        if lines["written"] > lines["synced"]:
            lines["synced"] += 1
            if (lines["synced"], when) == (line, "after"):
                os.kill(os.getpid(), signal.SIGKILL)

    os.write, os.fsync = counted_write, counted_sync


def _load_everything() -> None:
    """What a command only loads when it needs it, a child would have to load each time."""
    import importlib
    import pkgutil

    import bmeconf

    names = ["deepdiff", "filelock", "jsonschema", "requests", "yaml"]
    for module in pkgutil.walk_packages(bmeconf.__path__, "bmeconf."):
        if not module.name.startswith(("bmeconf.sandbox", "bmeconf.__main__")):
            names.append(module.name)
    for name in names:
        importlib.import_module(name)
    jsonschema = importlib.import_module("jsonschema")
    for schema in importlib.import_module("bmeconf.project").schema_names():
        loaded = importlib.import_module("bmeconf.project").load_schema(schema)
        jsonschema.Draft202012Validator(loaded).is_valid({})


def main() -> None:
    """Obey until nobody orders any more."""
    _load_everything()
    for text in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                _obey(json.loads(text))
            finally:
                os._exit(99)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
