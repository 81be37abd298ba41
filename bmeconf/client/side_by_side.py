"""Calls side by side, which look to everybody as if they came one after the other.

The results come in the order of the calls. So does what the calls say. Of several errors the one
of the first call counts, as if no later call had been made. Threads do nothing but calls: whoever
asked for a wave of them waits for it, and a Ctrl-C ends the waiting at once.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")
TURN = 1.0
"""Seconds; where a wait cannot be interrupted, a Ctrl-C is heard of after so long."""


class Abandoned(BaseException):
    """Ends a call in its thread: nobody waits for its result any more."""


@dataclass(eq=False)
class _Call(Generic[T]):
    """One call of a wave; `lines` are what it said and nobody has heard yet."""

    work: Callable[[], T]
    wave: _Wave
    result: list[T] = field(default_factory=list)
    error: BaseException | None = None
    lines: deque[str] = field(default_factory=deque)

    @property
    def ended(self) -> bool:
        return bool(self.result) or self.error is not None

    def run(self) -> None:
        try:
            self.result.append(self.work())
        except BaseException as error:
            self.error = error


@dataclass(eq=False)
class _Wave:
    """Calls that were asked for together, maybe by the call `outer` of another wave.

    After one has `failed` no other is begun: they are begun in order, so that none would count.
    Once the wave is `over`, nobody waits for the calls that are still under way.
    """

    outer: _Call[Any] | None
    change: threading.Condition = field(default_factory=threading.Condition)
    failed: bool = False
    over: bool = False

    @property
    def abandoned(self) -> bool:
        return self.over or (self.outer is not None and self.outer.wave.abandoned)


class SideBySide:
    """Makes up to `most` calls at once; `hear` is told of every line that they say.

    A call may ask for further calls: each wave has threads of its own, and whoever needs to hold
    all of them to a number does so where a request is made.
    """

    def __init__(self, most: int, hear: Callable[[str], None]) -> None:
        self.most, self._hear = most, hear
        self._here = threading.local()

    @property
    def _call(self) -> _Call[Any] | None:
        """The call that this thread is at, None outside of waves."""
        call: _Call[Any] | None = getattr(self._here, "call", None)
        return call

    @property
    def within(self) -> bool:
        """True in a call that others may run beside."""
        return self._call is not None

    def check(self) -> None:
        """Raise Abandoned in a call that nobody waits for any more."""
        if self._call is not None and self._call.wave.abandoned:
            raise Abandoned

    def say(self, line: str) -> None:
        """Let `line` be heard when it is this call's turn."""
        if (call := self._call) is None:
            self._hear(line)
            return
        with call.wave.change:
            call.lines.append(line)
            call.wave.change.notify_all()

    def together(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """The results of `calls`, in their order.

        Raises:
            Whatever the first of the calls that fails does; later ones are abandoned.
        """
        if self.most == 1 or len(calls) < 2:
            return [call() for call in calls]
        wave = _Wave(self._call)
        made = [_Call(work, wave) for work in calls]
        waiting = iter(made)
        try:
            for _ in range(min(self.most, len(made))):
                # A daemon: whatever it waits for must not keep the process alive.
                worker = threading.Thread(
                    target=self._work, args=(wave, waiting), name="bmeconf read", daemon=True
                )
                worker.start()
            return [self._awaited(call) for call in made]
        finally:
            wave.over = True

    def _work(self, wave: _Wave, waiting: Iterator[_Call[Any]]) -> None:
        """Make one call after the other, until none is left or one has failed."""
        while True:
            with wave.change:
                done = wave.failed or wave.abandoned
                call = None if done else next(waiting, None)
            if call is None:
                return
            self._here.call = call
            call.run()
            with wave.change:
                wave.failed = wave.failed or call.error is not None
                wave.change.notify_all()

    def _awaited(self, call: _Call[T]) -> T:
        """The result of a call, once all that it says was heard."""
        while True:
            with call.wave.change:
                while not (call.lines or call.ended):
                    # Then the call is maybe not even begun.
                    self.check()
                    call.wave.change.wait(TURN)
                lines = [*call.lines]
                call.lines.clear()
                ended = call.ended
            for line in lines:
                self.say(line)
            if ended and call.error is not None:
                raise call.error
            if ended:
                return call.result[0]
