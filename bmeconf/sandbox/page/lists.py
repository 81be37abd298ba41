"""Pages of lists: view with members, add, rename, delete.

In: calls, sent forms. Out: pages; changed lists.
"""

from __future__ import annotations

from bmeconf.sandbox import body, lists, records
from bmeconf.sandbox.calls import Call
from bmeconf.sandbox.errors import invalid
from bmeconf.sandbox.page import wording
from bmeconf.sandbox.page.answers import Done, Form, Path, Shown
from bmeconf.sandbox.runtime import Runtime
from bmeconf.sandbox.store import Doc

_ALL, _ONE = "/lists", "/lists/<list_id>"
_NAME = body.text(least=1, most=1000)
_MEMBERS_SHOWN = 20


def rows(call: Call) -> list[Doc]:
    """Every list, with the number of contacts and of campaigns that refer to it."""
    members, uses = (call.store.count_by_list(kind) for kind in ("contact", "campaign"))
    return [
        {
            **contact_list,
            "contacts": members.get(contact_list["_id"], 0),
            "campaigns": uses.get(contact_list["_id"], 0),
        }
        for contact_list in call.store.all("list")
    ]


def index(runtime: Runtime, call: Call) -> Shown:
    """GET /lists."""
    structures = call.store.all("structure")
    return Shown("lists.html", {"lists": rows(call), "structures": structures})


def show(runtime: Runtime, call: Call) -> Shown:
    """GET /lists/<id>."""
    contact_list = records.addressed(call, "list")
    members = call.store.having_list("contact", contact_list["_id"])
    values = {
        "list": contact_list,
        "members": members[:_MEMBERS_SHOWN],
        "member_count": len(members),
        "campaigns": call.store.having_list("campaign", contact_list["_id"]),
    }
    return Shown("list.html", values)


def add(call: Call, form: Form) -> Done:
    """POST /lists/add: an empty list."""
    structure = records.find(
        call.store, "structure", form.one("structure"), invalid("structure", "is not known")
    )
    contact_list = lists.add(call, structure["_id"], _name(form))
    return Done(f"/lists/{contact_list['_id']}", "added")


def rename(call: Call, form: Form) -> Done:
    """POST /lists/<id>/rename."""
    contact_list = records.addressed(call, "list")
    where = f"/lists/{contact_list['_id']}"
    if form.one("name") == wording.entered(contact_list["name"]):
        return Done(where, "same")
    lists.set_name(call, contact_list, _name(form))
    return Done(where, "saved")


def delete(call: Call, form: Form) -> Done:
    """POST /lists/<id>/delete: the contacts of the list stay in the account."""
    lists.remove(call, records.addressed(call, "list"))
    return Done(_ALL, "deleted")


def _name(form: Form) -> str:
    return str(_NAME(form.one("name").strip(), "name"))


PATHS = (
    Path(_ALL, index),
    Path(f"{_ALL}/add", index, add),
    Path(_ONE, show),
    Path(f"{_ONE}/rename", show, rename),
    Path(f"{_ONE}/delete", show, delete),
)
