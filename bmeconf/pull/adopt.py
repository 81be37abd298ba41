"""The way of a pull: account -> entries -> files that are proven to plan empty."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from bmeconf.desired import manifest
from bmeconf.desired.manifest import Sources
from bmeconf.kinds import Raw, ReadApi, Singleton, only
from bmeconf.model import canonical_email
from bmeconf.project import scaffold, schema_text
from bmeconf.pull import entries, inventory, layout, proof
from bmeconf.pull.entries import PulledEntry, entry_of
from bmeconf.pull.inventory import Inventory
from bmeconf.pull.model import Consent, Pulled, PullQuery, Target

MOST_ROUNDS = 50
"""Each one takes something out; what is left after so many is a fault of this program."""
Params = Mapping[str, Any] | None
Reply = TypeVar("Reply")


class CachedApi:
    """A ReadApi that asks another one for everything once, and answers from memory after that.

    So a pull proves its files against the account as it was read, by the stages of a plan,
    without a second request.
    """

    def __init__(self, api: ReadApi) -> None:
        self._api = api
        self._replies: dict[tuple[object, ...], Any] = {}
        self._contacts: dict[str, list[Raw]] = {}
        self.dialect = api.dialect

    def get(self, path: str, params: Params = None) -> Any:
        return self._once(self._api.get, path, params)

    def listing(self, path: str, params: Params = None) -> Sequence[Raw]:
        return self._once(self._api.listing, path, params)

    def pages(
        self,
        path: str,
        params: Params = None,
        in_one: str = "",
        names_suffice: Callable[[Sequence[Raw]], bool] = lambda rows: False,
    ) -> Sequence[Raw]:
        def ask(path: str, params: Params) -> Sequence[Raw]:
            # What is remembered must serve for every question to come.
            return self._api.pages(path, params, in_one)

        return self._once(ask, path, params)

    def search(self, body: Mapping[str, Any], size: int) -> Sequence[Raw]:
        """The hits; from memory where it asks only for keys that were found before."""
        criteria = [each["criterias"] for each in body["contactSpecification"]["filters"]]
        keys: list[str] = []
        if all(len(each) == 1 and each[0]["columnToFilter"] == "KEY" for each in criteria):
            keys = sorted({canonical_email(v) for each in criteria for v in each[0]["values"]})
        if keys and all(key in self._contacts for key in keys):
            return [row for key in keys for row in self._contacts[key]]
        rows = self._api.search(body, size)
        by_key: dict[str, list[Raw]] = {}
        for row in rows:
            by_key.setdefault(canonical_email(str(row.get("key"))), []).append(row)
        self._contacts |= by_key
        return rows

    def together(self, calls: Sequence[Callable[[], Reply]]) -> list[Reply]:
        return self._api.together(calls)

    def pause(self, seconds: float) -> None:
        self._api.pause(seconds)

    def _once(self, ask: Callable[[str, Params], Reply], path: str, params: Params) -> Reply:
        key = (ask.__name__, path, tuple(sorted((k, str(v)) for k, v in (params or {}).items())))
        if key not in self._replies:
            self._replies[key] = ask(path, params)
        reply: Reply = self._replies[key]
        return reply


def adopt(
    reader: ReadApi,
    query: PullQuery,
    target: Target,
    consent: Consent,
) -> Pulled:
    """Make files of the account that plan empty, also beside the project's other manifests.

    Nothing is written.

    Raises:
        InvalidInput: where something that was named is not in the account, contacts are not
            consented to, or another manifest stands in the way.
        ApiError, Refused, LimitReached: a read that is not complete is an error.
    """
    api = CachedApi(reader)
    account = inventory.read(api, query, target.project.policy, consent)
    pulled = _proven(api, account, target)
    others = proof.other_manifests(target, pulled.files)
    findings = proof.beside(api, pulled, others, query, target)
    support = _support_files(target, others) if pulled.declared else {}
    return replace(
        pulled,
        files={**pulled.files, **support},
        other_files=tuple(sorted(others.files)),
        other_findings=findings,
    )


def _proven(api: ReadApi, account: Inventory, target: Target) -> Pulled:
    """The account as files; whatever stands in the way of an empty plan is taken out."""
    kept = [entry_of(r, account.id_map, account.several) for r in account.resources]
    structure = only(Singleton).address
    if account.several and not any(entry.address == structure for entry in kept):
        # Also where the query leaves the structure out: a plan has to know which one is meant.
        kept.append(PulledEntry(structure, {"id": account.id_map.structure_id}))
    left = [*account.left_out]
    wrong = [*entries.unnamed_lists(account.resources), *entries.unsafe(kept)]
    for _ in range(MOST_ROUNDS):
        kept, more = entries.without(kept, wrong)
        left += more
        laid = layout.lay_out(kept)
        wrong = [*proof.objections(api, laid, target)] if laid.files else []
        if not wrong:
            declared = [entry.address for part in laid.entries.values() for entry in part]
            return Pulled(laid.files, tuple(declared), tuple(left))
    raise AssertionError("what was pulled does not plan empty, whatever is taken out")


def _support_files(target: Target, others: Sources) -> Mapping[str, str]:
    """The schemas that the manifests name, and a project around them where there is none.

    With a project file a plan reads the folder of manifests alone. So a project that has manifests
    elsewhere gets none.
    """
    files = {"schemas/manifest.schema.json": schema_text("manifest")}
    if target.project.has_file or target.folder != target.project.root:
        return files
    read = {manifest.absolute(Path(file)) for file in others.files}
    if not all(path.is_relative_to(target.folder / layout.MANIFESTS) for path in read):
        return files
    files["schemas/project.schema.json"] = schema_text("project")
    there = [path for path in scaffold.OPTIONAL if os.path.lexists(target.folder / path)]
    around = scaffold.adopted_project().items()
    return {**{path: text for path, text in around if path not in there}, **files}
