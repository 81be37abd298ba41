"""The stages in their order, for the commands that need several of them.

In: what the command line asked for. Out: a Prepared project, a Planned run, the outcomes of an
apply. Nothing is printed here.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bmeconf import (
    diff,
    guard,
    live,
    lock,
    manifest,
    plan,
    record,
    scope,
    truth,
    validate,
    verify,
    workdir,
)
from bmeconf.apply import Execution
from bmeconf.client import Reader, Writer
from bmeconf.errors import BmeconfError, Bug, Interrupted, InvalidInput
from bmeconf.kinds.base import Managed
from bmeconf.kinds.replies import Raw
from bmeconf.live import Live
from bmeconf.lock import Lock
from bmeconf.manifest import Sources
from bmeconf.model import Address, Finding, Problem
from bmeconf.outcome import Outcome, Result
from bmeconf.plan import Plan, Price, Source
from bmeconf.scope import Scope
from bmeconf.settings import Project
from bmeconf.validate import Desired, ManifestProblems


@dataclass(frozen=True)
class Prepared:
    """A project and its manifests, read but not yet given meaning."""

    project: Project
    sources: Sources


@dataclass(frozen=True)
class Planned:
    """A plan, what it was made from, what is managed at all, remarks on manifests.

    `lock_file` is where an apply writes down what it leaves.
    """

    plan: Plan
    live: Live
    differences: Sequence[diff.Difference]
    managed: Managed
    remarks: tuple[Problem, ...]
    lock_file: Path


def prepare(paths: Sequence[Path]) -> Prepared:
    """Read the project file and the manifests under `paths`.

    Raises:
        InvalidInput: where there are none, or the project file cannot be used.
    """
    root = manifest.find_root(paths[0])
    project = validate.project(manifest.read_project(root))
    return Prepared(project, manifest.read(root, paths, project.manifests or ()))


def problems(prepared: Prepared, targets: Sequence[str] = ()) -> tuple[Problem, ...]:
    """Everything an offline look finds, the seed policy included (design 1).

    Raises:
        InvalidInput: where a target names nothing that is declared.
    """
    accounts = {name: entry.vars for name, entry in prepared.project.accounts.items()}
    found = validate.check_offline(prepared.sources, accounts)
    if not found.errors:
        scope.limit(found.snapshot, targets)
    outside = [
        _as_problem(finding, found)
        for finding in guard.seeds(found.snapshot, prepared.project.policy)
    ]
    return tuple(sorted([*found.problems, *outside], key=lambda p: (p.place, p.address)))


def _as_problem(finding: Finding, desired: Desired) -> Problem:
    resource = desired.snapshot.get(finding.address)
    place = resource.intent.place if resource else None
    message = f"{finding.message}; {finding.remedy}"
    assert place is not None
    return Problem(place, str(finding.address), message, finding.code, finding.level)


def planned(
    prepared: Prepared,
    variables: Mapping[str, str],
    reader: Reader,
    base_url: str,
    targets: Sequence[str],
    now: datetime,
    lock_file: Path,
) -> Planned:
    """Read the account and plan.

    Raises:
        ManifestProblems: every problem of the manifests, and of what they refer to.
        InvalidInput: where there is a lock file and it cannot be used.
        ApiError, Refused, LimitReached: where the account could not be read whole.
    """
    desired = validate.desired(prepared.sources, variables)
    limited = scope.limit(desired.sound(), targets)
    seen = live.read(reader, limited, locked(lock_file), base_url)
    if seen.problems:
        raise ManifestProblems((*desired.problems, *seen.problems))
    seen, differences = _compared(reader, seen, limited)
    steps, manual, findings, in_sync = plan.build(differences, seen, now)
    refusals = guard.check(steps, seen, prepared.project.policy)
    source = Source(desired.digest, _commit(prepared.project.root))
    made = Plan(
        created_at=now,
        account=plan.account_of(base_url, seen.names),
        source=source,
        steps=steps,
        manual=manual,
        findings=plan.by_severity((*findings, *refusals)),
        in_sync=in_sync,
        unmanaged=seen.unmanaged,
        left_out=limited.left_out,
        price=_price(reader, steps),
    )
    return Planned(made, seen, differences, limited.managed, desired.problems, lock_file)


def locked(path: Path) -> Lock:
    """The lock file, an empty one where there is none.

    Raises:
        InvalidInput: where it cannot be used.
    """
    text = workdir.read(path)
    return Lock(path.name) if text is None else lock.parse(text, path.name)


def _compared(reader: Reader, seen: Live, limited: Scope) -> tuple[Live, Sequence[diff.Difference]]:
    differences = _differences(seen, limited)
    in_doubt = [d.address for d in differences if d.live and (d.action or d.unreadable)]
    if not in_doubt:
        return seen, differences
    confirmed = live.confirm(reader, seen, in_doubt)
    return confirmed, _differences(confirmed, limited)


def _differences(seen: Live, limited: Scope) -> Sequence[diff.Difference]:
    ahead = diff.foreseen(seen.desired, seen.snapshot, seen.withheld)
    return diff.compare(seen.desired, ahead, truth.Known(seen.section, seen.names, limited.managed))


def _price(reader: Reader, steps: Sequence[plan.Step]) -> Price:
    budget = reader.budget
    writing = sum(len(step.calls) for step in steps)
    return Price(
        budget.used,
        writing,
        plan.verify_price(steps),
        budget.hour_remaining,
        budget.month_remaining,
    )


def execute(
    planned: Planned,
    writer: Writer,
    stop_asked: Callable[[], bool],
    told: Callable[[Outcome], None],
) -> Result:
    """Write the plan's steps and read back what was written; `told` hears of each outcome.

    Raises:
        LimitReached: before the first write, where the budget would not allow the last.
    """
    steps = planned.plan.steps
    writer.budget.afford(planned.plan.price.write + planned.plan.price.verify)
    execution = Execution(writer, planned.live.names, planned.managed, steps, stop_asked)
    outcomes = []
    for outcome in execution.outcomes():
        told(outcome)
        outcomes.append(outcome)
    lockable = workdir.writable(planned.lock_file)
    findings, read_back, stopped = _verified(writer, execution, outcomes, lockable)
    done = record.Done(outcomes, read_back, findings)
    unlocked, bug = _recorded(planned, execution, done, lockable)
    return Result(
        plan=planned.plan,
        outcomes=tuple(outcomes),
        read_back=findings,
        written=writer.writes > 0,
        requests=writer.budget.used,
        stopped=stopped or bug,
        unlocked=unlocked,
    )


def _verified(
    writer: Writer, execution: Execution, outcomes: Sequence[Outcome], lockable: bool
) -> tuple[tuple[Finding, ...], Mapping[Address, Raw], BmeconfError | None]:
    if execution.stopped is not None and not isinstance(execution.stopped, Interrupted):
        return (), {}, execution.stopped
    try:
        found = verify.check(writer, execution.names, execution.managed, outcomes, lockable)
        return *found, execution.stopped
    except BmeconfError as error:
        return (), {}, execution.stopped or error
    except KeyboardInterrupt:
        told = "interrupted while reading back: what was written is not proven"
        return (), {}, Interrupted(told)
    except Exception as error:
        return (), {}, Bug.of(error)


def _recorded(
    planned: Planned, execution: Execution, done: record.Done, lockable: bool
) -> tuple[str, BmeconfError | None]:
    """Write the lock file: why it could not be, and the bug where that is one.

    Whatever becomes of it, what was done to the account is still to be reported.
    """
    manual, path = planned.plan.manual, planned.lock_file
    try:
        section = record.after(planned.live, planned.differences, manual, done, execution.names)
        # Read again: an apply to another account may have written its section meanwhile.
        text = locked(path).having(section).text
        if text != (workdir.read(path) or ""):
            workdir.write(path, text)
        elif done.outcomes and not lockable:
            return f"{path} cannot be written", None
    except KeyboardInterrupt:
        return f"{path} was not written: interrupted", None
    except (OSError, InvalidInput) as error:
        reason = error.message if isinstance(error, InvalidInput) else error.strerror
        return f"{path} could not be written: {reason}", None
    except Exception as error:
        return f"{path} was not written", Bug.of(error)
    return "", None


def _commit(root: Path) -> str | None:
    """The Git commit that the files are at, None outside a repository."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
