"""A person at a terminal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time
from collections.abc import Iterator, Sequence

from tests.support.driver import Project, Ran, ended
from tests.support.fake_server import Action, Cut, Forward, Rule, Seen


def typed(
    project: Project,
    *arguments: str,
    answer: str = "",
    after: str = "",
    env: dict[str, str] | None = None,
    columns: int = 0,
) -> tuple[str, int]:
    """What a terminal showed, and the exit code; `answer` is typed once `after` is seen."""
    terminal, end = pty.openpty()
    termios.tcsetwinsize(end, (24, columns))
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


@contextlib.contextmanager
def unread() -> Iterator[int]:
    """A stream that nobody reads."""
    reader, stream = os.pipe()
    os.close(reader)
    yield stream
    os.close(stream)


def _take_the_terminal() -> None:
    # Only a controlling terminal turns a typed Ctrl-C into a signal.
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def interrupted(
    project: Project,
    cut: Cut,
    request: str,
    *arguments: str,
    signals: Sequence[int] = (signal.SIGINT,),
    answer: Action | None = None,
    first: Sequence[str] = (),
) -> Ran:
    """A command that gets `signals` while it waits for the answer to a request.

    After the last one the answer comes, or `answer` in its place. After a second one the command
    must be over before that. The command `first` goes before, to the same server.
    """
    started: list[subprocess.Popen[bytes]] = []

    def interrupt(seen: Seen, forward: Forward) -> Action:
        reply = forward()
        for number in signals:
            started[0].send_signal(number)
            time.sleep(0.3)
        if len(signals) > 1:
            started[0].wait(8)
        return answer or reply

    cut(Rule(request, interrupt, times=1))
    if first:
        project.run(*first).ok()
    started.append(project.start(*arguments))
    ran = ended(started[0])
    assert "Traceback" not in ran.err
    return ran
