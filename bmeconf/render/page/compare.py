"""Comparison -> Page, with a part for each account. Pure.

Of a field both sides are shown, in Git and in the account, and neither as what becomes of the
other. The values of two accounts do not stand beside each other: their `vars` may make other values
of one manifest.
"""

from __future__ import annotations

from collections.abc import Iterator

from bmeconf.compare import Comparison, ResourceState, State
from bmeconf.model import COMPARE_FORMAT, Place, counted, shell_line
from bmeconf.render.model import Field, Page, PageItem, Section, Table, filled
from bmeconf.render.page import extent
from bmeconf.render.page import plan as plan_page

SIGNS = {State.DIFFERS: "~", State.MISSING: "+", State.NOT_DELETED: "-"}
HEADS = {
    State.DIFFERS: "is not as declared",
    State.MISSING: "is declared and not there",
    State.NOT_DELETED: "is declared as absent, and there",
    State.REFUSED: "is not as declared, and nothing can be written to it",
    State.BLOCKED: "is not compared",
    State.UNREADABLE: "is as declared as far as the account shows it",
}
SEVERAL = {State.DIFFERS: "differ"}
"""What is said of several, where that is not the state."""
QUIET = (State.AS_DECLARED, State.LEFT_OUT)


def of_comparison(comparison: Comparison, fails: bool = False) -> Page:
    """Two accounts as a page; `fails`: the run fails for what is not as declared."""
    names = [side.name for side in comparison.sides]
    parts = tuple(_part(comparison, number, fails) for number in (0, 1))
    return Page(
        document=COMPARE_FORMAT,
        title="Compare",
        account=" and ".join(names),
        verdict=_verdict(comparison),
        mood="good" if comparison.equal else "warn",
        sections=filled(*(_only(comparison, number) for number in (0, 1))),
        parts=parts,
        made_at=comparison.sides[1].plan.created_at,
    )


def _verdict(comparison: Comparison) -> str:
    one, other = (side.name for side in comparison.sides)
    if comparison.equal:
        return f"{one} and {other} are as declared: promotion would change nothing."
    sums = (f"{side.name}: {_sum(comparison, n)}" for n, side in enumerate(comparison.sides))
    return "; ".join(sums) + "."


def _sum(comparison: Comparison, number: int) -> str:
    counts = comparison.summary(number)
    others = [_tally(state, n) for state in State if (n := counts[state]) and state not in QUIET]
    resources = counted(counts.total() - counts[State.LEFT_OUT], "resource")
    return f"{counts[State.AS_DECLARED]} of {resources} as declared" + "".join(
        f", {each}" for each in others
    )


def _tally(state: State, number: int) -> str:
    return f"{number} {state if number == 1 else SEVERAL.get(state, state)}"


def _part(comparison: Comparison, number: int, fails: bool) -> Page:
    side, counts = comparison.sides[number], comparison.summary(number)
    items = tuple(_items(comparison, number, fails))
    steps = bool(side.plan.steps)
    return Page(
        document=COMPARE_FORMAT,
        title="Compare",
        account=side.label,
        verdict=f"{_sum(comparison, number)}.",
        mood="warn" if items else "good",
        counts=tuple((str(state), counts[state]) for state in State if counts[state]),
        sections=filled(
            Section("Not as declared", items),
            extent.left_out(side.plan.left_out),
        ),
        price=f"Read with {counted(side.plan.price.read, 'request')}.",
        next_commands=(shell_line(("bmeconf", "plan", "--account", side.name)),) if steps else (),
        made_at=side.plan.created_at,
    )


def _items(comparison: Comparison, number: int, fails: bool) -> Iterator[PageItem]:
    here, other = (comparison.sides[n].name for n in (number, 1 - number))
    for place, row in comparison.rows.items():
        mine, theirs = row[number], row[1 - number]
        if mine.state in QUIET:
            continue
        too = " too" if theirs.state is mine.state else ""
        yield PageItem(
            sign=SIGNS.get(mine.state, "!"),
            address=str(mine.address),
            state=mine.state,
            head=HEADS[mine.state],
            fields=() if mine.state is State.MISSING else tuple(_fields(mine, here)),
            notes=(*([mine.why] if mine.why else []), f"in {other}: {theirs.state}{too}"),
            level="warning",
            fails=fails,
            must=fails,
            place=place if isinstance(place, Place) else None,
        )


def _fields(state: ResourceState, account: str) -> Iterator[Field]:
    for change in state.changes:
        yield plan_page.two_sides(change.path, change.after, change.before, account)


def _only(comparison: Comparison, number: int) -> Section:
    """What the other account lacks."""
    rows = [(str(address), "declared") for address in comparison.only(number)]
    rows += [(str(address), "not declared") for address in comparison.undeclared[number]]
    table = Table(("Address", "In the manifests"), tuple(rows))
    return Section(f"Only in {comparison.sides[number].name}", tables=(table,) if rows else ())
