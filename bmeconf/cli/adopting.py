"""`pull`: manifests from the live account."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bmeconf.cli import stages
from bmeconf.cli.console import Console, Renderers
from bmeconf.cli.options import Options, common
from bmeconf.errors import BmeconfError, InvalidInput, counted
from bmeconf.model import PULL_FORMAT

if TYPE_CHECKING:
    from bmeconf.adoption.pulled import Pulled
    from bmeconf.manifest import Document
    from bmeconf.settings import Project

FOLDER = click.Path(path_type=Path, file_okay=True, readable=False)
STATUSES = ("draft", "scheduled", "sending", "sent", "paused", "failed", "cancelled")
FEW = 50
"""So many contacts are taken for seeds without asking."""
PROGRESS_EVERY = 10
MOST_NAMED = 20


@dataclass
class Consent:
    """Whether so many contacts may be written: up to a number that was agreed to, else asked."""

    agreed: int

    def confirm(self, count: int) -> None:
        """Go on, or raise: personal data is about to get into files.

        Raises:
            InvalidInput: where there is no terminal to ask at.
            BmeconfError: where the answer is no.
        """
        if count <= self.agreed:
            return
        told = f"{counted(count, 'contact')} would be written into files, to be kept in Git"
        if not sys.stdin.isatty():
            raise InvalidInput(
                f"{told}; above {self.agreed} that has to be said",
                f"add --max-contacts {count} if it is meant; else name fewer, or say in"
                " bmeconf.yaml which are seeds: policy: {seeds: [...]}",
            )
        if not click.confirm(f"{told}. Go on?", err=True):
            raise BmeconfError("not confirmed; nothing was written")
        self.agreed = count


@click.command()
@click.option("--out", type=FOLDER, metavar="DIR", help="Where to; the project by default.")
@click.option("--contacts", multiple=True, metavar="EMAIL", help="This contact; repeatable.")
@click.option("--contacts-list", multiple=True, metavar="NAME", help="Contacts of this list.")
@click.option(
    "--max-contacts",
    type=click.IntRange(min=0),
    default=FEW,
    show_default=True,
    metavar="N",
    help="So many contacts without asking.",
)
@click.option("--status", multiple=True, type=click.Choice(STATUSES), help="Only such campaigns.")
@click.option("--structure", metavar="LABEL", default="", help="Which contact structure.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@common(PULL_FORMAT, "text", "json")
def pull(
    options: Options,
    console: Console,
    out: Path | None,
    contacts: Sequence[str],
    contacts_list: Sequence[str],
    max_contacts: int,
    status: Sequence[str],
    structure: str,
    force: bool,
) -> int:
    """Write manifests from the live account; a plan of them is empty.

    Everything but contacts, or what --target names. Contacts only where they are asked for, and
    a question above 50: an audience does not belong into Git.

    \b
    bmeconf pull
    bmeconf pull --out acme --contacts-list Seeds
    bmeconf pull --status draft --status scheduled
    """
    from bmeconf import document, manifest, pipeline, workdir
    from bmeconf.adoption import pull as pulling
    from bmeconf.adoption.inventory import Asked, Watch
    from bmeconf.cli import session
    from bmeconf.report import pulling as report

    root = manifest.find_root(out or Path("."))
    folder = manifest.absolute(out) if out else root
    project = pipeline.project_at(root)
    asked = Asked(options.target, structure, tuple(contacts_list), tuple(contacts), tuple(status))
    with session.opened(options, project, console) as account:
        ground = pulling.Ground(
            root=folder,
            variables=account.account.vars,
            policy=project.policy,
            lock=pipeline.locked(workdir.lock(root, options.sandbox)),
            base_url=account.identity,
        )
        watch = Watch(Consent(max_contacts).confirm, lambda n, of: _progress(console, n, of))
        made = pulling.pull(account.reader, asked, ground, watch)
        made = replace(made, requests=account.reader.budget.used)
    if made.declared:
        made = replace(made, files={**made.files, **_beside(project, folder)})
        others = _others(project, folder, made)
        _refuse_twins(project, made, others, account.account.vars)
        made = _placed(folder, made, force)
        _tell_of(console, others)
    following = _next(options, project, out, folder) if made.declared else ""
    console.publish(
        Renderers(
            {
                "text": lambda: report.pulled(made, account.label, following),
                "json": lambda: document.text(document.pulled(made, str(out or root))),
            }
        )
    )
    return 0


def _progress(console: Console, number: int, of: int) -> None:
    if sys.stderr.isatty() and (number % PROGRESS_EVERY == 0 or number == of):
        console.note(f"Read {number:,} of {counted(of, 'campaign')}.")


def _beside(project: Project, folder: Path) -> Mapping[str, str]:
    """The schemas that the manifests name, and a project file where there is none."""
    from bmeconf import schemas, starting

    files = {"schemas/manifest.schema.json": schemas.text("manifest")}
    if project.has_file or folder != project.root:
        return files
    files["schemas/project.schema.json"] = schemas.text("project")
    return {"bmeconf.yaml": starting.adopted(), **files}


def _others(project: Project, folder: Path, made: Pulled) -> Sequence[Document]:
    """The manifests that a plan would read beside those that are about to be written."""
    from bmeconf import manifest

    if folder != project.root and project.manifests is not None:
        # Those patterns do not lead there: a plan is only made of it where it is named.
        return ()
    ours = {str(folder / path) for path in made.files}
    found: dict[str, Document] = {}
    for pattern in project.manifests or ("**",):
        # One at a time: some lead nowhere yet.
        with contextlib.suppress(InvalidInput):
            read = manifest.read(project.root, [project.root], (pattern,))
            found |= {document.file: document for document in read.documents}
    return [d for file, d in found.items() if str(manifest.absolute(Path(file))) not in ours]


def _tell_of(console: Console, others: Sequence[Document]) -> None:
    """What is declared beside may have been renamed or deleted in the account by now."""
    if others:
        names = ", ".join(sorted(document.file for document in others)[:MOST_NAMED])
        count = counted(len(others), "other manifest")
        console.note(f"Note: {count} of the project left as before: {names}")


def _refuse_twins(
    project: Project, made: Pulled, others: Sequence[Document], variables: Mapping[str, str]
) -> None:
    """Refuse to declare what another manifest of the project declares: no plan would be possible.

    Raises:
        InvalidInput: naming each, and where it is declared.
    """
    from bmeconf import validate
    from bmeconf.manifest import Sources

    sources = Sources(project.root, tuple(others), {}, (), "")
    declared = validate.desired(sources, variables).snapshot
    known = {(r.address.kind, r.address.name): r.intent.place for r in declared}
    twice = sorted({(a.kind, a.name) for a in made.declared} & known.keys())
    if twice:
        lines = [
            f"  {'/'.join(filter(None, pair))}, at {known[pair]}" for pair in twice[:MOST_NAMED]
        ]
        more = len(twice) - MOST_NAMED
        lines += [f"  and {more:,} more"] if more > 0 else []
        raise InvalidInput(
            "\n".join(
                [f"nothing was written: {counted(len(twice), 'resource')} declared already", *lines]
            ),
            "pull what is not declared yet (--target), or into a folder of its own with a"
            " bmeconf.yaml in it (--out)",
        )


def _placed(folder: Path, made: Pulled, force: bool) -> Pulled:
    """Write what does not stand there to the letter.

    Raises:
        InvalidInput: where something else stands there and is not to be overwritten, or cannot
            be; then nothing was written.
    """
    from bmeconf import whole

    same, other = whole.standing(folder, made.files)
    solid = [path for path in other if path not in made.files or (folder / path).is_dir()]
    if solid or (other and not force):
        shown = solid or list(other)
        lines = [f"  {path}" for path in shown[:MOST_NAMED]]
        more = len(shown) - MOST_NAMED
        lines += [f"  and {more:,} more"] if more > 0 else []
        what = "in the way" if solid else "there already, with other content"
        raise InvalidInput(
            "\n".join([f"nothing was written: {counted(len(shown), 'file')} {what}", *lines]),
            "move them away"
            if solid
            else "overwrite them with --force, or pull into another folder with --out",
        )
    fresh = {path: text for path, text in made.files.items() if path not in same}
    try:
        whole.put_all(folder, fresh, over=force)
    except OSError as error:
        raise InvalidInput(
            f"{folder} cannot be written: {error.strerror}; nothing was written",
            "let this user write there, or pull into another folder with --out",
        ) from error
    return replace(made, unchanged=same)


def _next(options: Options, project: Project, out: Path | None, folder: Path) -> str:
    """The plan that will be empty."""
    from bmeconf.adoption.layout import MANIFESTS

    covered = project.manifests is None or any(
        pattern.strip("./") in ("", MANIFESTS) for pattern in project.manifests
    )
    words = ["bmeconf", "plan"]
    if not (covered and folder == project.root):
        words.append(str((out or folder) / MANIFESTS))
    elif out and folder != Path.cwd():
        words.append(str(out))
    return shlex.join([*words, *stages.account_of(options)])
