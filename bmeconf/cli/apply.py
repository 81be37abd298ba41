"""`apply`: of manifests, of exactly a saved plan, or of the rest that a journal shows."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from bmeconf.apply import STALE, Journal, Limits, Origin, Outcome, Receipts, Result, run
from bmeconf.cli import show, stages
from bmeconf.cli.apply_flags import ApplyFlags, allowances
from bmeconf.cli.console import Console
from bmeconf.cli.options import ANY_PATH, LOCK_TIMEOUT, ONE_ACCOUNT, Options, common
from bmeconf.cli.session import Session, finishing, now, opened
from bmeconf.cli.usage import GroupedCommand
from bmeconf.desired import manifest, project_at, read_project_files, validate
from bmeconf.model import Snapshot, path_word, shell_line
from bmeconf.model.errors import BmeconfError, InvalidInput, Stale
from bmeconf.plan import Plan, acknowledge, decode, guard
from bmeconf.project import Project, planned_account, receipt_folder, root_around
from bmeconf.render import TEXT, Line, safe_line
from bmeconf.render import text as texts
from bmeconf.render.documents import result as documents
from bmeconf.render.page import plan as plan_page
from bmeconf.render.page import result as page

MAX_AGE = "24h"


@click.command(cls=GroupedCommand)
@click.argument("paths", nargs=-1, type=ANY_PATH, metavar="[PATH... | PLAN]")
@click.option("--auto-approve", is_flag=True, help="Do not ask; needed without a terminal.")
@allowances
@click.option("--expect", metavar="FINGERPRINT", help="Apply only a plan with this fingerprint.")
@click.option(
    "--max-plan-age", metavar="AGE", help=f"How old a saved plan may be: 30m, 7d.  [{MAX_AGE}]"
)
@click.option(
    "--on-stale",
    type=click.Choice(["stop", "skip"]),
    help="If an object of a saved plan moved: stop before any write, or skip its step.  [stop]",
)
@click.option(
    "--resume",
    type=ANY_PATH,
    metavar="JOURNAL",
    help="Finish an apply that was cut off, from its journal.",
)
@LOCK_TIMEOUT
@ONE_ACCOUNT
@common
def apply(options: Options, console: Console, paths: Sequence[Path], **given: Any) -> int:
    """Plan, ask, make exactly those changes, and read them back.

    With a saved PLAN: make exactly what was reviewed, or nothing.

    \b
    bmeconf apply
    bmeconf apply plan.json --on-stale skip
    bmeconf apply --auto-approve --expect 1f2e3d4c5b6a79880123456789abcdef
    bmeconf apply --auto-approve --allow-delete 'lists/Old list'
    """
    flags = ApplyFlags(**given)
    file = _plan_file(paths)
    flags.check(options, paths, file)
    if flags.resume:
        result, options, paths = _resumed(options, console, flags, flags.resume)
    elif file:
        result, options, paths = _saved(options, console, flags, file)
    else:
        result = _planned(options, console, flags, paths)
    return _published(options, console, flags, result, paths)


def _planned(
    options: Options, console: Console, flags: ApplyFlags, paths: Sequence[Path]
) -> Result:
    if not (flags.auto_approve or sys.stdin.isatty()):
        raise InvalidInput(
            "apply asks before it writes, and there is no terminal to ask at",
            "add --auto-approve once the plan was reviewed, or apply a saved plan",
        )
    with stages.compared(options, console, paths, turn=flags.turn(console)) as comparison:
        plan = stages.planned(comparison, lint=comparison.lint)
        session = comparison.session

        def work(means: run.Run, plan: Plan) -> Result:
            return run.planned(means, comparison.reading, plan)

        return _applied(plan, flags, session, work, fresh=True)


def _saved(
    options: Options, console: Console, flags: ApplyFlags, file: Path
) -> tuple[Result, Options, Sequence[Path]]:
    """The result of a saved plan, options that name its account, and the path of its project."""
    age = MAX_AGE if flags.max_plan_age is None else flags.max_plan_age
    limit = decode.age(age, "--max-plan-age")
    plan, document = show.load(file)
    root = show.root_of(file, plan)
    with flags.turn(console)(root):
        decode.fresh(plan, now(), limit)
        receipts = Receipts(file, receipt_folder(root), document["digest"])
        receipts.refuse(_resume(options))
        project = project_at(root)
        options = _in_its_account(options, plan, project)
        with opened(options, console, project) as session:
            # Before anything is said: what is shown under an account is a plan for it.
            basis = run.opened(session.reader, session.identity, session.lock_file, plan)

            def work(means: run.Run, plan: Plan) -> Result:
                guard.recheck(plan, project.policy)
                return run.saved(means, basis, plan, receipts, flags.on_stale == "skip")

            return _applied(plan, flags, session, work), options, _seen_from_here(root)


def _resumed(
    options: Options, console: Console, flags: ApplyFlags, path: Path
) -> tuple[Result, Options, Sequence[Path]]:
    """The result of the rest of an apply, and its account and project as `_saved` has them."""
    # One name for the journal, whichever link leads to it.
    root = root_around(Path(os.path.realpath(path))) or manifest.find_root(Path("."))
    with flags.turn(console)(root):
        journal, past, plan = Journal.reopen(path, Origin.here(root, os.environ))
        with closing(journal):
            if not past.ours:
                console.warn(
                    f"{path}: Git tracks this journal, or another user or machine wrote it; it only"
                    " tells where to look, and what is written is checked as for any plan"
                )
            project = project_at(root)
            guard.recheck(plan, project.policy)
            options = _in_its_account(options, plan, project)
            with (
                opened(options, console, project) as session,
                _listening(plan, flags, session) as means,
            ):
                result = run.resumed(means, journal, past, plan)
                return _ended(result, flags, session), options, _seen_from_here(root)


def _in_its_account(options: Options, plan: Plan, project: Project) -> Options:
    """`options` with the account that the plan was made for, where the project declares it."""
    name = planned_account(project, plan.account.name, options.account, os.environ)
    return options._replace(account=name)


def _seen_from_here(root: Path) -> Sequence[Path]:
    path = Path(manifest.seen_from(root))
    return () if path == Path() else (path,)


def _applied(
    plan: Plan,
    flags: ApplyFlags,
    session: Session,
    work: Callable[[run.Run, Plan], Result],
    fresh: bool = False,
) -> Result:
    """Show the plan, have it approved, carry it out; a refusal is a result as well.

    What limits a plan that is not `fresh` may have changed since it was made: `work` judges that.
    """
    plan = acknowledge.lowered(plan, flags.allowed)
    plan = plan if fresh else acknowledge.undecided(plan)
    console, shown = session.console, plan_page.of_plan(plan, session.label)
    lines = texts.render(console.redaction.page(shown))
    if console.format == TEXT:
        console.product(lines)
    elif not console.quiet:
        console.tell(lines)
    try:
        guard.refuse(plan)
        if flags.expect is not None and not plan.meaning.startswith(flags.expect):
            raise Stale(
                f"the plan has the fingerprint {plan.fingerprint}, not {flags.expect}: something"
                " moved since that was reviewed; nothing was written",
                "review this plan, then expect its fingerprint",
            )
        acknowledge.deletes(plan, flags.allow_delete)
        if fresh:
            acknowledge.hold(plan, flags.allowed)
        if plan.steps and fresh and not flags.auto_approve:
            _confirm(plan, session.label)
        with _listening(plan, flags, session) as means:
            result = work(means, plan)
    except BmeconfError as error:
        result = Result.unwritten(plan, error, session.reader.budget.used)
    return _ended(result, flags, session)


def _ended(result: Result, flags: ApplyFlags, session: Session) -> Result:
    allowed = flags.allowed
    return replace(result, account=session.label, at=now(), allowed=allowed)


@contextmanager
def _listening(plan: Plan, flags: ApplyFlags, session: Session) -> Iterator[run.Run]:
    """A run that tells of its steps, and that Ctrl-C ends after the one under way."""
    total = len(plan.steps)
    session.console.redaction.learn(plan)
    session.console.timings.stage("writing")
    stepped = session.progress.wave(total)

    def tell(outcome: Outcome) -> None:
        item = page.outcome_item(outcome)
        text = f"[{outcome.step.id}/{total}] {item.sign} {item.address}: {item.state}"
        session.console.note(text, "bad" if item.fails else "good")
        stepped()

    with finishing(session.stop):
        yield run.Run(
            reader=session.reader,
            base_url=session.identity,
            root=session.project.root,
            lock_file=session.lock_file,
            origin=Origin.here(session.project.root, os.environ),
            now=now(),
            stop_asked=session.stop.is_set,
            told=tell,
            declared=partial(_declared, session),
            limits=Limits(session.project.policy, flags.allowed, now),
        )


def _declared(session: Session) -> Snapshot:
    """The resources that the manifests of the project declare by now.

    Raises:
        InvalidInput: nobody can tell.
    """
    try:
        sources = read_project_files([session.project.root]).sources
        return validate.desired(sources, session.account.vars).sound()
    except InvalidInput as error:
        raise InvalidInput(
            "a run that was cut off may have left a copy, and whether the manifests declare it by"
            f" now cannot be told: {error.message}; nothing was written",
            "mend that (see: bmeconf validate), then do the same again",
        ) from error


def _published(
    options: Options, console: Console, flags: ApplyFlags, result: Result, paths: Sequence[Path]
) -> int:
    """Publish what an apply of the manifests at `paths` did, and return its exit code."""
    words = [*_resume(options), path_word(result.journal), *flags.allowed.words]
    command = shell_line(words) if result.resumable else ""
    following = [command] if command else []
    words = [*map(path_word, paths), *options.account_words(), *options.target_words()]
    if result.begun and not result.complete:
        plan = shell_line(["bmeconf", "plan", *words])
        following.append(f"{plan}  # shows what is left")
    elif result.complete and page.manual_steps_left(result):
        drift = shell_line(["bmeconf", "drift", *words])
        following.append(f"{drift}  # how to do a manual step, and whether it is done")
    if any(outcome.state == STALE for outcome in result.outcomes):
        # What moved since it was planned is planned anew first: to resume only repeats that it is.
        following.reverse()
    code = console.publish(
        page.of_result(result, following),
        lambda code, error: documents.of_result(result, code, error),
        result.exit_code,
        result.error,
        stands=True,
        on_stderr=not result.begun,
    )
    if result.unlocked:
        console.warn(
            f"{result.unlocked}. What was done is done, and nothing depends on the file; without"
            " it the next plan cannot tell who moved, and shows again what the service rewrote."
        )
    if result.error:
        console.error(result.error)
    if command and console.format != TEXT:
        console.tell([Line(safe_line(f"Finish exactly this plan with: {command}"))])
    return code


def _resume(options: Options) -> list[str]:
    """The command that resumes this apply, without the journal at its end."""
    return ["bmeconf", "apply", *options.account_words(), "--resume"]


def _plan_file(paths: Sequence[Path]) -> Path | None:
    """The saved plan to apply, which stands alone; None where the paths are of manifests."""
    plans = [
        path
        for path in paths
        if path.suffix not in manifest.SUFFIXES
        and (path.is_file() or (path.suffix == ".json" and not path.is_dir()))
    ]
    if plans and len(paths) > 1:
        raise InvalidInput(
            f"{plans[0]} is applied alone: a saved plan carries everything it needs",
            "give either one plan, or manifests",
        )
    return plans[0] if plans else None


def _confirm(plan: Plan, account: str) -> None:
    count = len(plan.steps)
    changes = "this change" if count == 1 else f"these {count} changes"
    question = f"Make {changes} in {account}? Only 'yes' will do"
    if click.prompt(question, default="no", show_default=False, err=True).strip() != "yes":
        raise BmeconfError("not confirmed; nothing was written")
