"""`preview`: the declared campaigns as their readers will see them; only reads."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import click

from bmeconf import preview as previews
from bmeconf.baseline import lock_store
from bmeconf.cli import session, stages
from bmeconf.cli.console import Console
from bmeconf.cli.help import GroupedCommand
from bmeconf.cli.options import ANY_PATH, ONE_ACCOUNT, Options, common
from bmeconf.cli.streams import say
from bmeconf.desired import ProjectFiles, manifest, read_project_files, scope, validate
from bmeconf.kinds import Mailing, Singleton, only
from bmeconf.live import Reading
from bmeconf.live import read as live
from bmeconf.model import Place, Problem, Resource, Snapshot, Value
from bmeconf.model.errors import BmeconfError, InvalidInput
from bmeconf.plan import Plan, guard
from bmeconf.preview import Gallery, PageServer, ProjectPictures, Query, Standing
from bmeconf.project import AccountEntry, choose_account, has_key, key_variable
from bmeconf.render import documents
from bmeconf.render import preview as render
from bmeconf.render.page import preview as page

PORT = 8026
LOOK = 0.3
"""Seconds between two looks at the files."""
ABSENT = "This page is not there", "No declared campaign has it."
BROKEN = (
    "The manifests have errors",
    "What they are about has no page until they are mended; then this page comes back by itself.",
)


@click.command(cls=GroupedCommand)
@click.argument("addresses", nargs=-1, metavar="[ADDRESS...]")
@click.option("--out", type=ANY_PATH, metavar="DIR", help="The folder to write the pages to.")
@click.option(
    "--seed",
    metavar="EMAIL",
    help="The declared contact to fill in; by default the first on the lists of each campaign.",
)
@click.option("--offline", is_flag=True, help="Leave the account alone, also where there is a key.")
@click.option("--watch", is_flag=True, help="Serve the pages on loopback, and follow the files.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="Where --watch serves; any free port for 0.",
)
@ONE_ACCOUNT
@common
def preview(
    options: Options,
    console: Console,
    addresses: Sequence[str],
    out: Path | None,
    seed: str | None,
    offline: bool,
    watch: bool,
    port: int,
) -> int:
    """Show campaigns as their readers will see them; only reads.

    A page for each declared campaign: the inbox, the mail on wide and narrow screens, light and
    dark, its links, and what `validate` finds; with a key also what `plan` finds, and what differs
    in the account, on both sides. The pages need no network. Pages of campaigns that are no longer
    declared are removed from DIR; a file that preview did not make is never written over.

    \b
    bmeconf preview --out previews
    bmeconf preview 'campaigns/2030-12*' --seed qa+gmail@acme.example --out previews
    bmeconf preview --watch
    """
    if out is None and not watch:
        raise InvalidInput("where are the pages to go?", "name a folder with --out, or use --watch")
    run = _Run(options, console, (*addresses, *options.target), seed, offline, out)
    if watch:
        return _watch(run, port)
    shown = run.gallery()
    if shown.errors:
        raise validate.ManifestProblems(shown.unsound)
    assert out is not None
    pages = run.pages(shown.gallery)
    console.spare((out / name for name in pages), "a page of this preview")
    gone = previews.folder.write(out, pages, shown.declared)
    found = page.of_gallery(shown.gallery, len(pages), str(out), gone)
    problems = shown.gallery.all_problems
    return console.publish(found, lambda code, error: documents.problems(problems, code, error))


class _Shown(NamedTuple):
    """A gallery; `unsound` are the problems of its manifests, `declared` all names of pages."""

    gallery: Gallery
    unsound: Sequence[Problem]
    declared: Sequence[str]

    @property
    def errors(self) -> bool:
        """True where the gallery lacks what an error is about."""
        return any(problem.level == "error" for problem in self.unsound)


class _Account(NamedTuple):
    """An account as it was read `at` a time."""

    session: session.Session
    reading: Reading
    at: datetime


@dataclass
class _Run:
    """What the user asked for, and the account as it was read: once, for all that is edited.

    `applied` is the stamp of the lock file, by which an apply is known, here or in what was pulled.
    `asked` is the one with which the account was asked, or was not to be.
    """

    options: Options
    console: Console
    globs: Sequence[str]
    seed: str | None
    offline: bool
    out: Path | None
    account: _Account | None = None
    applied: previews.Stamp = ()
    asked: previews.Stamp | None = None
    why: str = "not asked"

    def gallery(self) -> _Shown:
        """All previews, as the files are now.

        Raises:
            InvalidInput: the project cannot be read, or has no such campaign or seed.
            ApiError, Refused, LimitReached: where the account could not be read whole.
        """
        files, console = read_project_files((stages.HERE,)), self.console
        console.trace(files.root_words)
        if self.options.redact:
            console.redaction.learn(files.sources)
        entry = choose_account(files.project, self.options.account, os.environ)
        policy = files.project.policy
        desired = validate.check_offline(
            files.sources,
            {entry.name: entry.vars} if entry else {},
            lambda snapshot: guard.seed_problems(snapshot, policy),
            policy.lint,
        )
        chosen = scope.only(only(Mailing).name, desired.snapshot, self.globs)
        if chosen and not desired.errors:
            self._ask(files, entry, _limited(desired, chosen))
        standing, linted = self._beside(files, desired, chosen)
        more = standing.problems if standing else ()
        problems = [*desired.problems, *desired.judged, *linted, *more]
        query = Query(
            session.now(),
            previews.choose_seed(desired.snapshot, self.seed) if self.seed else None,
            policy.lint,
            console.redaction.value,
            console.redaction.text,
            ProjectPictures(files),
            self.why,
        )
        told = [p._replace(message=console.redaction.message(p.message)) for p in problems]
        gallery = previews.gallery(desired.snapshot, chosen, told, standing, query)
        declared = previews.page_names(desired.snapshot, query.text).values()
        return _Shown(gallery, desired.problems, [*declared])

    def pages(self, gallery: Gallery, version: str = "") -> Mapping[str, str]:
        """The pages of a gallery, as they may be shown."""
        text = self.console.redaction.text
        return {name: text(each) for name, each in render.pages(gallery, version).items()}

    def _ask(self, files: ProjectFiles, entry: AccountEntry | None, limited: scope.Scope) -> None:
        """Read what the account has of the chosen campaigns, unless that was done."""
        mended = self.account and _mended(self.account.reading, limited)
        if self.offline or (self.asked == self.applied and not mended):
            return
        self.account = None
        if not (self.options.sandbox or has_key(entry, os.environ)):
            self.asked = self.applied
            self.why = f"not asked: {key_variable(entry)} is not set"
            return
        with session.opened(self.options, self.console, files.project) as opened:
            self.asked = self.applied
            lock = lock_store.read(opened.lock_file)
            reading = live.read(opened.reader, limited, lock, opened.identity)
            self.account = _Account(opened, reading, session.now())

    def _beside(
        self, files: ProjectFiles, desired: validate.Desired, chosen: Snapshot
    ) -> tuple[Standing | None, Sequence[Problem]]:
        """What the account has of the campaigns, and what is found in their mails."""
        if self.account is None:
            return None, desired.linted
        opened, first, at = self.account
        limited = _limited(desired, chosen)
        known = Snapshot.of(r for r in limited.desired if chosen and first.knows(r))
        reading = first.redeclared(limited._replace(desired=known))
        if reading.problems:
            unread = Standing(opened.label, at, reading.desired, {}, reading.problems)
            return unread, desired.linted
        current = opened._replace(project=files.project)
        comparison = stages.Comparison(current, desired.digest, reading)
        plan = stages.planned(comparison, lint=desired.lint)
        differences = {
            each.address: each.now or each
            for each in plan.differences
            if not reading.matches.blocked(each.address)
        }
        # The account may have what the files do not show, and a mail that was sent is as it is.
        asked = {str(address) for address in known.resources}
        linted = [problem for problem in desired.linted if problem.address not in asked]
        found = (*_found(plan, chosen, Place(files.files.shown(manifest.PROJECT_FILE))),)
        return Standing(opened.label, at, reading.desired, differences, found), linted


def _limited(desired: validate.Desired, chosen: Snapshot) -> scope.Scope:
    """The chosen campaigns with all that they need."""
    return scope.limit(desired.snapshot, [str(resource.address) for resource in chosen])


def _mended(reading: Reading, limited: scope.Scope) -> bool:
    """Whether what a reading objects to may refer to something that is there by now."""
    before, now = reading.scope.desired, limited.desired
    objected = {problem.address for problem in reading.problems}
    asked = [r for r in before if str(r.address) in objected]
    declared = before.resources.keys() != now.resources.keys()
    return bool(asked) and (
        declared or any(_references(r) != _references(now.get(r.address)) for r in asked)
    )


def _references(resource: Resource | None) -> Sequence[Value]:
    """All that is declared but for texts, which refer to nothing."""
    fields = resource.fields.values() if resource else ()
    return [value for value in fields if not isinstance(value, str)]


def _found(plan: Plan, chosen: Snapshot, project: Place) -> Iterator[Problem]:
    """What a plan finds about campaigns and the fields of their tags, each at its place.

    What no manifest declares has none of its own, and stands at that of the `project` file.
    """
    for finding in plan.findings:
        place = finding.place or plan.places.get(str(finding.address))
        if chosen.get(finding.address) or finding.address == only(Singleton).address:
            yield Problem.of(finding._replace(place=place or project))


def _watch(run: _Run, port: int) -> int:
    """Serve the pages until Ctrl-C, and make them anew whenever a file changes."""
    console, server, root = run.console, PageServer(port), manifest.find_root(stages.HERE)
    begun, number, before = f"{session.now():%H%M%S}", 0, None
    lock_file = lock_store.path_of(root, run.options.sandbox)
    run.applied = seen = previews.stamp_of(lock_file)
    try:
        while True:
            seen, last = previews.stamp_of(lock_file), seen
            # An apply that wrote it a moment ago may still have the sandbox for itself.
            run.applied = seen if seen == last else run.applied
            state = previews.state_of(root, run.out), run.applied
            if state != before:
                before, number = state, number + 1
                _show(run, server, f"{begun}-{number}")
                if number == 1:
                    say(server.url)
                    console.note("Open this address: its pages follow the files. Ctrl-C ends it.")
            session.pause(LOOK)
    except KeyboardInterrupt:
        console.note("Stopped.")
    finally:
        server.stop()
    return 0


def _show(run: _Run, server: PageServer, version: str) -> None:
    """Serve the pages of this moment; what keeps them from being made, in their place."""
    message = run.console.redaction.message
    pages: Mapping[str, str] = {}
    try:
        shown = _patiently(run)
        pages = run.pages(shown.gallery, version)
        title, text = BROKEN if shown.errors else ABSENT
        problems = shown.unsound
        if run.out and not shown.errors:
            previews.folder.write(run.out, run.pages(shown.gallery), shown.declared)
        run.console.note(f"{session.now():%H:%M:%S} {page.verdict(shown.gallery)}")
    except BmeconfError as error:
        title, text = "The preview cannot be made", f"{error.message}. {error.remedy}".strip()
        problems = getattr(error, "problems", ())
        run.console.error(error)
    told = [problem._replace(message=message(problem.message)) for problem in problems]
    lost = run.console.redaction.text(render.trouble(title, message(text), told, version))
    server.show(pages, lost, render.WATCHED, version)


def _patiently(run: _Run) -> _Shown:
    """The gallery, without the account where that cannot be read."""
    try:
        return run.gallery()
    except InvalidInput:
        raise
    except BmeconfError as error:
        run.console.error(error)
        run.why = f"not read: {error.message}"
        return run.gallery()
