"""The data of bmeconf.yaml -> Project, and what its schema cannot say. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bmeconf.desired.manifest import Block, Node, ProjectFile, Scalar, at
from bmeconf.desired.validate.reading import ManifestProblems, ordered
from bmeconf.desired.validate.shape import Shape, key_in_file, keys_in_file
from bmeconf.desired.validate.times import date_fault
from bmeconf.model import Place, Problem
from bmeconf.model.errors import InvalidInput
from bmeconf.project import AccountEntry, KnownDrift, Policy, Project, origin


def project(file: ProjectFile, root: Path) -> Project:
    """The project file in `root` as data, or defaults; raises ManifestProblems (design 2)."""
    if file.document is None and not file.problems:
        return Project(root)
    data, problems = None, list(file.problems)
    if file.document is not None:
        pasted = set(_pasted_keys(file.document))
        problems += [*keys_in_file(file.document), *map(key_in_file, pasted)]
        data, flaws = Shape("project").check(file.document)
        problems += [flaw.problem() for flaw in flaws if flaw.place not in pasted]
        if not flaws:
            problems += _check(file.document, data)
    problems = ordered(problems)
    if data is None or any(problem.level == "error" for problem in problems):
        raise ManifestProblems(problems)
    return _build(root, data)


def _pasted_keys(tree: Node) -> Iterator[Place]:
    """The places where an API key stands instead of the name of its variable.

    However short: `bme_` is what keys begin with, and no variable.
    """
    accounts = at(tree, ("accounts",))
    for _, account in accounts.entries if isinstance(accounts, Block) else ():
        named = account.get("api_key_env") if isinstance(account, Block) else None
        if isinstance(named, Scalar) and named.text.strip().startswith("bme_"):
            yield named.place


def _check(tree: Node, data: Mapping[str, Any]) -> Iterator[Problem]:
    """Problems of sound data: base URLs that are none, days that do not exist."""
    for name, account in (data.get("accounts") or {}).items():
        try:
            origin(account["base_url"])
        except InvalidInput as error:
            place = at(tree, ("accounts", name, "base_url")).place
            yield Problem(place, "", f"accounts.{name}.base_url: {error.message}", "base_url")
    for index, known in enumerate(_known_drift(data)):
        if _day(known["expires"]) is None:
            path = ("policy", "known_drift", index, "expires")
            reason = date_fault(known["expires"])
            message = (
                f'policy.known_drift[{index + 1}].expires: "{known["expires"]}" is not a date'
                f"{f': {reason}' if reason else ''}"
            )
            yield Problem(at(tree, path).place, "", message, "date")


def _build(root: Path, data: Mapping[str, Any]) -> Project:
    """The project that sound data describes."""
    manifests = data.get("manifests")
    return Project(
        root=root,
        manifests=tuple(manifests) if manifests else None,
        accounts=MappingProxyType(
            {
                name: AccountEntry(
                    name,
                    origin(account["base_url"]),
                    account["api_key_env"],
                    MappingProxyType(dict(account.get("vars") or {})),
                )
                for name, account in (data.get("accounts") or {}).items()
            }
        ),
        policy=_policy(data),
        has_file=True,
    )


def _policy(data: Mapping[str, Any]) -> Policy:
    policy = data.get("policy") or {}
    seeds = policy.get("seeds")
    return Policy(
        seeds=None if seeds is None else tuple(seeds),
        max_deletes=policy.get("max_deletes"),
        known_drift=tuple(
            KnownDrift(
                known["address"],
                known["field"],
                known["reason"],
                _day(known["expires"]) or date.max,
                known.get("owner"),
            )
            for known in _known_drift(data)
        ),
    )


def _known_drift(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return (data.get("policy") or {}).get("known_drift") or []


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
