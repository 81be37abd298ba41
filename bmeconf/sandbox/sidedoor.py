"""The side door under /_sandbox: actions of tests and people that no API key can do.

In: JSON requests from this machine. Out: the account's state, the log, the switches, the faults.
Its requests need no key, meet no limit and no fault, and are not in the log. They need a loopback
`Host`, and no foreign `Origin`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from flask import Request, Response

from bmeconf.sandbox import body, campaigns, contacts, origin, records, state, wire
from bmeconf.sandbox.calls import Call
from bmeconf.sandbox.errors import ApiError, malformed
from bmeconf.sandbox.faults import Fault
from bmeconf.sandbox.runtime import Runtime
from bmeconf.sandbox.store import Doc

Door = Callable[[Runtime, Call], object]


def serve(runtime: Runtime, door: Door, args: Mapping[str, str], request: Request) -> Response:
    """Answer a request; refusals have the API's envelope."""
    try:
        origin.check_program(request)
        call = Call(
            store=runtime.store,
            switches=runtime.switches,
            now=time.time(),
            args=args,
            query=request.args.to_dict(),
            body=wire.parse(request.get_data()),
        )
        with runtime.store.transaction():
            result = door(runtime, call)
    except ApiError as error:
        return wire.refusal(error)
    return wire.reply(result, 204 if result is None else 200)


def get_state(runtime: Runtime, call: Call) -> Doc:
    """GET /_sandbox/state: the whole account, independent of all switches."""
    return state.read(call.store)


def put_state(runtime: Runtime, call: Call) -> Doc:
    """PUT /_sandbox/state: replace the whole account; returns it complete."""
    return state.replace(call.store, call.body, call.now)


def get_log(runtime: Runtime, call: Call) -> list[Doc]:
    """GET /_sandbox/log: API requests, oldest first."""
    return runtime.log.entries()


def clear_log(runtime: Runtime, call: Call) -> None:
    """DELETE /_sandbox/log: 204."""
    runtime.log.clear()


def get_switches(runtime: Runtime, call: Call) -> Doc:
    """GET /_sandbox/switches: all switches by name."""
    return runtime.switches.as_dict()


def patch_switches(runtime: Runtime, call: Call) -> Doc:
    """PATCH /_sandbox/switches: change some, return all. 400 for a bad name or value."""
    if not isinstance(call.body, dict):
        raise malformed("Switches must be a JSON object of name to value")
    try:
        runtime.switches = runtime.switches.changed(call.body)
    except ValueError as error:
        raise malformed(str(error)) from None
    return runtime.switches.as_dict()


def get_faults(runtime: Runtime, call: Call) -> list[Doc]:
    """GET /_sandbox/faults: the schedule, with the `hits` of each fault."""
    return runtime.faults.as_list()


def put_faults(runtime: Runtime, call: Call) -> list[Doc]:
    """PUT /_sandbox/faults: replace the schedule, and return it. 400 for a bad fault."""
    if not isinstance(call.body, list):
        raise malformed("Faults must be a JSON array")
    try:
        runtime.faults.replace([Fault.read(values) for values in call.body])
    except ValueError as error:
        raise malformed(str(error)) from None
    return runtime.faults.as_list()


def clear_faults(runtime: Runtime, call: Call) -> None:
    """DELETE /_sandbox/faults: 204."""
    runtime.faults.replace([])


def campaign_status(runtime: Runtime, call: Call) -> Doc:
    """POST /_sandbox/campaigns/<id>/status `{"status", "scheduledAt"?}`: schedule, send, cancel.

    Returns the campaign as in the state. `scheduledAt` defaults to its last value, or to now.
    """
    campaign = records.addressed(call, "campaign")
    values = body.read(
        call.body,
        {"status": body.one_of(*campaigns.STATUSES)},
        {"scheduledAt": body.nullable(body.moment)},
        "error",
    )
    return campaigns.set_status(call, campaign, values["status"], values.get("scheduledAt"))


def contact_status(runtime: Runtime, call: Call) -> Doc:
    """POST /_sandbox/contacts/<id>/status `{"status": {"primary", "secondary"?}}`.

    Any status is allowed, also Active again: a person opted in, a mail bounced. Returns the
    contact as in the state.
    """
    contact = records.addressed(call, "contact")
    values = body.read(call.body, {"status": state.STATUS}, {}, "error")
    status = {name: part for name, part in values["status"].items() if part is not None}
    return contacts.set_status(call, contact, status)


def add_form(runtime: Runtime, call: Call) -> Doc:
    """POST /_sandbox/forms `{"name", "fieldIds"}`: a form that uses these contact fields."""
    return state.add_form(call.store, call.body)


DOORS: tuple[tuple[str, str, Door], ...] = (
    ("GET", "/_sandbox/state", get_state),
    ("PUT", "/_sandbox/state", put_state),
    ("GET", "/_sandbox/log", get_log),
    ("DELETE", "/_sandbox/log", clear_log),
    ("GET", "/_sandbox/switches", get_switches),
    ("PATCH", "/_sandbox/switches", patch_switches),
    ("GET", "/_sandbox/faults", get_faults),
    ("PUT", "/_sandbox/faults", put_faults),
    ("DELETE", "/_sandbox/faults", clear_faults),
    ("POST", "/_sandbox/campaigns/<campaign_id>/status", campaign_status),
    ("POST", "/_sandbox/contacts/<contact_id>/status", contact_status),
    ("POST", "/_sandbox/forms", add_form),
)
