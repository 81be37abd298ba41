"""Lists as a person sees them in the web app: who is on them, rename, add, delete.

In: calls, sent forms. Out: pages, and the lists changed.
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
    """Every list, with how many contacts and campaigns name it."""
    members, uses = (call.store.count_by_list(kind) for kind in ("contact", "campaign"))
    return [
        {**one, "contacts": members.get(one["_id"], 0), "campaigns": uses.get(one["_id"], 0)}
        for one in call.store.all("list")
    ]


def index(runtime: Runtime, call: Call) -> Shown:
    """GET /lists."""
    found = call.store.all("structure")
    return Shown("lists.html", {"lists": rows(call), "structures": found})


def one(runtime: Runtime, call: Call) -> Shown:
    """GET /lists/<id>."""
    found = _asked(call)
    members = call.store.having_list("contact", found["_id"])
    values = {
        "list": found,
        "members": members[:_MEMBERS_SHOWN],
        "member_count": len(members),
        "campaigns": call.store.having_list("campaign", found["_id"]),
    }
    return Shown("list.html", values)


def add(call: Call, form: Form) -> Done:
    """POST /lists/add: an empty list."""
    structure = records.find(
        call.store, "structure", form.one("structure"), invalid("structure", "is not known")
    )
    made = lists.add(call, structure["_id"], _name(form))
    return Done(f"/lists/{made['_id']}", "added")


def rename(call: Call, form: Form) -> Done:
    """POST /lists/<id>/rename."""
    found = _asked(call)
    where = f"/lists/{found['_id']}"
    if form.one("name") == wording.entered(found["name"]):
        return Done(where, "same")
    lists.call_it(call, found, _name(form))
    return Done(where, "saved")


def delete(call: Call, form: Form) -> Done:
    """POST /lists/<id>/delete: its contacts stay, without it."""
    lists.remove(call, _asked(call))
    return Done(_ALL, "deleted")


def _name(form: Form) -> str:
    return str(_NAME(form.one("name").strip(), "name"))


def _asked(call: Call) -> Doc:
    return records.find(call.store, "list", call.args["list_id"])


PATHS = (
    Path(_ALL, index),
    Path(f"{_ALL}/add", index, add),
    Path(_ONE, one),
    Path(f"{_ONE}/rename", one, rename),
    Path(f"{_ONE}/delete", one, delete),
)
