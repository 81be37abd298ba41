"""A small runner of GitHub workflows: enough for ours, and an error for what it does not know.

Jobs, reusable workflows and composite actions are walked as GitHub walks them; every `run:` is
run with bash in a real checkout, with the files and variables that a runner has. Actions of
others are stood in for: checkout clones, upload-artifact hands to the fake GitHub.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support import shell
from tests.support.fake_github import FakeGitHub, Token

ROOT = Path(__file__).parents[2]
HOME, TOOL = "acme/mail", "bmeconf/bmeconf"
"""The repository of the project, and the one that bmeconf is in."""
WORD = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<op>==|!=|&&|\|\||!|[()\[\],])|(?P<name>[A-Za-z_][\w.-]*))"
)
SIGNS = (("||",), ("&&",), ("==", "!="))
"""What joins two values, the loosest first."""
HOLE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


class Unknown(Exception):
    """A workflow uses what this runner does not know: teach it, or keep the workflow simple."""


@dataclass(frozen=True)
class Context:
    """What expressions can see; `failed` is whether a step or a needed job failed before."""

    values: Mapping[str, Any]
    failed: bool = False

    def expand(self, value: Any) -> Any:
        """`value` with every `${{ }}` in it replaced; a lone one keeps its type."""
        if isinstance(value, Mapping):
            return {name: self.expand(inner) for name, inner in value.items()}
        if not isinstance(value, str):
            return value
        if whole := re.fullmatch(r"\s*\$\{\{((?:(?!\}\}).)*)\}\}\s*", value, re.DOTALL):
            return self.evaluate(whole[1])
        return HOLE.sub(lambda hole: text(self.evaluate(hole[1])), value)

    def wants(self, condition: str | bool | None) -> bool:
        """Whether a step or job with this `if` runs."""
        told = str(condition if condition is not None else "success()")
        inner = told.strip().removeprefix("${{").removesuffix("}}")
        asked = re.search(r"\b(always|failure|cancelled|success)\(\)", inner)
        return bool(self.evaluate(inner)) and (bool(asked) or not self.failed)

    def evaluate(self, expression: str) -> Any:
        """The value of one expression."""
        words = list(_words(expression))
        value, rest = self._joined(words)
        if rest:
            raise Unknown(f"{expression}: {rest}")
        return value

    def _joined(self, words: Sequence[str], level: int = 0) -> tuple[Any, Sequence[str]]:
        if level == len(SIGNS):
            return self._one(words)
        value, rest = self._joined(words, level + 1)
        while rest and rest[0] in SIGNS[level]:
            sign, (other, rest) = rest[0], self._joined(rest[1:], level + 1)
            if sign == "||":
                value = value or other
            elif sign == "&&":
                value = value and other
            else:
                value = (text(value).lower() == text(other).lower()) == (sign == "==")
        return value, rest

    def _one(self, words: Sequence[str]) -> tuple[Any, Sequence[str]]:
        if not words:
            raise Unknown("an expression ends early")
        word, rest = words[0], words[1:]
        if word == "!":
            value, rest = self._one(rest)
            return not value, rest
        if word == "(":
            value, rest = self._joined(rest)
            return value, rest[1:]
        if word.startswith("'"):
            return word[1:-1].replace("''", "'"), rest
        if rest[:1] == ["("]:
            return self._call(word, rest[1:])
        value = self._look(word)
        if rest[:1] == ["["]:
            name, rest = self._joined(rest[1:])
            # Contexts do not tell capitals apart.
            alike = {key.upper(): inner for key, inner in value.items()}
            return alike.get(text(name).upper(), ""), rest[1:]
        return value, rest

    def _call(self, name: str, rest: Sequence[str]) -> tuple[Any, Sequence[str]]:
        given: list[Any] = []
        while rest[0] != ")":
            value, rest = self._joined(rest[1:] if rest[0] == "," else rest)
            given.append(value)
        match name, given:
            case ("always" | "cancelled", []):
                value = name == "always"
            case ("success" | "failure", []):
                value = self.failed == (name == "failure")
            case ("fromJSON", [str(document)]):
                value = json.loads(document)
            case ("format", [str(words), *others]):
                value = words.format(*map(text, others))
            case _:
                raise Unknown(f"{name}({given})")
        return value, rest[1:]

    def _look(self, path: str) -> Any:
        if path in ("true", "false"):
            return path == "true"
        top, *names = path.split(".")
        if top not in self.values:
            raise Unknown(f"the context {top} of {path}")
        value = self.values[top]
        for name in names:
            value = value.get(name) if isinstance(value, Mapping) else None
        return "" if value is None else value


def _words(expression: str) -> Iterator[str]:
    at = 0
    while expression[at:].strip():
        word = WORD.match(expression, at)
        if word is None:
            raise Unknown(expression[at:])
        yield word[0].strip()
        at = word.end()


def text(value: Any) -> str:
    """A value as it reads in a string."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


@dataclass(frozen=True)
class Event:
    """What started a run: `sha` and `ref` as the runner sees them, `head` of a pull request."""

    name: str
    sha: str
    ref: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    head: str = ""
    attempt: int = 1


@dataclass(frozen=True)
class Step:
    """One `run:` that was run: what was in its environment beside the runner's, what it said."""

    job: str
    name: str
    env: Mapping[str, str]
    code: int
    said: str


@dataclass
class Job:
    """How a job ended."""

    conclusion: str = "success"
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Run:
    """A run of a workflow: its jobs by name, and every `run:` of them in order."""

    id: int
    jobs: dict[str, Job] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    summary: str = ""

    @property
    def conclusion(self) -> str:
        ended = {job.conclusion for job in self.jobs.values()}
        return "failure" if "failure" in ended else "success" if "success" in ended else "skipped"

    @property
    def log(self) -> str:
        """All that was printed, and the summary."""
        return "\n".join(
            [*(f"[{s.job}: {s.name}: {s.code}]\n{s.said}" for s in self.steps), self.summary]
        )

    def step(self, name: str) -> Step | None:
        """The step of that name, if it was run."""
        return next((step for step in self.steps if step.name == name), None)

    def ok(self) -> Run:
        """This run, where it succeeded; else a failure that shows its log."""
        assert self.conclusion == "success", self.log
        return self


@dataclass
class Runner:
    """Runs the workflow file of a repository on events.

    `programs` is the PATH of its machines, `env` what else is set on them.
    """

    github: FakeGitHub
    folder: Path
    programs: str
    secrets: Mapping[str, str]
    environments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    path: str = ".github/workflows/bmeconf.yml"

    def run(self, event: Event) -> Run:
        """One run of the workflow as it is at the event's commit."""
        source = self.github.git("show", f"{event.sha}:{self.path}")
        run = Run(self.github.begin(self.path, event.name, event.head or event.sha))
        secrets = {} if _from_fork(event) else self.secrets
        inputs = event.payload.get("inputs", {})
        Walk(self, event, run).jobs(yaml.load(source, yaml.CSafeLoader), inputs, secrets, "", None)
        self.github.end(run.id, run.conclusion)
        return run


def _from_fork(event: Event) -> bool:
    head = (event.payload.get("pull_request") or {}).get("head") or {}
    return bool(head) and (head.get("repo") or {}).get("full_name") != HOME


@dataclass
class Walk:
    """The walk through one run."""

    runner: Runner
    event: Event
    run: Run
    failed: bool = False

    def jobs(
        self,
        workflow: Mapping[str, Any],
        inputs: Mapping[str, Any],
        secrets: Mapping[str, str],
        prefix: str,
        granted: Mapping[str, str] | None,
    ) -> dict[str, Job]:
        """Every job of a workflow, in the order of the file; `granted` bounds permissions."""
        done: dict[str, Job] = {}
        for name, job in workflow["jobs"].items():
            needed = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            needs = {
                each: {"outputs": done[each].outputs, "result": done[each].conclusion}
                for each in needed
            }
            failed = any(done[each].conclusion != "success" for each in needed)
            context = Context(self._base(inputs, secrets, needs=needs), failed)
            if not context.wants(job.get("if")):
                done[name] = Job("skipped")
                continue
            given = job.get("permissions", workflow.get("permissions"))
            assert given is not None, f"{name}: no permissions"
            _within(given, granted, name)
            done[name] = self._each(f"{prefix}{name}", job, context, given)
        if not prefix:
            self.run.jobs = done
        return done

    def _each(
        self, name: str, job: Mapping[str, Any], context: Context, granted: Mapping[str, str]
    ) -> Job:
        """A job, once for each row of its matrix where it has one; no row stops the others."""
        if "strategy" not in job:
            return self._job(name, job, context, granted)
        strategy = context.expand(job["strategy"])
        assert strategy["fail-fast"] is False, strategy
        ended = Job()
        for row in strategy["matrix"]["include"]:
            own = Context({**context.values, "matrix": row}, context.failed)
            one = self._job(f"{name} ({next(iter(row.values()))})", job, own, granted)
            if one.conclusion == "failure":
                ended.conclusion = "failure"
        return ended

    def _job(
        self, name: str, job: Mapping[str, Any], context: Context, granted: Mapping[str, str]
    ) -> Job:
        if "uses" not in job:
            return self._machine(name, job, context, granted, called=" / " in name)
        called = job["uses"].partition("@")[0].removeprefix(f"{TOOL}/")
        workflow = yaml.load((ROOT / called).read_text(encoding="utf-8"), yaml.CSafeLoader)
        interface = workflow[True]["workflow_call"]
        inputs = _given(interface["inputs"], context.expand(job.get("with", {})))
        passed = context.expand(job.get("secrets", {}))
        assert passed.keys() <= interface["secrets"].keys(), passed
        jobs = self.jobs(workflow, inputs, passed, f"{name} / ", granted)
        ended = "failure" if any(j.conclusion == "failure" for j in jobs.values()) else "success"
        told = {each: {"outputs": jobs[each].outputs} for each in jobs}
        outputs = {k: o["value"] for k, o in interface.get("outputs", {}).items()}
        return Job(ended, Context({"jobs": told}).expand(outputs))

    def _machine(
        self,
        name: str,
        job: Mapping[str, Any],
        context: Context,
        granted: Mapping[str, str],
        called: bool,
    ) -> Job:
        token = Token(f"ghs_{len(self.run.steps):04}{'t' * 32}", granted)
        self.runner.github.tokens[token.text] = token
        values = dict(context.values)
        values["github"] = {**values["github"], "token": token.text}
        environment = context.expand(job.get("environment"))
        # A workflow of another repository gets what it is passed, whatever environment it names.
        if environment and not called:
            own = self.runner.environments.get(environment, {})
            values["secrets"] = {**values["secrets"], **own}
        machine = Machine(self, name, self._folder(name))
        failed, steps = machine.steps(job["steps"], values)
        outputs = Context({**values, "steps": steps}).expand(job.get("outputs", {}))
        return Job("failure" if failed else "success", outputs)

    def _folder(self, name: str) -> Path:
        folder = (
            self.runner.folder / f"{self.run.id}-{len(self.run.steps)}-{name.replace(' / ', '-')}"
        )
        for part in ("work", "temp", "home"):
            (folder / part).mkdir(parents=True)
        return folder

    def _base(self, inputs: Any, secrets: Any, **more: Any) -> dict[str, Any]:
        event = self.event
        github = {
            "event_name": event.name,
            "event": event.payload,
            "repository": HOME,
            "sha": event.sha,
            "ref": event.ref,
            "run_id": str(self.run.id),
        }
        job = {"workflow_repository": TOOL, "workflow_sha": "0" * 40}
        return {"github": github, "inputs": inputs, "secrets": secrets, "job": job, **more}


@dataclass
class Machine:
    """The machine of one job: its folders, and the PATH that steps may extend."""

    walk: Walk
    job: str
    folder: Path
    added: list[str] = field(default_factory=list)

    def steps(
        self,
        steps: Sequence[Mapping[str, Any]],
        values: Mapping[str, Any],
        action: Path | None = None,
    ) -> tuple[bool, dict[str, Any]]:
        """Every step, until one fails; whether one did, and what `steps` holds then."""
        failed, done = False, dict[str, Any]()
        for number, step in enumerate(steps):
            context = Context({**values, "steps": done}, failed)
            ended, outputs = "skipped", dict[str, str]()
            if context.wants(step.get("if")):
                ended, outputs = self._step(step, context, action)
            failed = failed or ended == "failure"
            done[step.get("id", str(number))] = {"outcome": ended, "outputs": outputs}
        return failed, done

    def _step(
        self, step: Mapping[str, Any], context: Context, action: Path | None
    ) -> tuple[str, dict[str, str]]:
        unknown = step.keys() - {"name", "id", "if", "uses", "with", "run", "shell", "env"}
        if unknown:
            raise Unknown(f"{step}: {unknown}")
        if "run" in step:
            return self._script(step, context, action)
        given = context.expand(step.get("with", {}))
        uses = step["uses"].partition("@")[0]
        if uses.startswith("./"):
            return self._composite(self.folder / "work" / uses, given, context)
        if uses.startswith(f"{TOOL}/"):
            return self._composite(ROOT / uses.removeprefix(f"{TOOL}/"), given, context)
        if uses == "actions/checkout":
            self._checkout(given)
        elif uses == "actions/upload-artifact":
            self._upload(given)
        elif uses != "actions/setup-python":
            raise Unknown(uses)
        return "success", {}

    def _composite(
        self, folder: Path, given: Mapping[str, Any], context: Context
    ) -> tuple[str, dict[str, str]]:
        action = yaml.load((folder / "action.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)
        assert action["runs"]["using"] == "composite"
        defaults = Context({"github": context.values["github"]}).expand(
            {name: entry.get("default") for name, entry in action["inputs"].items()}
        )
        assert given.keys() <= action["inputs"].keys(), given.keys() - action["inputs"].keys()
        # Inputs of an action are texts, and an empty one is one that was given.
        inputs = {**defaults, **{name: text(value) for name, value in given.items()}}
        required = [n for n, entry in action["inputs"].items() if entry.get("required")]
        assert all(inputs.get(name) for name in required)
        values = {"github": context.values["github"], "inputs": inputs}
        failed, steps = self.steps(action["runs"]["steps"], values, folder)
        outputs = {name: entry["value"] for name, entry in action.get("outputs", {}).items()}
        told = Context({**values, "steps": steps}).expand(outputs)
        return "failure" if failed else "success", {k: text(v) for k, v in told.items()}

    def _checkout(self, given: Mapping[str, Any]) -> None:
        assert given.get("persist-credentials") is False, "a checkout leaves its token behind"
        into = self.folder / "work" / given.get("path", ".")
        if given.get("repository", HOME) == TOOL:
            assert given["ref"] == "0" * 40
            shutil.copytree(ROOT / ".github" / "actions", into / ".github" / "actions")
            return
        self.walk.runner.github.clone(into, self.walk.event.sha)

    def _upload(self, given: Mapping[str, Any]) -> None:
        assert str(given["retention-days"]).isdigit()
        name, folder = given["name"], Path(given["path"])
        assert re.fullmatch(r"[\w.-]+", name), name
        files = {
            str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()
        }
        assert files, f"nothing to upload in {folder}"
        self.walk.runner.github.keep(self.walk.run.id, name, files)

    def _script(
        self, step: Mapping[str, Any], context: Context, action: Path | None
    ) -> tuple[str, dict[str, str]]:
        assert "${{" not in step["run"], f"an expression in a script: {step['run']}"
        own = {name: text(value) for name, value in context.expand(step.get("env", {})).items()}
        files = {name: self.folder / name for name in ("output", "summary", "path")}
        for file in files.values():
            file.write_text("", encoding="utf-8")
        env = {**self._env(files), **own}
        if action:
            env["GITHUB_ACTION_PATH"] = str(action)
        ran = shell.run(self.folder / "work", env, *shell.BASH, step["run"])
        name = step.get("name", step["run"])
        said = ran.stdout + ran.stderr
        self.walk.run.steps.append(Step(self.job, name, own, ran.returncode, said))
        self.walk.run.summary += files["summary"].read_text(encoding="utf-8")
        self.added += files["path"].read_text(encoding="utf-8").split()
        lines = files["output"].read_text(encoding="utf-8").splitlines()
        outputs = dict(line.split("=", 1) for line in lines)
        return "failure" if ran.returncode else "success", outputs

    def _env(self, files: Mapping[str, Path]) -> dict[str, str]:
        event, github = self.walk.event, self.walk.runner.github
        payload = self.folder / "event.json"
        payload.write_text(json.dumps(event.payload), encoding="utf-8")
        return {
            "PATH": os.pathsep.join([*self.added, self.walk.runner.programs]),
            "HOME": str(self.folder / "home"),
            "CI": "true",
            "LANG": "C.UTF-8",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": github.url,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": HOME,
            "GITHUB_EVENT_NAME": event.name,
            "GITHUB_EVENT_PATH": str(payload),
            "GITHUB_SHA": event.sha,
            "GITHUB_REF": event.ref,
            "GITHUB_REF_NAME": re.sub("^refs/(heads|pull)/", "", event.ref),
            "GITHUB_RUN_ID": str(self.walk.run.id),
            "GITHUB_RUN_ATTEMPT": str(event.attempt),
            "GITHUB_WORKFLOW_REF": f"{HOME}/{self.walk.runner.path}@{event.ref}",
            "GITHUB_WORKSPACE": str(self.folder / "work"),
            "GITHUB_OUTPUT": str(files["output"]),
            "GITHUB_STEP_SUMMARY": str(files["summary"]),
            "GITHUB_PATH": str(files["path"]),
            "RUNNER_TEMP": str(self.folder / "temp"),
            **self.walk.runner.env,
        }


def _given(interface: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    assert given.keys() <= interface.keys(), given.keys() - interface.keys()
    return {name: given.get(name, entry["default"]) for name, entry in interface.items()}


def _within(asked: Mapping[str, str], granted: Mapping[str, str] | None, job: str) -> None:
    """A called job that asks for more than its caller has does not even start."""
    rank = ("none", "read", "write")
    for name, level in asked.items():
        most = "write" if granted is None else granted.get(name, "none")
        assert rank.index(level) <= rank.index(most), f"{job} asks for {name}: {level}"
