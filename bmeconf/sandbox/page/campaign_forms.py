"""What only a person can do with a campaign: schedule, send, stop it; and changes by hand.

In: sent forms. Out: the campaign changed as in the web app, or `ApiError` 400 with the field.
"""

from __future__ import annotations

from collections.abc import Iterable

from bmeconf.sandbox import body, campaigns, clock, sending
from bmeconf.sandbox.calls import Call
from bmeconf.sandbox.errors import invalid, malformed
from bmeconf.sandbox.page import moments, wording
from bmeconf.sandbox.page.answers import Done, Form, Path
from bmeconf.sandbox.page.campaigns import asked, index, lacks, one, preview
from bmeconf.sandbox.page.transitions import DELETABLE, EDITABLE, SCHEDULABLE, SENDABLE, TRANSITIONS
from bmeconf.sandbox.store import Doc

_ALL, _ONE = "/campaigns", "/campaigns/<campaign_id>"

_LINE = ("from", "fromName", "subject", "previewText")
_TEXT = ("body", "plainTextBody")

# A minute that has just begun is still "now" to whoever entered it.
_GRACE = 60


def add(call: Call, form: Form) -> Done:
    """POST /campaigns/add: an empty draft."""
    made = campaigns.add(call, {"name": _name(form), **_twin(form)})
    return Done(_where(made), "added")


def schedule(call: Call, form: Form) -> Done:
    """POST /campaigns/<id>/schedule `at`, `offset`: for the first time, or for another one."""
    found = asked(call)
    _check_state(found, SCHEDULABLE, "scheduled")
    _check_complete(found, "scheduled")
    at = moments.read(form.one("at"), form.one("offset"))
    if clock.seconds(at) < call.now - _GRACE:
        raise invalid("at", f"{moments.shown(at)} is in the past; to send it now, use Send")
    campaigns.set_status(call, found, "scheduled", at)
    return Done(_where(found), "scheduled")


def send(call: Call, form: Form) -> Done:
    """POST /campaigns/<id>/send `when`, `outcome`: sent now, or as if its time had come."""
    found = asked(call)
    _check_state(found, SENDABLE, "sent")
    _check_complete(found, "sent")
    outcome = sending.OUTCOMES[form.choice("outcome", *sending.OUTCOMES)]
    planned = form.choice("when", "now", "planned") == "planned" and found["scheduledAt"]
    sending.send(call, found, planned or clock.iso(call.now), outcome)
    return Done(_where(found), "sent")


def status(call: Call, form: Form) -> Done:
    """POST /campaigns/<id>/status `act`: begin, pause, resume, cancel, fail, back to draft."""
    found = asked(call)
    way = TRANSITIONS[form.choice("act", *TRANSITIONS)]
    _check_state(found, way.since, way.to)
    waits = found["scheduledAt"] and clock.seconds(found["scheduledAt"]) > call.now
    to = "scheduled" if form.one("act") == "resume" and waits else way.to
    campaigns.set_status(call, found, to, None)
    return Done(_where(found), to)


def edit(call: Call, form: Form) -> Done:
    """POST /campaigns/<id>/edit: what was touched is stored as it was entered, the rest stays."""
    found = asked(call)
    form.check_version(found)
    changes = dict(_changes(call, found, form))
    if not changes:
        return Done(_where(found), "same")
    if set(changes) != {"name"}:
        _check_state(found, EDITABLE, "edited")
    campaigns.edit(call, found, changes | _twin(form))
    return Done(_where(found), "saved")


def _changes(call: Call, found: Doc, form: Form) -> Iterable[tuple[str, object]]:
    """What the form says otherwise than it did when it was shown."""
    if form.one("name") != wording.entered(found["name"]):
        yield "name", _name(form)
    for name in (*_LINE, *_TEXT):
        # A form for a campaign that has gone out has the name only.
        if name in form.values and form.one(name) != wording.entered(found[name], name in _TEXT):
            yield name, campaigns.CONTENT[name](form.one(name), name)
    if "replyToAddresses" in form.values:
        yield from _replies(found, form)
    if "boxes" in form.values:
        # A list that is gone has no box: it goes with the next change, and is none by itself.
        known = {one["_id"] for one in call.store.all("list")}
        if set(form.all("lists")) != known.intersection(found["lists"]):
            yield "lists", campaigns.CONTENT["lists"](_ordered(found, form), "lists")


def _replies(found: Doc, form: Form) -> Iterable[tuple[str, object]]:
    addresses = form.one("replyToAddresses").replace(",", " ").split()
    if addresses != found["replyToAddresses"]:
        check = campaigns.CONTENT["replyToAddresses"]
        yield "replyToAddresses", check(addresses, "replyToAddresses")


def _ordered(found: Doc, form: Form) -> list[str]:
    ticked = form.all("lists")
    kept = [ident for ident in found["lists"] if ident in ticked]
    return kept + [ident for ident in ticked if ident not in kept]


def delete(call: Call, form: Form) -> Done:
    """POST /campaigns/<id>/delete: not while it waits for its time or goes out."""
    found = asked(call)
    _check_state(found, DELETABLE, "deleted; cancel it first")
    call.store.delete("campaign", found["_id"])
    return Done(_ALL, "deleted")


def _check_state(campaign: Doc, allowed: Iterable[str], done: str) -> None:
    if campaign["status"] not in allowed:
        raise malformed(f"This campaign is {campaign['status']}, and so it cannot be {done}")


def _check_complete(campaign: Doc, done: str) -> None:
    missing = lacks(campaign)
    if missing:
        raise malformed(f"Before it can be {done}, this campaign needs {', '.join(missing)}")


def _name(form: Form) -> str:
    return str(body.text(least=1)(form.one("name").strip(), "name"))


def _twin(form: Form) -> Doc:
    """Whether another campaign may have the same name."""
    return {"allowDuplicates": True} if form.one("twin") else {}


def _where(campaign: Doc) -> str:
    return f"/campaigns/{campaign['_id']}"


PATHS = (
    Path(_ALL, index),
    Path(f"{_ALL}/add", index, add),
    Path(_ONE, one),
    Path(f"{_ONE}/preview", preview),
    Path(f"{_ONE}/schedule", one, schedule),
    Path(f"{_ONE}/send", one, send),
    Path(f"{_ONE}/status", one, status),
    Path(f"{_ONE}/edit", one, edit),
    Path(f"{_ONE}/delete", one, delete),
)
