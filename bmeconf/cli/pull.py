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
from bmeconf.model import PULL_FORMAT, CampaignStatus
from bmeconf.model.errors import BmeconfError, InvalidInput, counted

if TYPE_CHECKING:
    from bmeconf.desired.manifest import Document, Sources, Text
    from bmeconf.model import Place, Problem
    from bmeconf.project.settings import Project
    from bmeconf.pull.pulled import Pulled

FOLDER = click.Path(path_type=Path, file_okay=True, readable=False)
FEW = 50
"""So many contacts are taken for seeds without asking."""
PROGRESS_EVERY = 10
MOST_NAMED = 20
REMEMBER = "remember the ids, so that a rename is known"


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
@click.option(
    "--status",
    multiple=True,
    type=click.Choice([*map(str, CampaignStatus)]),
    help="Only such campaigns.",
)
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
    from bmeconf.cli import session
    from bmeconf.desired import manifest
    from bmeconf.plan import pipeline
    from bmeconf.project import workdir
    from bmeconf.pull import pull as pulling
    from bmeconf.pull.inventory import PullQuery, Watch
    from bmeconf.pull.remembering import Remembering
    from bmeconf.render import documents as document
    from bmeconf.render import pulling as report

    root = manifest.find_root(out or Path("."))
    folder = manifest.absolute(out) if out else root
    project = pipeline.project_at(root)
    who = tuple(contacts_list), tuple(contacts)
    asked = PullQuery(options.target, structure, *who, tuple(status))
    with session.opened(options, project, console) as account:
        lock = pipeline.locked(workdir.lock(root, options.sandbox))
        variables = account.account.vars
        ground = pulling.Ground(folder, variables, project.policy, lock, account.identity)
        reader, consent = Remembering(account.reader), Consent(max_contacts)
        watch = Watch(consent.confirm, lambda n, of: _progress(console, n, of))
        made = pulling.pull(reader, asked, ground, watch)
        others = _others(project, folder, made)
        beside = pulling.among(reader, made, others, asked, ground)
        made = replace(made, requests=account.reader.budget.used, beside=beside)
    if made.declared:
        made = replace(made, files={**made.files, **_beside(project, folder, others)})
        made = _placed(project.root, folder, made, force, variables)
        _tell_of(console, others)
    following = _next(options, project, out, folder) if made.declared else ()
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


def _beside(project: Project, folder: Path, others: Sources) -> Mapping[str, str]:
    """The schemas that the manifests name, and a project file where there is none.

    That one has a plan read the folder of manifests alone, so it is not for a project with some
    elsewhere.
    """
    from bmeconf.desired import manifest
    from bmeconf.project import scaffold as starting
    from bmeconf.project import schemas
    from bmeconf.pull.layout import MANIFESTS

    files = {"schemas/manifest.schema.json": schemas.text("manifest")}
    if project.has_file or folder != project.root:
        return files
    read = {manifest.absolute(Path(document.file)) for document in others.documents}
    if not all(path.is_relative_to(folder / MANIFESTS) for path in read):
        return files
    files["schemas/project.schema.json"] = schemas.text("project")
    return {"bmeconf.yaml": starting.adopted(), **files}


def _others(project: Project, folder: Path, made: Pulled) -> Sources:
    """The manifests that a plan would read beside those that are about to be written."""
    from bmeconf.desired import manifest
    from bmeconf.desired.manifest import Sources

    if folder != project.root and project.manifests is not None:
        # Those patterns do not lead there: a plan is only made of it where it is named.
        return Sources(project.root, (), {}, (), "")
    ours = {str(folder / path) for path in made.files}
    documents: dict[Place, Document] = {}
    problems: dict[Problem, None] = {}
    texts: dict[tuple[str, str], Text] = {}
    for pattern in project.manifests or ("**",):
        # One at a time: some lead nowhere yet.
        with contextlib.suppress(InvalidInput):
            read = manifest.read(project.root, [project.root], (pattern,))
            documents |= {each.tree.place: each for each in read.documents}
            problems |= dict.fromkeys(read.problems)
            texts |= read.texts
    return Sources(
        project.root,
        tuple(d for d in documents.values() if str(manifest.absolute(Path(d.file))) not in ours),
        texts,
        tuple(p for p in problems if str(manifest.absolute(Path(p.place.file))) not in ours),
        "",
    )


def _tell_of(console: Console, others: Sources) -> None:
    """What is declared beside may have been renamed or deleted in the account by now."""
    files = sorted({document.file for document in others.documents})
    if files:
        names = ", ".join(files[:MOST_NAMED])
        count = counted(len(files), "other manifest")
        console.note(f"Note: {count} of the project left as before: {names}")


def _placed(
    root: Path, folder: Path, made: Pulled, force: bool, variables: Mapping[str, str]
) -> Pulled:
    """Write what does not stand there to the letter.

    Raises:
        InvalidInput: where something else stands there and is not to be overwritten, or cannot
            be; then nothing was written.
    """
    from bmeconf.project import atomic as whole
    from bmeconf.pull import beside

    same, other = whole.standing(folder, made.files)
    solid = [path for path in other if path not in made.files or (folder / path).is_dir()]
    if solid:
        told = f"{counted(len(solid), 'file')} in the way"
        raise beside.nothing_written(told, solid, "move them away")
    if other and not force:
        raise beside.nothing_written(
            f"{counted(len(other), 'file')} there already, with other content",
            other,
            "overwrite them with --force, or pull into another folder with --out",
        )
    _refuse_loss(root, folder, made, other, variables)
    fresh = {path: text for path, text in made.files.items() if path not in same}
    try:
        whole.put_all(folder, fresh, over=force)
    except OSError as error:
        raise InvalidInput(
            f"{folder} cannot be written: {error.strerror}; nothing was written",
            "let this user write there, or pull into another folder with --out",
        ) from error
    return replace(made, unchanged=same, overwritten=frozenset(other))


def _refuse_loss(
    root: Path, folder: Path, made: Pulled, other: Sequence[str], variables: Mapping[str, str]
) -> None:
    """Refuse to write over what a person has declared and no account tells.

    Raises:
        InvalidInput: naming it.
    """
    from bmeconf.desired import manifest, validate
    from bmeconf.desired.manifest import files
    from bmeconf.pull import beside

    there = [folder / path for path in other if files.is_manifest(path)]
    if not there:
        return
    old = validate.desired(manifest.read(root, there), variables)
    new = validate.desired(manifest.foreseen(folder, made.files), variables)
    beside.refuse_loss(old.errors, [*beside.lost(old.snapshot, new.snapshot)])


def _next(
    options: Options, project: Project, out: Path | None, folder: Path
) -> Sequence[tuple[str, str]]:
    """The plan that will be empty, and what makes the next one know more; with why."""
    from bmeconf.pull.layout import MANIFESTS

    covered = project.manifests is None or any(
        pattern.strip("./") in ("", MANIFESTS) for pattern in project.manifests
    )
    where = []
    if not (covered and folder == project.root):
        where = [str((out or folder) / MANIFESTS)]
    elif out and folder != Path.cwd():
        where = [str(out)]
    words = [*where, *stages.account_of(options)]
    return (
        (shlex.join(["bmeconf", "plan", *words]), ""),
        (shlex.join(["bmeconf", "drift", "--record", *words]), REMEMBER),
    )
