"""A person at a terminal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import termios
import time

from tests.support.driver import Project


def typed(
    project: Project,
    *arguments: str,
    answer: str = "",
    after: str = "",
    env: dict[str, str] | None = None,
) -> tuple[str, int]:
    """What a terminal showed, and the exit code; `answer` is typed once `after` is seen."""
    terminal, end = pty.openpty()
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), end)
    own = {"start_new_session": True, "preexec_fn": _take_the_terminal}
    with project.start(*arguments, env=env or {}, **streams, **own) as running:
        os.close(end)
        shown = b""
        with contextlib.suppress(OSError):
            while select.select([terminal], [], [], 30)[0] and (chunk := os.read(terminal, 4096)):
                shown += chunk
                if after and after.encode() in shown:
                    # A person takes a moment, in which the program comes to listen.
                    time.sleep(0.3)
                    os.write(terminal, answer.encode())
                    after = ""
        os.close(terminal)
        return shown.decode(), running.wait(10)


def _take_the_terminal() -> None:
    # Only a controlling terminal turns a typed Ctrl-C into a signal.
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
