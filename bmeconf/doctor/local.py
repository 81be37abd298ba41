"""The files of the project: whether the readers of every command take them. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from bmeconf.apply import PROBE, Origin, interrupted, read_own
from bmeconf.baseline import lock_store
from bmeconf.desired import project_at, read_project_files, scope, validate
from bmeconf.desired.manifest import PROJECT_FILE, NoManifests
from bmeconf.doctor.model import Check, State, checked
from bmeconf.kinds import KINDS, Dialect
from bmeconf.model import Snapshot, counted, shell_line
from bmeconf.project import Project, from_disk, journal_folder, learned

OTHERS = ("lock file", "journals", "memory")
NOTHING_LEFT = "no apply was left unfinished"


def project_file(root: Path) -> tuple[Check, Project | None]:
    """Whether the project file can be used, and the project; None where it cannot."""
    found: list[Project] = []

    def look() -> Check:
        project = project_at(root)
        found.append(project)
        words = f"no {PROJECT_FILE}, none is needed"
        if project.has_file:
            words = f"{PROJECT_FILE} declares {counted(len(project.accounts), 'account')}"
        return Check("project file", State.OK, words)

    check = checked("project file", look)
    return check, found[0] if found else None


def manifests(
    folder: Path, variables: Mapping[str, str], targets: Sequence[str]
) -> tuple[Check, Snapshot]:
    """Whether the manifests of a project can be used, and what they declare in the scope."""
    declared = [Snapshot()]

    def look() -> Check:
        try:
            files = read_project_files((folder,))
        except NoManifests as none:
            return Check("manifests", State.SKIPPED, none.message, none.remedy)
        desired = validate.desired(files.sources, variables)
        declared.append(scope.limit(desired.sound(), targets, desired.covers).desired)
        kinds = Counter(resource.address.kind for resource in declared[-1])
        words = ", ".join(kind.counted(kinds[name]) for name, kind in KINDS.items() if kinds[name])
        return Check("manifests", State.OK, words or "nothing is declared")

    check = checked("manifests", look)
    return check, declared[-1]


def memory(
    root: Path, simulated: bool, identity: str, environ: Mapping[str, str], now: datetime
) -> tuple[Check, ...]:
    """What earlier runs left: the lock file, journals, and what was learned of `identity`."""

    def lock() -> Check:
        path = lock_store.path_of(root, simulated)
        accounts = lock_store.read(path).accounts.values()
        resources = sum(len(section["resources"]) for section in accounts)
        words = f"remembers {counted(resources, 'resource')}" if accounts else "there is none yet"
        if not lock_store.can_keep(path) and path.parent.exists():
            remedy = "let this user write to it: else nothing of an apply is remembered"
            return Check("lock file", State.WARNING, f"{words}, and cannot be written", remedy)
        return Check("lock file", State.OK, words)

    def journals() -> Check:
        folder = journal_folder(root, make=False)
        if not any(folder.glob("*.jsonl")):
            return Check("journals", State.OK, NOTHING_LEFT)
        origin = Origin.here(root, environ)
        of_probes = folder.glob(f"*-{PROBE}.jsonl")
        if any(read_own(path, origin, bool) and not origin.is_tracked(path) for path in of_probes):
            message = "a probe was cut off, and may have left what it made in its account"
            return Check("journals", State.WARNING, message, "bmeconf probe --clean removes it")
        left = interrupted(folder, origin, simulated)
        if not left:
            return Check("journals", State.OK, NOTHING_LEFT)
        path = from_disk(str(left[0]))
        more = f"; {len(left) - 1} more" if len(left) > 1 else ""
        message = f"an apply did not come to its end, or is under way: {path}{more}"
        sandbox = ["--sandbox"] if simulated else []
        command = shell_line(["bmeconf", "apply", *sandbox, "--resume", path])
        remedy = f"finish it with {command}, or plan and apply again: what was done is found"
        return Check("journals", State.WARNING, message, remedy)

    def account() -> Check:
        known = Dialect.of(learned.values(root, identity, now)).changed(Dialect())
        words = ", ".join(f"{name} {size}" for name, size in known.items())
        words = f"learned of this account: {words}" if words else "nothing learned of this account"
        return Check("memory", State.OK, words)

    looks = zip(OTHERS, (lock, journals, account), strict=True)
    return tuple(checked(name, look) for name, look in looks)
