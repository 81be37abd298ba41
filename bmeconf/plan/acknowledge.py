"""What the operator lets through: options of an apply, and the findings and steps they match. Pure.

Each acknowledgement is for one thing, and none is global. One that matches nothing is an error: it
was meant for something else, which may go by unseen (design 10).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bmeconf.desired import named
from bmeconf.model import DELETE, Address, Finding, shell_line
from bmeconf.model.errors import Guarded, InvalidInput
from bmeconf.plan import audience
from bmeconf.plan.model import Plan


@dataclass(frozen=True)
class Acknowledged:
    """The acknowledgements of a run beside deletes: globs for drafts that reach many."""

    audiences: tuple[str, ...] = ()

    @property
    def options(self) -> list[tuple[str, str]]:
        """Each option that was given, and its value."""
        return [(audience.ALLOW, value) for value in self.audiences]

    @property
    def words(self) -> list[str]:
        """The same as a command line has them."""
        return [word for option in self.options for word in option]

    def lets_through(self, finding: Finding) -> bool:
        """True if an error is acknowledged."""
        return any(_meant(glob, [finding]) for glob in self.audiences)


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
            replace(f, level="warning", remedy=f"acknowledged: {shell_line(f.allow)}")
            if f.level == "error" and f.allow and allowed.lets_through(f)
            else f
            for f in findings
        ),
    )


def hold(plan: Plan, allowed: Acknowledged, known: Iterable[Finding] = ()) -> None:
    """Check that each error of `plan` that can be let through is, and nothing else.

    `known` are findings of an earlier moment, which an acknowledgement may have been given for.

    Raises:
        InvalidInput: where an acknowledgement matches nothing.
        Guarded: where an error is not let through.
    """
    there = [finding for finding in (*plan.findings, *known) if finding.allow]
    for glob in allowed.audiences:
        if not _meant(glob, there):
            refusable = sorted({f.allow[1] for f in there if f.allow[0] == audience.ALLOW})
            raise InvalidInput(
                f"{audience.ALLOW} {glob} matches no draft that reaches too many; those are:"
                f" {', '.join(refusable) or 'none'}",
                "give the address as the plan shows it",
            )
    missing = [finding for finding in plan.errors if finding.allow]
    if missing:
        options = dict.fromkeys(finding.allow for finding in missing)
        words = [word for option in options for word in option]
        message = f"{refused(missing)}; nothing was written"
        raise Guarded(message, f"once it is certain, add: {shell_line(words)}")


def refused(errors: Sequence[Finding]) -> str:
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


def _meant(glob: str, findings: Iterable[Finding]) -> bool:
    drafts = [f.address for f in findings if f.allow and f.allow[0] == audience.ALLOW]
    return bool(named(glob, drafts))
