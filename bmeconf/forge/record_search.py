"""A commit on GitHub -> the record of the plan that was reviewed for it.

Commit, pull request, its last commit, the run that planned it, its artifact. Comments are never
read. A missing record is a reason, not an error: a plan without steps needs no review.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bmeconf.forge.archive import NoSuchFile
from bmeconf.forge.github import GitHub, Row
from bmeconf.forge.review import AGAIN
from bmeconf.model.errors import InvalidInput, Stale

MEMBER = "review.json"
WORKFLOW_REF = re.compile(r"[^/]+/[^/]+/(\.github/workflows/[^/@]+)@.*")


class Missing(Exception):
    """There is no reviewed plan for this commit; the message is the reason."""


def record(github: GitHub, commit: str, branch: str, name: str, workflow: str) -> str:
    """The record for the merge `commit` of a branch, which a run of `workflow` left.

    Raises:
        Missing: there is none.
        Stale: what there is holds no record.
        ForgeFailed: GitHub does not tell.
    """
    pull = _merged(github, commit, branch)
    number, head = pull["number"], pull["head"]["sha"]
    if (pull["head"].get("repo") or {}).get("full_name") != github.repository:
        raise Missing(f"#{number} came from a fork, and forks are validated, never planned")
    runs = _planned(github, workflow, head)
    for planning in runs:
        artifact = github.artifact(str(planning["id"]), f"bmeconf-plan-{name}-{number}")
        if artifact is not None:
            if artifact.get("expired"):
                raise Missing(f"the record of the plan of #{number} has expired")
            return _record(github, artifact)
    if not runs:
        raise Missing(f"no run of {workflow} on #{number} succeeded at {head[:12]}")
    raise Missing(f"no run on #{number} left a plan for {head[:12]}")


def workflow_of(environ: Mapping[str, str], named: str) -> str:
    """The path of the workflow that plans: the one that was `named`, the running one if none was.

    Raises:
        InvalidInput: no workflow runs.
    """
    if named:
        return named if "/" in named else f".github/workflows/{named}"
    reference = environ.get("GITHUB_WORKFLOW_REF", "")
    path = WORKFLOW_REF.fullmatch(reference)
    if path is None:
        message = f'GITHUB_WORKFLOW_REF names no workflow: "{reference}"'
        raise InvalidInput(message, "run this in a workflow of GitHub")
    return path[1]


def _merged(github: GitHub, commit: str, branch: str) -> Row:
    """The pull request whose merge made `commit` the tip of `branch`, if there is exactly one."""
    pulls = [
        pull
        for pull in github.pulls(commit)
        if pull.get("merged_at")
        and pull.get("merge_commit_sha") == commit
        and pull["base"]["ref"] == branch
        and pull["base"]["repo"]["full_name"] == github.repository
    ]
    if len(pulls) != 1:
        raise Missing(f"{commit[:12]} is not the merge of one pull request into {branch}")
    return pulls[0]


def _planned(github: GitHub, workflow: str, head: str) -> list[Row]:
    """The successful runs of a workflow for `head`, newest first."""
    query = {"event": "pull_request", "head_sha": head, "status": "success"}
    runs = [
        planning
        for planning in github.runs(workflow.rpartition("/")[2], **query)
        if planning["head_sha"] == head
        and planning["event"] == "pull_request"
        and planning["conclusion"] == "success"
        and planning["path"].partition("@")[0] == workflow
        and (planning.get("head_repository") or {}).get("full_name") == github.repository
    ]
    return sorted(runs, key=lambda planning: int(planning["id"]), reverse=True)


def _record(github: GitHub, artifact: Row) -> str:
    """The record in an artifact."""
    try:
        return github.file(artifact, MEMBER).decode()
    except (NoSuchFile, UnicodeDecodeError) as error:
        raise Stale(f"the artifact holds no record of a plan: {error}", AGAIN) from error
