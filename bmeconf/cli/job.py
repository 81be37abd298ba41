"""`ci job`: the steps of the action on GitHub, which differ in what their environment has.

Only `run` has the key of the account, and only `fetch` and `tell` have a token. What one step
leaves for the next is in the folder of the job.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click

from bmeconf import forge
from bmeconf.cli import lock, look, pipeline, reviewed, telling
from bmeconf.cli.options import ANY_PATH
from bmeconf.cli.pipeline import outputs, step
from bmeconf.cli.show import load
from bmeconf.desired import manifest
from bmeconf.desired.manifest import PROJECT_FILE
from bmeconf.forge import job as jobs
from bmeconf.forge import review
from bmeconf.model.errors import InvalidInput
from bmeconf.project import LOCK_FILE, journal_folder

FOLDER = click.argument("folder", type=ANY_PATH, metavar="JOB")
JOB, RECORD, MISSING, KEPT = "job.json", "review.json", "missing", "kept"
"""Files of a job: itself, the reviewed plan or why there is none, and what it keeps for later."""


@click.group()
def job() -> None:
    """The steps of the action on GitHub.

    Each has the key of the account, a token of GitHub, or neither.
    """


@job.command()
@step
def begin() -> None:
    """Check the inputs, and decide whether the account is used.

    It has neither key nor token.
    """
    environ, inputs = os.environ, jobs.Inputs.of(os.environ)
    asked = jobs.Event(
        forge.needed(environ, "GITHUB_EVENT_NAME"),
        environ.get("PULL_REQUEST", ""),
        environ.get("FORK") == "true",
        environ.get("HAS_KEY") == "true",
    )
    begun = jobs.begun(inputs, asked, environ)
    _check_path(inputs.path)
    if begun.does != inputs.mode:
        reason = (
            "This pull request comes from a fork, which gets no key"
            if asked.is_fork
            else "There is no api-key (Dependabot gets none)"
        )
        level = "note" if asked.is_fork else "warning"
        pipeline.annotate(level, f"{reason}: the manifests are validated, but not planned.")
    folder = Path(forge.needed(environ, "RUNNER_TEMP")) / f"bmeconf-{begun.name}-{inputs.mode}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    (folder / KEPT).mkdir()
    pipeline.write(folder / JOB, begun.text())
    outputs(job=str(folder), name=begun.name, does=begun.does, account=begun.uses_account)


@job.command()
@FOLDER
@step
def fetch(folder: Path) -> None:
    """Take from GitHub the reviewed plan and the newest lock file.

    An apply needs them. It has the token.
    """
    job = _read(folder)
    if not job.inputs.expect.strip():
        missing = reviewed.found(job.name, folder / RECORD, job.inputs.plan_workflow)
        pipeline.write(folder / MISSING, missing)
    lock.taken(job.inputs.path)


@job.command()
@FOLDER
@step
def run(folder: Path) -> int:
    """Do what the job is for; has the key, if it needs the account."""
    job = _read(folder)
    _set_environment(job)
    match job.does:
        case jobs.ACCOUNTS:
            telling.accounts(Path(job.inputs.path))
            return 0
        case jobs.VALIDATE:
            words = [*_words(job), "--format", "github", "--", job.inputs.path]
            return look.ran("validate", words)
        case jobs.DRIFT:
            code = _drift(job, folder)
        case jobs.PLAN:
            code = _plan(job, folder)
        case _:
            code = _apply(job, folder)
    return jobs.verdict(job, code)


@job.command()
@FOLDER
@step
def tell(folder: Path) -> None:
    """Show a plan in a comment, or drift in an issue; has the token."""
    job = _read(folder)
    left, author = look.Left(folder, job.does), job.inputs.author
    if job.does == jobs.DRIFT:
        telling.issue(job.name, left.report, left.code, author)
        return
    telling.comment(job.name, left.report, left.code, job.change, author)
    if job.inputs.manual_status == "true" and left.code in look.PLANNED:
        telling.status(left.plan, job.name)


def _check_path(path: str) -> None:
    """Refuse a folder of which bmeconf would use another one, and write the lock file there."""
    if not os.path.isdir(path):
        raise InvalidInput("path must be the folder of the project", "is it checked out?")
    root = manifest.find_root(Path(path))
    if root != manifest.absolute(Path(path)):
        mark = manifest.mark_of(root)
        raise InvalidInput(
            f"path must be the folder with {PROJECT_FILE}; of {path}, bmeconf would use a folder"
            f" above, which has {mark}",
            f"put {PROJECT_FILE} into {path}, or use that folder",
        )


def _read(folder: Path) -> jobs.Job:
    return jobs.read(pipeline.text(folder / JOB))


def _set_environment(job: jobs.Job) -> None:
    """Put the key where the project expects it; nothing of this reaches another step."""
    key, redact_key = (os.environ.pop(name, "") for name in ("KEY", "REDACT_KEY"))
    given = {
        job.inputs.api_key_variable: key,
        "BMECONF_REDACT_KEY": redact_key,
        "BMECONF_BASE_URL": job.inputs.base_url,
    }
    os.environ.update({name: value for name, value in given.items() if value})


def _words(job: jobs.Job) -> list[str]:
    """The options of every command."""
    redact = [] if job.inputs.redact == "false" else ["--redact"]
    return redact + (["--account", job.inputs.account] if job.inputs.account else [])


def _online(job: jobs.Job) -> list[str]:
    """The options of every command that uses the account."""
    most = job.inputs.max_requests
    return _words(job) + (["--max-requests", most] if most else [])


def _drift(job: jobs.Job, folder: Path) -> int:
    """Look for drift; a report that is not whole is shown to nobody."""
    classes = job.inputs.fail_on
    words = [*_online(job), *(["--fail-on", classes] if classes else []), "--", job.inputs.path]
    code = look.drifted(words, folder)
    outputs(tells=code in telling.TOLD)
    return code


def _plan(job: jobs.Job, folder: Path) -> int:
    """Plan; on a pull request, keep the record of the plan for the merge, and tell of it."""
    code = look.planned([*_online(job), "--", job.inputs.path], folder)
    if code in look.PLANNED:
        _, document = load(look.Left(folder, jobs.PLAN).plan)
        pipeline.write(folder / KEPT / RECORD, review.text(reviewed.recorded(document)))
        if job.change:
            outputs(artifact=f"bmeconf-plan-{job.name}-{job.change}")
    if job.change:
        outputs(tells=True)
    return code


def _apply(job: jobs.Job, folder: Path) -> int:
    """Plan, and apply this plan if it is the reviewed one; keep files for later runs.

    These are a changed lock file, and the journals of an interrupted apply.
    """
    inputs, plan = job.inputs, look.Left(folder, jobs.PLAN).plan
    code = look.planned([*_online(job), "--", inputs.path], folder)
    if code not in look.PLANNED:
        return code
    planned, document = load(plan)
    now, missing = reviewed.recorded(document), folder / MISSING
    reason = pipeline.text(missing) if missing.is_file() else ""
    globs = reviewed.agreed(
        planned, now, folder / RECORD, reason, inputs.expect, [inputs.allow_delete]
    )
    if globs is None:
        return 0
    lock_file, kept = Path(inputs.path) / LOCK_FILE, folder / KEPT
    before = _content(lock_file)
    words = [word for glob in globs for word in ("--allow-delete", glob)]
    report = f"--output=github={folder / 'apply.annotations'}"
    code = look.ran("apply", [*_online(job), *words, report, "--", str(plan)])
    is_locked = _content(lock_file) not in (None, before)
    if is_locked:
        shutil.copy(lock_file, kept)
    outputs(locked=is_locked, **{"exit-code": str(code)})
    if code:
        _keep_journals(Path(inputs.path), kept)
    if any(kept.iterdir()):
        outputs(artifact=f"bmeconf-apply-{job.name}")
    return code


def _keep_journals(root: Path, kept: Path) -> None:
    """Copy the journals of a project; without them, the lock file is kept all the same."""
    try:
        shutil.copytree(journal_folder(root, make=False), kept / "journals", symlinks=True)
    except FileNotFoundError:
        pipeline.tell("There is no journal.")
    except (InvalidInput, OSError) as error:
        pipeline.annotate("warning", f"The journals are not kept: {error}")


def _content(path: Path) -> bytes | None:
    return pipeline.read(path) if path.is_file() else None
