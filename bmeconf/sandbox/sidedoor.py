"""The side door under /_sandbox: actions of tests and people that no API key can do.

In: JSON requests from this machine. Out: the account's state, the log, the switches, the faults.
Its requests need no key, meet no limit and no fault, and are not in the log. They need a loopback
`Host`, and no foreign `Origin`.
"""

from __future__ import annotations

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
            now=runtime.now(),
            args=args,
            query=request.args.to_dict(),
            body=wire.parse(request.get_data()),
        )
        with runtime.store.transaction():
            result = door(runtime, call)
    except ApiError as error:
        return wire.refusal(error)
    return wire.reply(result, 204 if result is None else 200)


def _patch_switches(runtime: Runtime, call: Call) -> Doc:
    if not isinstance(call.body, dict):
        raise malformed("Switches must be a JSON object of name to value")
    try:
        runtime.switches = runtime.switches.changed(call.body)
    except ValueError as error:
        raise malformed(str(error)) from None
    return runtime.switches.as_dict()


def _put_state(runtime: Runtime, call: Call) -> Doc:
    keep_case = call.switches.contact_key_case != "lower"
    return state.replace(call.store, call.body, call.now, keep_case=keep_case)


def _put_faults(runtime: Runtime, call: Call) -> list[Doc]:
    if not isinstance(call.body, list):
        raise malformed("Faults must be a JSON array")
    try:
        runtime.faults.replace([Fault.read(values) for values in call.body])
    except ValueError as error:
        raise malformed(str(error)) from None
    return runtime.faults.as_list()


def _campaign_status(runtime: Runtime, call: Call) -> Doc:
    campaign = records.addressed(call, "campaign")
    values = body.read(
        call.body,
        {"status": body.one_of(*campaigns.STATUSES)},
        {"scheduledAt": body.nullable(body.moment)},
        "error",
    )
    return campaigns.set_status(call, campaign, values["status"], values.get("scheduledAt"))


def _contact_status(runtime: Runtime, call: Call) -> Doc:
    contact = records.addressed(call, "contact")
    values = body.read(call.body, {"status": state.STATUS}, {}, "error")
    status = {name: part for name, part in values["status"].items() if part is not None}
    return contacts.set_status(call, contact, status)


DOORS: tuple[tuple[str, str, Door], ...] = (
    # The whole account, independent of all switches; PUT replaces it and returns it complete.
    ("GET", "/_sandbox/state", lambda runtime, call: state.read(call.store)),
    ("PUT", "/_sandbox/state", _put_state),
    # `{"file"}`: the path of the account's data, null in memory; it tells one sandbox from another.
    ("GET", "/_sandbox/file", lambda runtime, call: {"file": runtime.store.file}),
    # API requests, oldest first.
    ("GET", "/_sandbox/log", lambda runtime, call: runtime.log.entries()),
    ("DELETE", "/_sandbox/log", lambda runtime, call: runtime.log.clear()),
    # All switches by name; PATCH changes some. 400 for a bad name or value.
    ("GET", "/_sandbox/switches", lambda runtime, call: runtime.switches.as_dict()),
    ("PATCH", "/_sandbox/switches", _patch_switches),
    # The schedule with the `hits` of each fault; PUT replaces it. 400 for a bad fault.
    ("GET", "/_sandbox/faults", lambda runtime, call: runtime.faults.as_list()),
    ("PUT", "/_sandbox/faults", _put_faults),
    ("DELETE", "/_sandbox/faults", lambda runtime, call: runtime.faults.replace([])),
    # `{"status", "scheduledAt"?}`: schedule, send, cancel; returns the campaign as in the state.
    # `scheduledAt` defaults to its last value, or to now.
    ("POST", "/_sandbox/campaigns/<campaign_id>/status", _campaign_status),
    # `{"status": {"primary", "secondary"?}}`: any status, also Active again: a person opted in, a
    # mail bounced; returns the contact as in the state.
    ("POST", "/_sandbox/contacts/<contact_id>/status", _contact_status),
    # `{"name", "fieldIds"}`: a form that uses these contact fields.
    ("POST", "/_sandbox/forms", lambda _, call: state.add_form(call.store, call.body)),
)
