"""What a person can make of a campaign in each of its states. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Transition:
    """A button: its words, the states it is there in, the state it leads to."""

    words: str
    since: tuple[str, ...]
    to: str


#: by the name of the button; `resume` goes on where the pause began
TRANSITIONS = {
    "start": Transition("Begin sending", ("scheduled",), "sending"),
    "pause": Transition("Pause", ("scheduled", "sending"), "paused"),
    "resume": Transition("Resume", ("paused",), "sending"),
    "cancel": Transition("Cancel", ("scheduled", "sending", "paused"), "cancelled"),
    "fail": Transition("Let it fail", ("sending",), "failed"),
    "unschedule": Transition(
        "Back to draft", ("scheduled", "paused", "cancelled", "failed"), "draft"
    ),
}

SCHEDULABLE = ("draft", "scheduled")
SENDABLE = ("draft", "scheduled", "sending")
EDITABLE = ("draft", "scheduled", "paused")
DELETABLE = ("draft", "paused", "failed", "cancelled", "sent")
