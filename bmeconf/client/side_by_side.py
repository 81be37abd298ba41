"""Calls side by side, which look to everybody as if they came one after the other.

The results come in the order of the calls. So does what the calls say. Of several errors the one
of the first call counts, as if no later call had been made. Whoever asks for a wave of calls makes
them, one after the other; a call that is about to wait lets a further thread begin the next one.
So what asks for nothing needs no thread, and a Ctrl-C ends the waiting at once.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")
TURN = 1.0
"""Seconds; where a wait cannot be interrupted, a Ctrl-C is heard of after so long."""


class Abandoned(BaseException):
    """Ends a call in its thread: nobody waits for its result any more."""


@dataclass(eq=False)
class _Call(Generic[T]):
    """One call of a wave; `lines` are what it said and nobody has heard yet.

    An `own` call is made by the thread that waits for it: what it says is heard at once.
    """

    work: Callable[[], T]
    wave: _Wave
    own: bool = False
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

    They are begun in order, so that after one has `failed` no other would count: none is begun.
    Once the wave is `over`, nobody waits for the calls that are still under way.
    """

    outer: _Call[Any] | None
    unbegun: deque[_Call[Any]] = field(default_factory=deque)
    change: threading.Condition = field(default_factory=threading.Condition)
    threads: int = 0
    """How many are at its calls."""
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
        call = self._call
        while call is not None and call.own:
            call = call.wave.outer
        if call is None:
            self._hear(line)
            return
        with call.wave.change:
            call.lines.append(line)
            call.wave.change.notify_all()

    def about_to_wait(self) -> None:
        """Let other calls begin beside the one that this thread is at, before it waits."""
        call = self._call
        while call is not None:
            self._begin_another(call.wave)
            call = call.wave.outer

    def _begin_another(self, wave: _Wave) -> None:
        with wave.change:
            needed = bool(wave.unbegun) and wave.threads < self.most and not wave.failed
            wave.threads += needed
        if needed:
            # A daemon: whatever it waits for must not keep the process alive.
            threading.Thread(
                target=self._work, args=(wave,), name="bmeconf read", daemon=True
            ).start()

    def together(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """The results of `calls`, in their order.

        Raises:
            Whatever the first of the calls that fails does; later ones are abandoned.
        """
        if self.most == 1 or len(calls) < 2:
            return [call() for call in calls]
        wave = _Wave(self._call)
        made = [_Call(work, wave) for work in calls]
        wave.unbegun.extend(made)
        try:
            return [self._result(call) for call in made]
        finally:
            wave.over = True

    def _result(self, call: _Call[T]) -> T:
        """The result of a call, which is made here where nobody has begun it."""
        wave = call.wave
        with wave.change:
            # Where all threads that there may be are busy, one of them will come to it.
            unbegun = bool(wave.unbegun) and wave.unbegun[0] is call
            call.own = unbegun and wave.threads < self.most
            if call.own:
                wave.unbegun.popleft()
                wave.threads += 1
        if call.own:
            self._make(call)
            with wave.change:
                wave.threads -= 1
        return self._awaited(call)

    def _work(self, wave: _Wave) -> None:
        """Make one call after the other, until none is left or one has failed."""
        while True:
            with wave.change:
                if wave.failed or wave.abandoned or not wave.unbegun:
                    wave.threads -= 1
                    return
                call = wave.unbegun.popleft()
            self._make(call)

    def _make(self, call: _Call[Any]) -> None:
        before, self._here.call = self._call, call
        try:
            call.run()
        finally:
            self._here.call = before
        with call.wave.change:
            call.wave.failed = call.wave.failed or call.error is not None
            call.wave.change.notify_all()

    def _awaited(self, call: _Call[T]) -> T:
        """The result of a call, once all that it says was heard."""
        if not call.ended:
            self._begin_another(call.wave)
            self.about_to_wait()
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
