"""The values that pages and forms exchange.

Views return `Shown`, a page from a template, or `Raw`, other content. `Form` has the sent inputs.
Acts return `Done`, the redirect after a form; `Refused` is a form with its error. `Path` is a row
of the table of paths.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bmeconf.sandbox.calls import Call
from bmeconf.sandbox.errors import ApiError, invalid, malformed
from bmeconf.sandbox.runtime import Runtime
from bmeconf.sandbox.store import Doc


@dataclass(frozen=True)
class Shown:
    """A page: a template and its values."""

    template: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class Raw:
    """Content without a template; `policy` is its Content-Security-Policy."""

    content: str
    content_type: str
    policy: str = "default-src 'none'"


@dataclass(frozen=True)
class Done:
    """A successful form: the path to go to, and the key in `wording.SAID` of the message there."""

    where: str
    message: str


@dataclass(frozen=True)
class Form:
    """The inputs of a sent form, each with all its values; line ends are LF."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """The first value of an input; empty if it was not sent."""
        return next(iter(self.values.get(name, ())), "")

    def all(self, name: str) -> list[str]:
        """All values of an input."""
        return list(self.values.get(name, ()))

    def choice(self, name: str, *allowed: str) -> str:
        """The first value of an input, which must be in `allowed`. Raises ApiError 400."""
        value = self.one(name)
        if value not in allowed:
            raise invalid(name, f"must be one of: {', '.join(allowed)}")
        return value

    def check_version(self, doc: Doc) -> None:
        """Raises ApiError 400 if `doc` was changed since the form was shown."""
        if self.one("version") != str(doc["__v"]):
            raise malformed("Somebody changed this meanwhile; look at it, then save again")


@dataclass(frozen=True)
class Refused:
    """A refused form: its name, its inputs, and the error; empty if no form was refused."""

    form: str = ""
    entered: Form = Form()
    error: ApiError | None = None

    @property
    def message(self) -> str:
        """The error as a sentence; empty if no form was refused."""
        return str(self.error) if self.error else ""

    @property
    def field(self) -> str:
        """The field of the error; empty if it has none."""
        return str(self.error.error.get("field", "")) if self.error else ""

    def kept(self, form: str, name: str, stored: str) -> str:
        """The text of input `name`: as sent if `form` was refused, otherwise `stored`."""
        sent = form == self.form and name in self.entered.values
        return self.entered.one(name) if sent else stored

    def ticked(self, form: str, name: str, value: str, stored: bool) -> bool:
        """The state of a box: as sent if `form` was refused, otherwise `stored`."""
        return value in self.entered.all(name) if form == self.form else stored


#: the orders of a table by name: what a row is sorted by
Orders = Mapping[str, Callable[[Doc], Any]]


def ordering(call: Call, orders: Orders) -> tuple[str, Callable[[Doc], Any] | None]:
    """The order that `sort` asks for, with `-` before it for the other way, and its key."""
    order = call.query.get("sort", "")
    key = orders.get(order.removeprefix("-"))
    return (order, key) if key else ("", None)


View = Callable[[Runtime, Call], Shown | Raw]
Act = Callable[[Call, Form], Done]


@dataclass(frozen=True)
class Path:
    """A path: its `view`, and for a form its `act`.

    If the act is refused, the view is shown again with the sent inputs.
    """

    path: str
    view: View
    act: Act | None = None

    @property
    def method(self) -> str:
        """POST for forms, GET for the rest."""
        return "GET" if self.act is None else "POST"

    @property
    def form(self) -> str:
        """The name of the form: the last part of its path."""
        return self.path.rpartition("/")[2]
