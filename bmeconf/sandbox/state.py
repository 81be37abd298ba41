"""The whole account as one JSON document, independent of all switches.

In: a store. Out: `{"standing", "structures", "lists", "contacts", "campaigns", "templates",
"templateCategories", "domains", "forms", "keys"}`; and back. A document to store may be terse:
missing parts are empty, missing ids and values get defaults.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bmeconf.sandbox import auth, body, campaigns, filling, index, reports
from bmeconf.sandbox.errors import invalid
from bmeconf.sandbox.store import Doc, Store

_TEXT = body.text(least=1)
_ANY: body.Check = body.anything
_COUNT = body.nullable(body.whole())
_STAMPS: body.Checks = {"createdAt": body.moment, "updatedAt": body.moment, "__v": body.whole()}
_ID: body.Checks = {"_id": body.object_id}

STATUS = body.record(
    {"primary": body.one_of("Active", "Inactive")}, {"secondary": body.nullable(_TEXT)}, "error"
)

_REPORT = body.record(
    {},
    dict.fromkeys(reports.COUNTS, body.whole())
    | dict.fromkeys(("lastOpenAt", "lastClickAt"), body.nullable(body.moment))
    | {"links": body.each(body.anything)},
    "error",
)


def _values(value: object, path: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise invalid(path, "must be an object of field id to text")
    return {
        body.object_id(ident, path): body.text()(entry, f"{path}.{ident}")
        for ident, entry in value.items()
    }


@dataclass(frozen=True)
class _Part:
    """An array of the document: its kind in the store, its checks, its defaults."""

    kind: str
    required: body.Checks
    optional: body.Checks
    fill: Callable[[filling.Filling, Doc], Doc]

    def check(self) -> body.Check:
        return body.each(body.record(self.required, self.optional, "error"))


_DOMAIN_PARTS = (
    *("dkim", "spf", "dmarc", "linkTracking", "identity", "validationResults"),
    *("nameServer", "provider", "sslCertStatus", "lastCheckedAt"),
)

# Parts after the parts that they refer to.
_PARTS = {
    "structures": _Part(
        "structure",
        {},
        {
            **_ID,
            **_STAMPS,
            **dict.fromkeys(("label", "keyName", "keyType"), _TEXT),
            "fields": body.each(
                body.record(
                    {"label": _TEXT},
                    {**_ID, "dataType": _TEXT, "required": body.flag, "predefinedField": _TEXT},
                    "error",
                )
            ),
            "tags": body.each(body.record({"label": _TEXT}, _ID, "error")),
        },
        filling.structure,
    ),
    "lists": _Part(
        "list",
        {"name": _TEXT},
        {**_ID, **_STAMPS, "type": body.one_of("static"), "contactStructureId": body.object_id},
        filling.contact_list,
    ),
    "contacts": _Part(
        "contact",
        {"key": body.address},
        {
            **_ID,
            **_STAMPS,
            "contactStructureId": body.object_id,
            "fields": _values,
            "lists": body.each(body.object_id),
            "tags": body.each(body.object_id),
            "status": STATUS,
        },
        filling.contact,
    ),
    "campaigns": _Part(
        "campaign",
        {"name": _TEXT},
        {
            **_ID,
            **_STAMPS,
            **{name: body.nullable(check) for name, check in campaigns.CONTENT.items()},
            "replyToAddresses": body.each(body.email),
            "lists": body.each(body.object_id),
            "status": body.one_of(*campaigns.STATUSES),
            **dict.fromkeys(("subStatus", "previewImageUrl"), body.nullable(body.text())),
            **dict.fromkeys(("scheduledAt", "cancelledAt"), body.nullable(body.moment)),
            **dict.fromkeys(("sentCount", "failedCount", "totalRecipients"), _COUNT),
            "report": body.nullable(_REPORT),
        },
        filling.campaign,
    ),
    "templates": _Part(
        "template",
        {"name": _TEXT},
        {
            "id": body.object_id,
            **dict.fromkeys(("subject", "lang", "imageUrl", "unlayerId"), body.text()),
            **dict.fromkeys(("html", "design"), body.text()),
            "order": body.whole(1),
            "attributeIds": body.each(_TEXT),
            "internal": body.flag,
        },
        filling.template,
    ),
    "templateCategories": _Part(
        "category",
        {"name": _TEXT},
        {"id": body.object_id, "lang": _TEXT, "order": body.whole(1), "attributes": _ANY},
        filling.category,
    ),
    "domains": _Part(
        "domain",
        {"domain": _TEXT},
        {
            **_ID,
            "createdAt": body.moment,
            "updatedAt": body.moment,
            "type": body.one_of("private", "grey-label", "multi-record"),
            "status": body.one_of("verifying", "verified"),
            "isReadyForSending": body.flag,
            **dict.fromkeys(_DOMAIN_PARTS, _ANY),
        },
        filling.domain,
    ),
    "forms": _Part(
        "form", {"name": _TEXT}, {**_ID, "fieldIds": body.each(body.object_id)}, filling.form
    ),
    "keys": _Part(
        "key",
        {"key": _TEXT},
        {
            **_ID,
            "name": body.text(),
            "status": body.one_of(*auth.KEY_STATES),
            "scopes": body.each(body.one_of(*auth.SCOPES)),
            "expiresAt": body.nullable(body.moment),
        },
        filling.key,
    ),
}

FORM = _PARTS["forms"]


def read(store: Store) -> Doc:
    """The whole account."""
    parts = {name: store.all(part.kind) for name, part in _PARTS.items()}
    return {"standing": store.meta("standing") or "open", **parts}


def replace(store: Store, document: object, now: float, *, keep_case: bool = False) -> Doc:
    """Replace the account by `document`, and return it complete.

    Keys stay if the document has no part `keys`; every other missing part is empty. The search
    index and the events start empty. A list or contact without `contactStructureId` belongs to the
    first structure, which is created if missing. Raises ApiError 400 that names the faulty part.
    """
    checks = {name: part.check() for name, part in _PARTS.items()}
    standing: body.Checks = {"standing": body.one_of(*auth.STANDINGS)}
    values = body.read(document, {}, {**standing, **checks}, "error")
    fill = filling.Filling(store, now)
    parts = {name: part for name, part in _PARTS.items() if name != "keys" or name in values}
    store.clear(["event", *(part.kind for part in parts.values())])
    store.set_meta("standing", values.get("standing", "open"))
    for name, part in parts.items():
        for n, entry in enumerate(values.get(name, [])):
            if part.kind == "contact" and not keep_case:
                entry["key"] = entry["key"].lower()
            doc = part.fill(fill, entry)
            if store.get(part.kind, doc.get("_id") or doc["id"]):
                raise invalid(f"{name}.{n}._id", "appears twice")
            store.put(part.kind, doc)
            if part.kind == "contact":
                index.note(store, doc["_id"], doc, now)
    return read(store)


def add_form(store: Store, document: object) -> Doc:
    """Store a form, which then uses its fields, and return it. Raises ApiError 400."""
    values = body.read(document, FORM.required, FORM.optional, "error")
    form = FORM.fill(filling.Filling(store, 0), values)
    store.put(FORM.kind, form)
    return form
