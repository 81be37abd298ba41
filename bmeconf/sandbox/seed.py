"""The account of a new sandbox: Acme, a small company with four lists. Pure.

Out: a document of the whole account, as `state.replace` takes it. Ids and times are the same in
every sandbox.
"""

from __future__ import annotations

from typing import Any

from bmeconf.sandbox import ids

#: A key of the documented form; its text says that it opens only a sandbox.
DEFAULT_KEY = "bme_us_sandboxKeyOpensNothingButThisLocalSimulator"

_FOUNDED = "2026-01-05T10:00:00.000Z"
_SENT = "2026-10-06T08:00:00.000Z"

_STRUCTURE = ids.fixed("structure")
_FIRST, _LAST, _COMPANY = (ids.fixed(f"field {name}") for name in ("first", "last", "company"))
_VIP = ids.fixed("tag VIP")

_LISTS = {"N": "Newsletter", "P": "Product updates", "C": "Customers", "O": "Old list"}

# Address, first name, last name, company, lists by initial, status when not active.
_CONTACTS = (
    ("ann@example.com", "Ann", "Archer", "Archer & Sons", "NPC", ""),
    ("bob@example.com", "Bob", "Baker", "Baker Ltd", "NC", ""),
    ("carla@example.com", "Carla", "Cruz", "Cruz Studio", "NP", ""),
    ("dieter@example.com", "Dieter", "Dorn", "Dorn GmbH", "NC", ""),
    ("eva@example.com", "Eva", "Ek", "", "N", "Unsubscribe"),
    ("frank@example.com", "Frank", "Fox", "", "N", "Bounce"),
    ("grace@example.com", "Grace", "Gale", "", "N", "Complaint-FBL"),
    ("hana@example.com", "Hana", "Horak", "Horak s.r.o.", "NP", ""),
    ("ivan@example.com", "Ivan", "Ilic", "", "P", ""),
    ("judy@example.com", "Judy", "Jones", "Jones & Jones", "PC", ""),
    ("liam@example.com", "Liam", "Lynch", "", "O", ""),
    ("mona@example.com", "Mona", "Moss", "", "O", ""),
    ("press@acme.example", "Acme", "Press", "Acme", "C", ""),
    ("sales@acme.example", "Acme", "Sales", "Acme", "C", ""),
)

_PAGE = '<!doctype html><html lang="en"><body><h1>{title}</h1><p>{text}</p></body></html>'


def account() -> dict[str, Any]:
    """Acme's account with its one key."""
    return {
        **empty_account(),
        "lists": [_list(initial) for initial in _LISTS],
        "contacts": [_contact(*row) for row in _CONTACTS],
        "campaigns": [_sent_campaign(), _welcome()],
        "templates": [_template(*row) for row in _TEMPLATES],
        "templateCategories": [_category()],
        "domains": [_domain("acme.example", True), _domain("pending.example", False)],
    }


def empty_account() -> dict[str, Any]:
    """A new account: the default structure and the key, nothing else."""
    return {
        "standing": "open",
        "structures": [_structure()],
        "keys": [{"_id": ids.fixed("key"), "name": "Sandbox", "key": DEFAULT_KEY}],
    }


def _structure() -> dict[str, Any]:
    return {
        "_id": _STRUCTURE,
        "label": "Default Contacts",
        "fields": [
            {"_id": _FIRST, "label": "First Name", "predefinedField": "firstName"},
            {"_id": _LAST, "label": "Last Name", "predefinedField": "lastName"},
            {"_id": _COMPANY, "label": "Company"},
        ],
        "tags": [{"_id": _VIP, "label": "VIP"}],
        "createdAt": _FOUNDED,
    }


def _list_id(initial: str) -> str:
    return ids.fixed(f"list {_LISTS[initial]}")


def _list(initial: str) -> dict[str, Any]:
    return {"_id": _list_id(initial), "name": _LISTS[initial], "createdAt": _FOUNDED}


def _contact(
    key: str, first: str, last: str, company: str, lists: str, reason: str
) -> dict[str, Any]:
    values = {_FIRST: first, _LAST: last} | ({_COMPANY: company} if company else {})
    status = {"primary": "Inactive", "secondary": reason} if reason else {"primary": "Active"}
    return {
        "_id": ids.fixed(f"contact {key}"),
        "key": key,
        "fields": values,
        "lists": [_list_id(initial) for initial in lists],
        "tags": [_VIP] if first == "Ann" else [],
        "status": status,
        "createdAt": _FOUNDED,
        "updatedAt": "2026-10-06T09:30:00.000Z" if reason else _FOUNDED,
        "__v": 1 if reason else 0,
    }


def _content(subject: str, preview: str, text: str) -> dict[str, Any]:
    return {
        "from": "news@acme.example",
        "fromName": "Acme",
        "subject": subject,
        "previewText": preview,
        "body": _PAGE.format(title=subject, text=text),
        "plainTextBody": text,
        "replyToAddresses": ["hello@acme.example"],
        "contactStructureId": _STRUCTURE,
        "lists": [_list_id("N")],
    }


def _sent_campaign() -> dict[str, Any]:
    # Eight recipients: the three who are Inactive now were still active that morning.
    return {
        "_id": ids.fixed("campaign 2026-10 Newsletter"),
        "name": "2026-10 Newsletter",
        **_content("October at Acme", "Three short stories", "Three short stories from Acme."),
        "status": "sent",
        "scheduledAt": _SENT,
        "sentCount": 8,
        "failedCount": 0,
        "totalRecipients": 8,
        "previewImageUrl": "https://images.example.com/campaigns/2026-10.png",
        "report": _results(),
        "createdAt": "2026-10-01T09:00:00.000Z",
        "updatedAt": _SENT,
        "__v": 4,
    }


def _results() -> dict[str, Any]:
    return {
        "sent": 8,
        "delivered": 7,
        "uniqueOpens": 5,
        "uniqueClicks": 2,
        "hardBounces": 1,
        "softBounces": 0,
        "complaints": 1,
        "unsubscribes": 1,
        "lastOpenAt": "2026-10-08T17:12:00.000Z",
        "lastClickAt": "2026-10-07T06:40:00.000Z",
        "links": [
            {
                "id": ids.fixed("link stories"),
                "path": "https://acme.example/stories",
                "clicks": {"total": 3, "unique": 2},
            },
            {
                "id": ids.fixed("link shop"),
                "path": "https://acme.example/shop?from=october",
                "clicks": {"total": 1, "unique": 1},
            },
        ],
    }


def _welcome() -> dict[str, Any]:
    return {
        "_id": ids.fixed("campaign Welcome"),
        "name": "Welcome",
        **_content("Welcome to Acme", "Good to have you", "Good to have you with us."),
        "createdAt": "2026-02-01T09:00:00.000Z",
    }


_TEMPLATES = (
    ("Plain letter", "A letter from us", "A letter with one column and no pictures.", 1),
    ("Monthly news", "News of the month", "Three stories under a wide picture.", 2),
    ("Product launch", "Something new", "One product, one picture, one button.", 3),
)


def _template(name: str, subject: str, text: str, order: int) -> dict[str, Any]:
    return {
        "id": ids.fixed(f"template {name}"),
        "name": name,
        "subject": subject,
        "lang": "en",
        "imageUrl": f"https://images.example.com/templates/{order}.png",
        "unlayerId": str(1000 + order),
        "order": order,
        "attributeIds": [ids.fixed("attribute news" if order == 2 else "attribute other")],
        "html": _PAGE.format(title=subject, text=text),
        "design": '{"body": {"rows": []}, "schemaVersion": 16}',
    }


def _category() -> dict[str, Any]:
    ident = ids.fixed("category use")
    return {
        "id": ident,
        "name": "Use",
        "attributes": [
            {
                "id": ids.fixed(f"attribute {value.lower()}"),
                "categoryId": ident,
                "lang": "en",
                "order": n,
                "value": value,
            }
            for n, value in enumerate(("News", "Other"), start=1)
        ],
    }


def _domain(name: str, ready: bool) -> dict[str, Any]:
    status = "success" if ready else "pending"
    # The right-most labels of the records are what a verified zone would point to.
    record = {"name": f"k1._domainkey.{name}", "type": "CNAME", "value": "k1.mail.example"}
    return {
        "_id": ids.fixed(f"domain {name}"),
        "domain": name,
        "type": "multi-record",
        "status": "verified" if ready else "verifying",
        "isReadyForSending": ready,
        "dkim": {"status": status, "records": [record | {"ttl": 3600}], "verificationInfo": {}},
        "spf": {"status": status, "records": [], "verificationInfo": {}},
        "dmarc": {"status": status, "records": [], "verificationInfo": {}},
        "linkTracking": {"status": status, "records": [], "verificationInfo": {}},
        "createdAt": _FOUNDED,
        "updatedAt": "2026-01-05T10:05:00.000Z",
    }
