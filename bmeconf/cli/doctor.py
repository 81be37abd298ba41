"""`doctor`: what keeps runs from working, and the remedy; only reads."""

from __future__ import annotations

import os

import click

from bmeconf.cli.console import Console
from bmeconf.cli.options import ALL_ACCOUNTS, Options, common
from bmeconf.cli.session import now, opened
from bmeconf.cli.stages import HERE
from bmeconf.cli.usage import GroupedCommand
from bmeconf.desired import manifest
from bmeconf.doctor import Check, Checkup, State, access, installed, local, online
from bmeconf.model import Snapshot, shell_line
from bmeconf.model.errors import BmeconfError, Interrupted
from bmeconf.project import Project
from bmeconf.render.documents import doctor as documents
from bmeconf.render.page import doctor as page

UNUSABLE = "not known while the project file cannot be used"
NO_ACCESS = "not asked: account, host or key failed"


@click.command(cls=GroupedCommand)
@ALL_ACCOUNTS
@common
def doctor(options: Options, console: Console) -> int:
    """Check key, scopes, limits, account and files; only reads.

    It sends 4 requests, 1 where the key is refused, a few more for declared seeds and recipients,
    and repeats those that got no sound answer. Exits 0 where nothing failed: a warning or a skipped
    check fails no run. Else the exit code is that of the gravest failure.

    \b
    bmeconf doctor
    bmeconf doctor --account production --format json
    """
    root = manifest.find_root(HERE)
    found, project = local.project_file(root)
    requests, label, ready = 0, "", False
    if project is None:
        files: tuple[Check, ...] = access.skipped(UNUSABLE, ("manifests", *local.OTHERS))
        account = access.skipped(UNUSABLE, (*access.NAMES, *online.NAMES))
    else:
        files, account, requests, label = _looked(options, console, project)
        ready = any(check.name == "manifests" and check.state is State.OK for check in files)
    checkup = Checkup(
        {
            "This machine": installed.here(),
            "The project": (found, *files),
            "The account": account,
        },
        requests,
    )
    error = checkup.error
    command = shell_line(["bmeconf", "plan", *options.account_words()])
    next_command = command if ready and not error else ""
    code = console.publish(
        page.of_checkup(checkup, label or console.account, next_command),
        lambda code, error: documents.of_checkup(checkup, code, error),
        error.exit_code if error else 0,
        error,
    )
    if error:
        console.error(error)
    return code


def _looked(
    options: Options, console: Console, project: Project
) -> tuple[tuple[Check, ...], tuple[Check, ...], int, str]:
    """The checks of the files and of the account, the requests, and the account for people."""
    environ, simulated = os.environ, options.sandbox
    chosen, entry = access.choose(project, options.account, environ, simulated)
    if simulated:
        ways = access.skipped(access.SIMULATED, access.NAMES[1:])
    else:
        ways = access.checks(project, chosen, entry, environ, options.allow_host)
    if chosen.error:
        (declared,), desired = access.skipped(access.NO_ACCOUNT, ("manifests",)), Snapshot()
    else:
        variables = entry.vars if entry else {}
        declared, desired = local.manifests(HERE, variables, options.target)
    if chosen.error or any(check.error for check in ways):
        account, requests, label, identity = access.skipped(NO_ACCESS, online.NAMES), 0, "", ""
    else:
        account, requests, label, identity = _asked(options, console, project, desired)
    left = local.memory(project.root, simulated, identity, environ, now())
    return (declared, *left), (chosen, *ways, *account), requests, label


def _asked(
    options: Options, console: Console, project: Project, desired: Snapshot
) -> tuple[tuple[Check, ...], int, str, str]:
    """The checks of the opened account, the requests that they took, its label and identity."""
    try:
        with opened(options, console, project) as session:
            checks = online.examine(session.reader, desired)
            return checks, session.reader.budget.used, session.label, session.identity
    except Interrupted:
        raise
    except BmeconfError as error:
        failed = Check.failed(online.ACCEPTED, error)
        return (failed, *access.skipped(NO_ACCESS, online.NAMES[1:])), 0, "", ""
