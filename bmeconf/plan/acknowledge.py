"""What the operator lets through: options of an apply, and the findings and steps they match. Pure.

Each acknowledgement is for one thing, and none is global. One that matches nothing is an error: it
was meant for something else, which may go by unseen (design 10).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bmeconf.desired import named
from bmeconf.model import DELETE, Address, Finding, canonical_name, shell_line
from bmeconf.model.errors import Guarded, InvalidInput
from bmeconf.plan import audience, freeze
from bmeconf.plan.model import Plan


class PlanRefused(Guarded):
    """A plan is refused for `findings`, the first of which are its message, before `end`."""

    def __init__(self, findings: Sequence[Finding], end: str = "", remedy: str = "") -> None:
        super().__init__(f"{_refused(findings)}{end}", remedy or findings[0].remedy)
        self.findings = tuple(findings)


@dataclass(frozen=True)
class Acknowledged:
    """The acknowledgements of a run beside deletes.

    `audiences` are the addresses of drafts that reach many, `freezes` the reasons of windows and
    the addresses of campaigns that are sent soon.
    """

    audiences: tuple[str, ...] = ()
    freezes: tuple[str, ...] = ()

    @property
    def options(self) -> list[tuple[str, str]]:
        """Each option that was given, and its value."""
        options = [(audience.ALLOW, value) for value in self.audiences]
        return [*options, *((freeze.ALLOW, value) for value in self.freezes)]

    @cached_property
    def keys(self) -> frozenset[tuple[str, str]]:
        """The same, in the form in which two options compare."""
        return frozenset(map(_key, self.options))

    @property
    def words(self) -> list[str]:
        """The same as a command line has them."""
        return [word for option in self.options for word in option]


def deletes(plan: Plan, globs: Sequence[str]) -> None:
    """Check that --allow-delete names every planned delete, and nothing else.

    Raises:
        InvalidInput: where a glob matches no planned delete.
        Guarded: where a planned delete is not named.
    """
    deletes = [step.address for step in plan.steps if step.action == DELETE]
    acknowledged: set[Address] = set()
    for glob in globs:
        meant = named(glob, deletes)
        acknowledged |= meant
        if not meant:
            planned = ", ".join(map(str, deletes)) or "none"
            raise InvalidInput(
                f"--allow-delete {glob} matches no planned delete; planned deletes: {planned}",
                "give the address as the plan shows it",
            )
    missing = [str(address) for address in deletes if address not in acknowledged]
    if missing:
        words = [word for address in missing for word in ("--allow-delete", address)]
        raise Guarded(
            f"{', '.join(missing)} would be deleted, and --allow-delete does not name it;"
            " nothing was written",
            f"once it is certain, add: {shell_line(words)}",
        )


def useful(plan: Plan, globs: Sequence[str]) -> list[str]:
    """Those of the globs that name a planned delete: a pipeline may list further ones."""
    deletes = [step.address for step in plan.steps if step.action == DELETE]
    return [glob for glob in globs if named(glob, deletes)]


def undecided(plan: Plan) -> Plan:
    """A saved plan as it is before the guards judge it at the moment of its apply."""
    findings = (f._replace(level="warning") if f.allow else f for f in plan.findings)
    return replace(plan, findings=tuple(findings))


def lowered(plan: Plan, allowed: Acknowledged, fresh: Iterable[Finding] | None = None) -> Plan:
    """`plan` with what is let through as warnings, and no error any more.

    `fresh` are the errors of this moment that may be let through; they take the place of those
    that were found when the plan was made.
    """
    findings = plan.findings
    if fresh is not None:
        findings = (*fresh, *(finding for finding in findings if not finding.allow))
    return replace(
        plan,
        findings=tuple(
            f._replace(level="warning", remedy=f"acknowledged: {shell_line(f.allow)}")
            if f.level == "error" and f.allow and _key(f.allow) in allowed.keys
            else f
            for f in findings
        ),
    )


def hold(plan: Plan, allowed: Acknowledged, known: Iterable[Finding] = ()) -> None:
    """Check that each error of `plan` that can be let through is, and nothing else.

    `known` are findings of an earlier moment, which an acknowledgement may have been given for.

    Raises:
        InvalidInput: where an acknowledgement matches nothing.
        PlanRefused: where an error is not let through.
    """
    there = [finding for finding in (*plan.findings, *known) if finding.allow]
    meant = {_key(finding.allow) for finding in there}
    for option in allowed.options:
        if _key(option) not in meant:
            values = sorted({f.allow[1] for f in there if f.allow[0] == option[0]})
            raise InvalidInput(
                f"{shell_line(option)} lets nothing through; what it could name:"
                f" {', '.join(values) or 'nothing'}",
                "leave it out, or give it as the plan shows it",
            )
    missing = [finding for finding in plan.errors if finding.allow]
    if missing:
        options = dict.fromkeys(finding.allow for finding in missing)
        words = [word for option in options for word in option]
        remedy = f"once it is certain, add: {shell_line(words)}"
        raise PlanRefused(missing, "; nothing was written", remedy)


def _refused(errors: Sequence[Finding]) -> str:
    """The refusal of a plan in words, by its first errors."""
    causes: dict[str, list[Finding]] = {}
    for finding in errors:
        causes.setdefault(finding.message, []).append(finding)
    named = [
        f"{first.address}{f' and {len(others)} more' if others else ''}: {first.message}"
        for first, *others in causes.values()
    ]
    more = f" and {len(named) - 3} more" if len(named) > 3 else ""
    return f"the plan is refused: {'; '.join(named[:3])}{more}"


def _key(option: Sequence[str]) -> tuple[str, str]:
    """An option and its value, in the form in which two of them compare."""
    name, value = option
    return name, canonical_name(value)
