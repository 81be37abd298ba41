"""The document of bmeconf.yaml -> a Project, or every problem in it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bmeconf.desired.manifest import Block, Node, Scalar, Sources, at, keys, walk
from bmeconf.desired.validate.flaws import dotted
from bmeconf.desired.validate.formats import date_fault, moment_fault, window
from bmeconf.desired.validate.reading import ManifestProblems, ordered
from bmeconf.desired.validate.shape import Shape
from bmeconf.model import SECONDS, LintPolicy, Place, Problem, Utm
from bmeconf.model.errors import InvalidInput
from bmeconf.project import AccountEntry, Freeze, KnownDrift, Policy, Project, origin


def project(file: Sources, root: Path) -> Project:
    """The project in `root`, with defaults where it has no project file (design 2).

    Raises:
        ManifestProblems: everything that is wrong with the file.
    """
    data, problems = None, [*file.problems]
    if not file.documents and not problems:
        return Project(root)
    for document in file.documents:
        pasted = {*_pasted_keys(document)}
        if not file.with_keys:
            problems += [*keys.in_tree(document), *map(keys.problem, pasted)]
        data, flaws = Shape("project").check(document)
        unfilled = [*_variables(document)]
        problems += unfilled
        told = pasted.union(problem.place for problem in unfilled)
        problems += [flaw.problem() for flaw in flaws if flaw.place not in told]
        if not (flaws or unfilled):
            problems += _check(document, data)
    if data is None or any(problem.level == "error" for problem in problems):
        raise ManifestProblems(ordered(problems))
    return _build(root, data)


def _pasted_keys(document: Node) -> Iterator[Place]:
    """The places of API keys, also short ones, where the name of a variable belongs."""
    accounts = at(document, ("accounts",))
    for _, account in accounts.entries if isinstance(accounts, Block) else ():
        named = account.get("api_key_env") if isinstance(account, Block) else None
        if isinstance(named, Scalar) and named.text.strip().startswith("bme_"):
            yield named.place


def _variables(document: Node) -> Iterator[Problem]:
    """Variables in values, which would be taken as they are written: a policy would not hold."""
    for path, node in walk(document):
        if isinstance(node, Scalar) and "${" in node.text:
            message = (
                f'{dotted(path)}: "${{" stands for a variable, and bmeconf.yaml has the values'
            )
            remedy = "variables are filled in manifests alone; write the value itself"
            yield Problem(node.place, "", f"{message}; {remedy}", "variable")


def _check(document: Node, data: Mapping[str, Any]) -> Iterator[Problem]:
    """What the schema cannot say of sound data: URLs that are none, days that do not exist."""
    for name, account in (data.get("accounts") or {}).items():
        try:
            origin(account["base_url"])
        except InvalidInput as error:
            place = at(document, ("accounts", name, "base_url")).place
            yield Problem(place, "", f"accounts.{name}.base_url: {error.message}", "base_url")
    policy = data.get("policy") or {}
    yield from _windows(document, policy.get("freeze") or ())
    for index, known in enumerate(policy.get("known_drift") or ()):
        try:
            date.fromisoformat(known["expires"])
        except ValueError:
            place = at(document, ("policy", "known_drift", index, "expires")).place
            reason = date_fault(known["expires"])
            message = f'policy.known_drift[{index + 1}].expires: "{known["expires"]}" is not a date'
            yield Problem(place, "", f"{message}{reason and f': {reason}'}", "date")


def _windows(document: Node, windows: Sequence[Mapping[str, str]]) -> Iterator[Problem]:
    """Windows of a freeze whose days do not exist, or that end before they begin."""
    for index, entry in enumerate(windows):
        faults = [(end, moment_fault(entry[end])) for end in ("from", "to")]
        span = window(entry["from"], entry["to"])
        if span and span[1] <= span[0]:
            faults = [("to", f"is not after from, {entry['from']}")]
        for end, fault in faults:
            if fault:
                place = at(document, ("policy", "freeze", index, end)).place
                message = f'policy.freeze[{index + 1}].{end}: "{entry[end]}" {fault}'
                yield Problem(place, "", message, "date")


def _build(root: Path, data: Mapping[str, Any]) -> Project:
    accounts = {}
    for name, account in (data.get("accounts") or {}).items():
        variables = MappingProxyType(dict(account.get("vars") or {}))
        url = origin(account["base_url"])
        accounts[name] = AccountEntry(name, url, account["api_key_env"], variables)
    policy = data.get("policy") or {}
    seeds = policy.get("seeds")
    known_drift = (
        KnownDrift(**{**known, "expires": date.fromisoformat(known["expires"])})
        for known in policy.get("known_drift") or ()
    )
    return Project(
        root,
        tuple(data.get("manifests") or ()) or None,
        MappingProxyType(accounts),
        Policy(
            None if seeds is None else tuple(seeds),
            policy.get("max_deletes"),
            (*known_drift,),
            reserve=_percent(policy.get("reserve")) or 0,
            parallel=policy.get("parallel"),
            max_audience=policy.get("max_audience"),
            audience_growth=_percent(policy.get("audience_growth")),
            freeze=tuple(map(_freeze, policy.get("freeze") or ())),
            quiet_before_send=_duration(policy.get("quiet_before_send")),
            lint=_lint(policy, data.get("merge_tags") or {}),
        ),
        has_file=True,
    )


def _lint(policy: Mapping[str, Any], merge_tags: Mapping[str, str]) -> LintPolicy:
    parameters = dict(policy.get("utm") or {})
    hosts = tuple(parameters.pop("hosts", ()))
    return LintPolicy(
        dict(policy.get("lint") or {}),
        {tag.strip("{}"): field for tag, field in merge_tags.items()},
        tuple(policy.get("staging_hosts") or ()),
        Utm(hosts, parameters) if hosts else None,
    )


def _percent(text: str | None) -> int | None:
    return int(text.removesuffix("%")) if text else None


def _duration(text: str | None) -> timedelta | None:
    return timedelta(seconds=int(text[:-1]) * SECONDS[text[-1]]) if text else None


def _freeze(entry: Mapping[str, str]) -> Freeze:
    span = window(entry["from"], entry["to"])
    assert span is not None
    return Freeze(*span, entry["from"], entry["to"], entry["reason"].strip())
