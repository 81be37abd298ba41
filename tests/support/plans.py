"""Plans as data, of any size and with any names, for what shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bmeconf.model import Address, Call, Change, Finding, Manual
from bmeconf.plan import encode
from bmeconf.plan.model import AccountId, Pin, Plan, Preconditions, Price, Source, Step
from bmeconf.render import documents as document

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
DUE = datetime.fromisoformat("2026-12-01T09:00:00+01:00")
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)> \"quoted\" 'single'",
    "`back` ``ticks`` ```fence```",
    "| pipe | a\\|b |",
    "::error::not a command",
    "##[error]nor this",
    "\x1b[2J\x07 escape",
    "\u202egnp.exe \u2066bidi\u2069",
    "line\r\n::warning::feed\nand ```\n",
    "]]> --> <!-- comment",
    "{{ 7*7 }} {% raw %}",
    "@everyone #12 GH-7 http://evil.example www.evil.example a@b.example",
    "**bold** _it_ ~~gone~~ [link](javascript:alert(1)) ![i](x)",
    "</details></summary><h1>",
    "- [ ] box\n# head",
    "emoji 👩‍👩‍👧 and ünïcode 日本語",
    "&lt;already&gt; &amp; %0A%25",
    "\ufffe\uffff\x00\x85 nothing of XML",
    "very long " + "name " * 400,
)
BODY = (
    "<html><body><h1>Hello {name}</h1>\n<p>Some words.</p><img src='http://x/y.png'></body></html>"
)


def plan(
    names: Sequence[str],
    *,
    deletes: bool = True,
    errors: bool = False,
    findings: bool = True,
    body: str = BODY,
) -> Plan:
    """A plan with a step for each name: campaigns that change, with a schedule; lists that are
    made or go away; contacts.
    """
    steps = [_step(n, name, deletes, body) for n, name in enumerate(names)]
    told = [_finding(n, name, errors and n % 7 == 0) for n, name in enumerate(names[::3])]
    manual = [_manual(step.address, name) for step, name in zip(steps, names, strict=True)]
    return Plan(
        created_at=NOW,
        account=AccountId("https://api-us-west-2-a.benchmarkemail.io", "sha256:" + "0" * 64),
        source=Source("sha256:" + "1" * 64),
        steps=tuple(steps),
        manual=tuple(m for m in manual if m.address.kind == "campaigns"),
        findings=tuple(told) if findings else (),
        in_sync=3,
        unmanaged={"lists": 1},
        left_out=(),
        price=Price(3, 4, 2),
        preconditions=Preconditions("s", _ids(steps)),
        unmanaged_names={"lists": (names[0],)},
    )


def todo(manual: Iterable[Manual]) -> tuple[Manual, ...]:
    """The same steps, none of them begun."""
    return tuple(each._replace(state="todo") for each in manual)


def saved(folder: Path, made: Plan) -> Path:
    """`made` as `plan --out` writes it."""
    path = folder / "plan.json"
    path.write_text(document.text(encode.plan(made)), encoding="utf-8")
    return path


def _ids(steps: Iterable[Step]) -> dict[Address, str | None]:
    return {step.address: step.pin.id if step.pin else None for step in steps}


def _step(n: int, name: str, deletes: bool, body: str) -> Step:
    kind, action = [
        ("campaigns", "update"),
        ("lists", "delete" if deletes else "create"),
        ("contacts", "update"),
        ("lists", "create"),
    ][n % 4]
    # Addresses are to differ, whatever the names.
    address = Address(kind, f"{name} {n}")
    return Step(
        id=str(n + 1),
        address=address,
        action=action,
        pin=None if action == "create" else Pin("6" * 24, 1, "sha256:" + "2" * 64),
        changes=_changes(kind, action, address.name, name, body),
        calls=(Call("PATCH", "/api/x"),),
        usage=f"{n} contacts use it, {name}" if action == "delete" else "",
    )


def _changes(kind: str, action: str, own: str, name: str, body: str) -> tuple[Change, ...]:
    if kind == "lists":
        return (Change(("name",), None, own),) if action == "create" else ()
    if kind == "contacts":
        return (
            Change(("fields", f"City {name}"), "Oslo", name, "drift"),
            Change(("tags",), (), (name,)),
        )
    return (
        Change(("subject",), f"old {name}", name, "conflict"),
        Change(("preview_text",), "Old words", f"New words {name}"),
        Change(("body",), body.replace("{name}", "you"), body.replace("{name}", "all")),
    )


def _finding(n: int, name: str, error: bool) -> Finding:
    address = Address("campaigns", f"left alone {name} {n}")
    level, code = ("error", "protected") if error else ("warning", "frozen")
    return Finding(level, code, address, f"is not a draft: {name}", f"look at {name}")


def _manual(address: Address, name: str) -> Manual:
    return Manual(
        address=address,
        what="schedule",
        state=("todo", "overdue", "done", "undone", "wrong")[len(address.name) % 5],
        due=DUE,
        owner=f"owner {name}",
        note=f"note {name}",
        expect={"status": ["scheduled"]},
        observed={"status": "draft"},
    )
