"""What the page answers with, and what it is asked by: values only.

In: nothing. Out: `Shown` a page from a template, `Raw` other content, `Done` a way on after a
form; `Form` is what somebody entered; a `Path` is one row of the table of paths.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bmeconf.sandbox.calls import Call
from bmeconf.sandbox.errors import ApiError, invalid, malformed
from bmeconf.sandbox.runtime import Runtime
from bmeconf.sandbox.store import Doc


@dataclass(frozen=True)
class Shown:
    """A page: a template and what it is filled with."""

    template: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class Raw:
    """Content that is no page of ours; `policy` is its Content-Security-Policy."""

    content: str
    content_type: str
    policy: str = "default-src 'none'"


@dataclass(frozen=True)
class Done:
    """A form was carried out: where to go, and a word of `wording.SAID`, to be said there."""

    where: str
    said: str


@dataclass(frozen=True)
class Form:
    """The fields of a sent form, each with all its values, line ends as LF."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """The first value of a field, empty where it was not sent."""
        return next(iter(self.values.get(name, ())), "")

    def all(self, name: str) -> list[str]:
        """All values of a field."""
        return list(self.values.get(name, ()))

    def choice(self, name: str, *allowed: str) -> str:
        """The value of a field that is one of these. Raises ApiError 400."""
        value = self.one(name)
        if value not in allowed:
            raise invalid(name, f"must be one of: {', '.join(allowed)}")
        return value

    def check_version(self, doc: Doc) -> None:
        """Raises ApiError 400 when `doc` was changed since its form was shown."""
        if self.one("version") != str(doc["__v"]):
            raise malformed("Somebody changed this meanwhile; look at it, then save again")


@dataclass(frozen=True)
class Refused:
    """A form that was not carried out: which, what was entered, and why not."""

    form: str = ""
    entered: Form = Form()
    error: ApiError | None = None

    @property
    def message(self) -> str:
        """Why, in a sentence; empty where nothing was refused."""
        return str(self.error) if self.error else ""

    @property
    def field(self) -> str:
        """The field at fault, where it is one."""
        return str(self.error.error.get("field", "")) if self.error else ""

    def kept(self, form: str, name: str, stored: str) -> str:
        """What was entered in this field of this form, else what is stored."""
        sent = form == self.form and name in self.entered.values
        return self.entered.one(name) if sent else stored

    def ticked(self, form: str, name: str, value: str, stored: bool) -> bool:
        """Whether this box of this form was ticked, else whether it is so in what is stored."""
        return value in self.entered.all(name) if form == self.form else stored


View = Callable[[Runtime, Call], Shown | Raw]
Act = Callable[[Call, Form], Done]


@dataclass(frozen=True)
class Path:
    """One path: a `view` to be seen, and for a form the `act` it carries out.

    Where the act is refused, the view is shown again with what was entered.
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
