"""Forms that change a campaign as a person does: schedule, send, pause, cancel, edit, delete.

In: sent forms. Out: the changed campaign, or `ApiError` 400 with the field.
"""

from __future__ import annotations

from collections.abc import Iterable

from bmeconf.sandbox import body, campaigns, clock, records, sending
from bmeconf.sandbox.calls import Call
from bmeconf.sandbox.errors import invalid, malformed
from bmeconf.sandbox.page import moments, wording
from bmeconf.sandbox.page.answers import Done, Form, Path
from bmeconf.sandbox.page.campaigns import (
    DELETABLE,
    EDITABLE,
    SCHEDULABLE,
    SENDABLE,
    TRANSITIONS,
    index,
    lacks,
    preview,
    show,
)
from bmeconf.sandbox.store import Doc

_ALL, _ONE = "/campaigns", "/campaigns/<campaign_id>"

_LINE = ("from", "fromName", "subject", "previewText")
_TEXT = ("body", "plainTextBody")

# A form has no seconds: the current minute still counts as now.
_GRACE = 60


def add(call: Call, form: Form) -> Done:
    """POST /campaigns/add: an empty draft."""
    campaign = campaigns.add(call, {"name": _name(form), **_allow_duplicates(form)})
    return Done(_where(campaign), "added")


def schedule(call: Call, form: Form) -> Done:
    """POST /campaigns/<id>/schedule `at`, `offset`: schedule a draft, or change its time."""
    campaign = records.addressed(call, "campaign")
    _check_state(campaign, SCHEDULABLE, "scheduled")
    _check_complete(campaign, "scheduled")
    at = moments.read(form.one("at"), form.one("offset"))
    if clock.seconds(at) < call.now - _GRACE:
        raise invalid("at", f"{moments.shown(at)} is in the past; to send it now, use Send")
    campaigns.set_status(call, campaign, "scheduled", at)
    return Done(_where(campaign), "scheduled")


def send(call: Call, form: Form) -> Done:
    """POST /campaigns/<id>/send `when`, `outcome`: send now, or as if at the scheduled time."""
    campaign = records.addressed(call, "campaign")
    _check_state(campaign, SENDABLE, "sent")
    _check_complete(campaign, "sent")
    outcome = sending.OUTCOMES[form.choice("outcome", *sending.OUTCOMES)]
    planned = form.choice("when", "now", "planned") == "planned" and campaign["scheduledAt"]
    sending.send(call, campaign, planned or clock.iso(call.now), outcome)
    return Done(_where(campaign), "sent")


def status(call: Call, form: Form) -> Done:
    """POST /campaigns/<id>/status `act`: begin, pause, resume, cancel, fail, back to draft."""
    campaign = records.addressed(call, "campaign")
    transition = TRANSITIONS[form.choice("act", *TRANSITIONS)]
    _check_state(campaign, transition.since, transition.to)
    waits = campaign["scheduledAt"] and clock.seconds(campaign["scheduledAt"]) > call.now
    new_status = "scheduled" if form.one("act") == "resume" and waits else transition.to
    campaigns.set_status(call, campaign, new_status, None)
    return Done(_where(campaign), new_status)


def edit(call: Call, form: Form) -> Done:
    """POST /campaigns/<id>/edit: store the inputs that differ from the form as it was shown."""
    campaign = records.addressed(call, "campaign")
    form.check_version(campaign)
    changes = dict(_changes(call, campaign, form))
    if not changes:
        return Done(_where(campaign), "same")
    if set(changes) != {"name"}:
        _check_state(campaign, EDITABLE, "edited")
    campaigns.edit(call, campaign, changes | _allow_duplicates(form))
    return Done(_where(campaign), "saved")


def _changes(call: Call, campaign: Doc, form: Form) -> Iterable[tuple[str, object]]:
    """The inputs that differ from the form as it was shown, as `(name, value)`."""
    if form.one("name") != wording.entered(campaign["name"]):
        yield "name", _name(form)
    for name in (*_LINE, *_TEXT):
        # The form of a campaign that is no longer editable has only the name.
        if name in form.values and form.one(name) != wording.entered(campaign[name], name in _TEXT):
            yield name, campaigns.CONTENT[name](form.one(name), name)
    if "replyToAddresses" in form.values:
        yield from _replies(campaign, form)
    if "boxes" in form.values:
        # A deleted list has no box. Its id is dropped with the next change, but makes no change.
        known = {contact_list["_id"] for contact_list in call.store.all("list")}
        if set(form.all("lists")) != known.intersection(campaign["lists"]):
            yield "lists", campaigns.CONTENT["lists"](_ordered(campaign, form), "lists")


def _replies(campaign: Doc, form: Form) -> Iterable[tuple[str, object]]:
    addresses = form.one("replyToAddresses").replace(",", " ").split()
    if addresses != campaign["replyToAddresses"]:
        check = campaigns.CONTENT["replyToAddresses"]
        yield "replyToAddresses", check(addresses, "replyToAddresses")


def _ordered(campaign: Doc, form: Form) -> list[str]:
    ticked = form.all("lists")
    kept = [ident for ident in campaign["lists"] if ident in ticked]
    return kept + [ident for ident in ticked if ident not in kept]


def delete(call: Call, form: Form) -> Done:
    """POST /campaigns/<id>/delete: refused while the campaign is scheduled or sending."""
    campaign = records.addressed(call, "campaign")
    _check_state(campaign, DELETABLE, "deleted; cancel it first")
    call.store.delete("campaign", campaign["_id"])
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


def _allow_duplicates(form: Form) -> Doc:
    """`allowDuplicates` if the form accepts a name that another campaign has."""
    return {"allowDuplicates": True} if form.one("twin") else {}


def _where(campaign: Doc) -> str:
    return f"/campaigns/{campaign['_id']}"


PATHS = (
    Path(_ALL, index),
    Path(f"{_ALL}/add", index, add),
    Path(_ONE, show),
    Path(f"{_ONE}/preview", preview),
    Path(f"{_ONE}/schedule", show, schedule),
    Path(f"{_ONE}/send", show, send),
    Path(f"{_ONE}/status", show, status),
    Path(f"{_ONE}/edit", show, edit),
    Path(f"{_ONE}/delete", show, delete),
)
