"""A small runner of GitLab pipelines: rules, stages, scripts and artifacts, as far as ours use
them, and an error for what it does not know.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

import yaml

from tests.support import shell

TERM = re.compile(
    r'\$(?P<name>\w+)(?:\s*(?P<sign>==|!=)\s*(?:\$(?P<other>\w+)|"(?P<text>[^"]*)"))?'
)
GLOBAL = {"stages", "variables", "default"}
KNOWN = {
    *("stage", "rules", "script", "artifacts", "needs", "environment", "resource_group"),
    *("interruptible", "timeout", "before_script", "parallel"),
}


def holds(condition: str, variables: Mapping[str, str]) -> bool:
    """Whether a rule's `if` is true: comparisons, joined by `&&`."""
    return all(_term(term.strip(), variables) for term in condition.split("&&"))


def _term(term: str, variables: Mapping[str, str]) -> bool:
    match = TERM.fullmatch(term)
    assert match, f"this runner does not know: {term}"
    value = variables.get(match["name"], "")
    if not match["sign"]:
        return bool(value)
    other = variables.get(match["other"], "") if match["other"] else match["text"]
    return (value == other) == (match["sign"] == "==")


@dataclass(frozen=True)
class Ended:
    """How a job ended: its exit code, all it said."""

    code: int
    said: str


@dataclass
class Pipeline:
    """One pipeline on a checkout of `source`; `variables` are those of the project and the run,
    `protected` those that only the environment by that name has.
    """

    file: Path
    source: Path
    folder: Path
    programs: str
    """The PATH of its machines."""
    variables: Mapping[str, str]
    protected: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    kept: dict[str, dict[str, bytes]] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, Any]:
        """The whole file."""
        document: dict[str, Any] = yaml.load(
            self.file.read_text(encoding="utf-8"), yaml.CSafeLoader
        )
        return document

    def jobs(self) -> dict[str, str]:
        """The jobs that this pipeline has, in the order of their stages, and when each starts."""
        document, found = self.document, {}
        for stage in document["stages"]:
            for name, job in document.items():
                if name in GLOBAL or job["stage"] != stage:
                    continue
                known = {**document["variables"], **self.variables}
                rule = next((r for r in job["rules"] if holds(r["if"], known)), None)
                if rule is not None:
                    when = rule.get("when", "on_success")
                    found |= dict.fromkeys((named for named, _ in _rows(name, job)), when)
        return found

    def variables_of(self, name: str) -> dict[str, str]:
        """What a job gets: the variables of all jobs, and those of its environment."""
        document = self.document
        job = document[name.partition(":")[0]]
        own = dict(_rows(name.partition(":")[0], job))[name]
        variables = {**document["variables"], **self.variables, **own}
        environment = job.get("environment", "")
        if isinstance(environment, dict):
            assert environment["action"] == "access", "this runner knows no other action"
            environment = environment["name"]
        environment = Template(environment).substitute(variables)
        return {**variables, **self.protected.get(environment, {})}

    def run(self, name: str) -> Ended:
        """One job, in a fresh checkout with the artifacts of those it needs."""
        document = self.document
        job = document[name.partition(":")[0]]
        assert name in self.jobs(), f"{name} is not in this pipeline"
        assert job.keys() <= KNOWN, job.keys() - KNOWN
        work = self.folder / name
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(self.source, work)
        stages = document["stages"]
        earlier = stages[: stages.index(job["stage"])]
        others = (each for each in document if each not in GLOBAL)
        needs = job.get("needs", [n for n in others if document[n]["stage"] in earlier])
        needed = [name for each in needs for name in _needed(each, document)]
        for path, data in (item for n in needed for item in self.kept.get(n, {}).items()):
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            (work / path).write_bytes(data)
        before_script = job.get("before_script", document["default"]["before_script"])
        script = [*before_script, *job["script"]]
        variables = self.variables_of(name)
        machine = {"PATH": self.programs, "HOME": str(self.folder), "CI": "true"}
        env = {**machine, "GITLAB_CI": "true", **{k: str(v) for k, v in variables.items()}}
        ran = shell.run(work, env, *shell.BASH, "\n".join(script))
        ended = Ended(ran.returncode, ran.stdout + ran.stderr)
        artifacts = job.get("artifacts", {})
        if ended.code == 0 or artifacts.get("when") == "always":
            paths = [Template(path).substitute(env) for path in artifacts.get("paths", [])]
            self.kept[name] = _files(work, paths)
        return ended


def _rows(name: str, job: Mapping[str, Any]) -> list[tuple[str, Mapping[str, str]]]:
    """The jobs that one job stands for, as GitLab names them, each with its variables."""
    if "parallel" not in job:
        return [(name, {})]
    (row,) = job["parallel"]["matrix"]
    ((variable, values),) = row.items()
    return [(f"{name}: [{value}]", {variable: value}) for value in values]


def _needed(need: Any, document: Mapping[str, Any]) -> list[str]:
    """The jobs that an entry of `needs` means: all of a name, or the one of a matrix."""
    if isinstance(need, str):
        return [name for name, _ in _rows(need, document[need])]
    (row,) = need["parallel"]["matrix"]
    (value,) = row.values()
    return [f"{need['job']}: [{value}]"]


def _files(work: Path, paths: Sequence[str]) -> dict[str, bytes]:
    found = [path for pattern in paths for path in sorted(work.glob(pattern))]
    files = [f for path in found for f in ([path] if path.is_file() else path.rglob("*"))]
    return {str(f.relative_to(work)): f.read_bytes() for f in files if f.is_file()}
