"""Switches choose the API's behaviour where the vendor's documents leave it open.

In: `name=value` texts or a JSON object. Out: frozen `Switches`, checked. Pure.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bmeconf.sandbox.errors import shown

_TRUE = ("on", "true", "yes", "1")
_FALSE = ("off", "false", "no", "0")


def _choice(default: str, *others: str) -> Any:
    return field(default=default, metadata={"choices": (default, *others)})


@dataclass(frozen=True)
class Switches:
    """Every switch with its default; a limit of 0 means no limit (and no header of it).

    Raises ValueError on a value of the wrong type, outside its choices, or negative.
    """

    # --- contacts (API contract 4.2)
    #: shape of `lists` in a written contact; another shape is 400 with field "lists"
    contact_lists_write: str = _choice("ids", "actions", "both")
    #: shape of `lists` in a contact or hit: `{"_id": id}`, `id`, or `{"listId": id}`
    contact_lists_read: str = _choice("objects", "ids", "listId")
    #: PUT removes the parts that the body omits, or adds the body to the stored contact
    contact_put: str = _choice("replace", "merge")
    #: capitals in an address: lower-cased when it is written, or kept; a kept one is found by a
    #: search for it as it is written alone ("kept"), or for it in any case ("blind")
    contact_key_case: str = _choice("lower", "kept", "blind")
    #: form of GET /api/contact: bare array, `{"contacts": []}` or `{"data": []}`
    contact_all: str = _choice("array", "contacts", "data")
    #: show `secondary: "confirmed"` on active contacts
    active_secondary: bool = False
    #: `tags` in the body that creates a contact
    create_tags: str = _choice("accept", "ignore", "error")
    #: `status` in the body that creates a contact
    create_status: str = _choice("ignore", "accept", "error")
    #: PUT of an Inactive contact
    put_inactive: str = _choice("allow", "refuse")
    #: keys other than `status` in PATCH of a contact
    status_patch_extras: str = _choice("error", "ignore")

    # --- bodies in general
    #: top-level keys that no document of the vendor names, in any other body
    unknown_keys: str = _choice("ignore", "error")

    # --- search (API contract 4.2.1)
    #: status in a hit: `contactStatus` + `contactSubStatus`, or a `status` object
    search_status: str = _choice("strings", "object")
    #: several values under EQ mean any of them; off: 400
    search_multi_value: bool = True
    #: `filters: []` finds everything, or is 400
    search_empty_filters: str = _choice("all", "error")
    #: how long a search still sees the state before a write, in milliseconds
    search_lag_ms: int = 0
    #: paging past this many hits is refused, or comes back empty
    search_ceiling: int = 10_000
    search_ceiling_mode: str = _choice("error", "empty")
    #: largest `pageSize`; a larger one is cut down, or is 400
    search_max_size: int = 100
    search_max_size_mode: str = _choice("clamp", "error")
    #: most filter groups in one search, else 400
    search_max_groups: int = 100

    # --- pages of lists, campaigns and events
    #: largest `size`; a larger one is cut down, or is 400
    page_max_size: int = 100
    page_max_size_mode: str = _choice("clamp", "error")

    # --- structures and lists (API contract 4.1, 4.3)
    #: POST /api/contact-structure by key: refused in the guide, listed in the OpenAPI
    structure_create: str = _choice("refuse", "accept")
    #: show `__v` on structures
    structure_version: bool = True
    #: paged lists as `{"total", "records"}` (guide) or a bare array (OpenAPI)
    lists_page: str = _choice("envelope", "array")
    #: GET lists/all as a bare array (OpenAPI) or `{"total", "records"}`
    lists_all: str = _choice("array", "envelope")
    #: refuse a second list of the same name in a structure
    unique_list_names: bool = False
    #: status of RecordNotFound for an unknown list on get, rename and delete
    unknown_list: str = _choice("404", "400")

    # --- campaigns (API contract 4.4)
    #: campaign replies with every field, or only those of the OpenAPI (no `__v` then)
    campaign_body: str = _choice("full", "minimal")
    #: shape of `lists` in a campaign: `id` or `{"_id": id}`
    campaign_lists_read: str = _choice("ids", "objects")
    #: PATCH of a campaign without `__v`
    campaign_patch_version: str = _choice("required", "optional")
    #: allow PATCH of a campaign that is no draft
    edit_non_draft: bool = False
    #: allow DELETE of a scheduled or sending campaign
    delete_live_campaigns: bool = False
    #: refuse a `from` outside the verified domains on create and PATCH already
    verify_from: bool = False
    #: rewriting of written HTML: strip scripts, forms and handlers; append a footer to
    #: unsubscribe (to plain text too); lead links over a click counter; or all of these
    body_rewriting: str = _choice("off", "sanitise", "footer", "tracking", "all")

    # --- limits (API contract 3); a window opens with its first request
    #: requests per hour, and the length of that hour in seconds
    hour_limit: int = 3_600
    hour_seconds: float = 3_600.0
    #: requests per minute; the OpenAPI says 60
    minute_limit: int = 0
    minute_seconds: float = 60.0
    #: requests per billing period, and its length in seconds
    month_quota: int = 100_000
    month_seconds: float = 2_592_000.0
    #: failed authentications from one address that block it, and for how many seconds
    auth_failures: int = 20
    auth_block_seconds: float = 900.0
    #: send the five limit headers on 4xx replies too
    error_limit_headers: bool = False

    def __post_init__(self) -> None:
        for spec in dataclasses.fields(self):
            _check(spec, getattr(self, spec.name))

    @classmethod
    def listed(cls) -> str:
        """All switches, one on a line, each with its values."""
        specs = sorted(dataclasses.fields(cls), key=lambda spec: spec.name)
        return "\n".join(f"  {_values(spec)}" for spec in specs)

    @classmethod
    def parse(cls, texts: Iterable[str], usual: Switches | None = None) -> Switches:
        """`usual` with these `name=value`; hyphens count as underscores. Raises ValueError."""
        values = {}
        for text in texts:
            name, equals, value = text.partition("=")
            if not equals:
                raise ValueError(f"switch {shown(text)} must have the form name=value")
            spec = _spec(name.strip().replace("-", "_"))
            values[spec.name] = _read(spec, value.strip())
        return dataclasses.replace(usual or cls(), **values)

    def changed(self, values: Mapping[str, Any]) -> Switches:
        """A copy with some values replaced, typed as in JSON. Raises ValueError."""
        return dataclasses.replace(self, **{_spec(name).name: v for name, v in values.items()})

    def as_dict(self) -> dict[str, Any]:
        """All switches by name, ready for JSON."""
        return dataclasses.asdict(self)


def _spec(name: str) -> dataclasses.Field[Any]:
    known = {spec.name: spec for spec in dataclasses.fields(Switches)}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
        hint = f'did you mean "{near[0]}"? ' if near else ""
        raise ValueError(f"unknown switch {shown(name)}; {hint}known are:\n{Switches.listed()}")
    return known[name]


def _values(spec: dataclasses.Field[Any]) -> str:
    """A switch with its possible values, the default first."""
    default = spec.default
    if isinstance(default, bool):
        values = ("on", "off") if default else ("off", "on")
    elif isinstance(default, str):
        values = spec.metadata["choices"]
    else:
        values = (f"{default:.12g}" if isinstance(default, float) else str(default), "or a number")
    return f"{spec.name}={values[0]} (default), {', '.join(values[1:])}"


def _read(spec: dataclasses.Field[Any], text: str) -> Any:
    if isinstance(spec.default, bool):
        if text.lower() not in _TRUE + _FALSE:
            raise ValueError(f"switch {spec.name}: {shown(text)} is not on or off")
        return text.lower() in _TRUE
    if isinstance(spec.default, str):
        return text
    try:
        return float(text) if isinstance(spec.default, float) else int(text)
    except ValueError:
        raise ValueError(f"switch {spec.name}: {shown(text)} is not a number") from None


def _check(spec: dataclasses.Field[Any], value: object) -> None:
    choices = spec.metadata.get("choices")
    if choices is not None and value not in choices:
        raise ValueError(f"switch {spec.name}: {shown(value)} is none of {', '.join(choices)}")
    if isinstance(spec.default, bool) and not isinstance(value, bool):
        raise ValueError(f"switch {spec.name}: {shown(value)} is not true or false")
    if choices is None and not isinstance(spec.default, bool):
        _check_number(spec, value)


def _check_number(spec: dataclasses.Field[Any], value: object) -> None:
    allowed = (int, float) if isinstance(spec.default, float) else (int,)
    if isinstance(value, bool) or not isinstance(value, allowed):
        raise ValueError(f"switch {spec.name}: {shown(value)} is not a number")
    if not 0 <= value <= 10**12 or (isinstance(spec.default, float) and value == 0):
        raise ValueError(f"switch {spec.name}: {shown(value)} is out of range")
