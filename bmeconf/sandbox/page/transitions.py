"""The status changes that a person can make to a campaign. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Transition:
    """A button: its words, the statuses in which it is shown, the new status."""

    words: str
    since: tuple[str, ...]
    to: str


#: by the name of the button; `resume` leads to `scheduled` if the time is still to come
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
