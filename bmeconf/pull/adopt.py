"""The way of a pull: account -> entries -> files that are proven to plan empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from bmeconf.desired import manifest
from bmeconf.desired.manifest import Sources
from bmeconf.kinds import ReadApi, Singleton, only
from bmeconf.project import schema_text
from bmeconf.project.scaffold import adopted_project_file
from bmeconf.pull import inventory, layout, objections, other_manifests, proof
from bmeconf.pull.cached_api import CachedApi
from bmeconf.pull.entries import PulledEntry, entry_of
from bmeconf.pull.inventory import Inventory
from bmeconf.pull.pulled import Pulled
from bmeconf.pull.query import Consent, PullQuery, Target

MOST_ROUNDS = 50
"""Each one takes something out; what is left after so many is a fault of this program."""


def adopt(
    reader: ReadApi,
    query: PullQuery,
    target: Target,
    consent: Consent,
    progress: Callable[[int, int], None],
) -> Pulled:
    """Make files of the account that plan empty, also beside the project's other manifests.

    Nothing is written. `progress` is called with how many campaigns were read, and of how many.

    Raises:
        InvalidInput: where something that was named is not in the account, contacts are not
            consented to, or another manifest stands in the way.
        ApiError, Refused, LimitReached: a read that is not complete is an error.
    """
    api = CachedApi(reader)
    account = inventory.read(api, query, target.project.policy, consent, progress)
    pulled = _proven(api, account, target)
    others = other_manifests.read(target, pulled.files)
    findings = other_manifests.check(api, pulled, others, query, target)
    support = _support_files(target, others) if pulled.declared else {}
    return replace(
        pulled,
        files={**pulled.files, **support},
        other_files=tuple(sorted(others.files)),
        other_findings=findings,
    )


def _proven(api: ReadApi, account: Inventory, target: Target) -> Pulled:
    """The account as files; whatever stands in the way of an empty plan is taken out."""
    entries = [entry_of(r, account.id_map, account.several) for r in account.resources]
    structure = only(Singleton).address
    if account.several and not any(entry.address == structure for entry in entries):
        # Also where the query leaves the structure out: a plan has to know which one is meant.
        entries.append(PulledEntry(structure, {"id": account.id_map.structure_id}))
    left = [*account.left_out]
    wrong = [*objections.unnamed_lists(account.resources), *objections.unsafe(entries)]
    for _ in range(MOST_ROUNDS):
        entries, more = objections.without(entries, wrong)
        left += more
        laid = layout.lay_out(entries)
        wrong = [*proof.objections(api, laid, target)] if laid.files else []
        if not wrong:
            declared = [entry.address for part in laid.entries.values() for entry in part]
            return Pulled(laid.files, tuple(declared), tuple(left))
    raise AssertionError("what was pulled does not plan empty, whatever is taken out")


def _support_files(target: Target, others: Sources) -> Mapping[str, str]:
    """The schemas that the manifests name, and a project file where there is none.

    With such a file a plan reads the folder of manifests alone. So a project that has manifests
    elsewhere gets none.
    """
    files = {"schemas/manifest.schema.json": schema_text("manifest")}
    if target.project.has_file or target.folder != target.project.root:
        return files
    read = {manifest.absolute(Path(file)) for file in others.files}
    if not all(path.is_relative_to(target.folder / layout.MANIFESTS) for path in read):
        return files
    files["schemas/project.schema.json"] = schema_text("project")
    return {"bmeconf.yaml": adopted_project_file(), **files}
