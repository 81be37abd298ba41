"""Find the record of the reviewed plan: commit -> pull request -> head -> planning run -> artifact.

Comments are never read. A missing record is a reason, not an error: a plan without steps needs no
review.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import review
from api import Api, Failed, needed, opened, output, run

LARGEST = 5_000_000
MEMBER = "review.json"


class Missing(Exception):
    """There is no reviewed plan for this commit; the message is the reason."""


def main(environ: Mapping[str, str]) -> None:
    """Write the record to REVIEWED, or set the output `missing` to the reason."""
    try:
        text = record(opened(environ), environ)
    except Missing as reason:
        output(environ, missing=str(reason))
        return
    review.read(text)
    Path(needed(environ, "REVIEWED")).write_text(text, encoding="utf-8")


def record(api: Api, environ: Mapping[str, str]) -> str:
    """The record for the commit of this run.

    Raises:
        Missing: if there is none.
    """
    repository = needed(environ, "GITHUB_REPOSITORY")
    pull = merged(
        api, repository, needed(environ, "GITHUB_SHA"), needed(environ, "GITHUB_REF_NAME")
    )
    number, head = pull["number"], pull["head"]["sha"]
    if (pull["head"].get("repo") or {}).get("full_name") != repository:
        raise Missing(f"#{number} came from a fork, and forks are validated, never planned")
    name = f"bmeconf-plan-{needed(environ, 'NAME')}-{number}"
    runs = planned(api, repository, workflow(environ), head)
    for planning in runs:
        artifacts = api.pages(f"actions/runs/{planning['id']}/artifacts", "artifacts", name=name)
        kept = [a for a in artifacts if a["name"] == name]
        if kept:
            newest = max(kept, key=lambda artifact: int(artifact["id"]))
            if newest.get("expired"):
                raise Missing(f"the record of the plan of #{number} has expired")
            return unpacked(api.download(f"actions/artifacts/{newest['id']}/zip"))
    if not runs:
        raise Missing(f"no run of {workflow(environ)} on #{number} succeeded at {head[:12]}")
    raise Missing(f"no run on #{number} left a plan for {head[:12]}")


def merged(api: Api, repository: str, commit: str, branch: str) -> dict[str, Any]:
    """The pull request whose merge made `commit` the tip of `branch`.

    Raises:
        Missing: if there is not exactly one.
    """
    pulls = [
        pull
        for pull in api.pages(f"commits/{commit}/pulls")
        if pull.get("merged_at")
        and pull.get("merge_commit_sha") == commit
        and pull["base"]["ref"] == branch
        and pull["base"]["repo"]["full_name"] == repository
    ]
    if len(pulls) != 1:
        raise Missing(f"{commit[:12]} is not the merge of one pull request into {branch}")
    return pulls[0]


def planned(api: Api, repository: str, path: str, head: str) -> list[dict[str, Any]]:
    """The successful runs of the workflow at `path` for `head`, newest first."""
    name = path.rpartition("/")[2]
    query = {"event": "pull_request", "head_sha": head, "status": "success"}
    runs = [
        planning
        for planning in api.pages(f"actions/workflows/{name}/runs", "workflow_runs", **query)
        if planning["head_sha"] == head
        and planning["event"] == "pull_request"
        and planning["conclusion"] == "success"
        and planning["path"].partition("@")[0] == path
        and (planning.get("head_repository") or {}).get("full_name") == repository
    ]
    return sorted(runs, key=lambda planning: int(planning["id"]), reverse=True)


def workflow(environ: Mapping[str, str]) -> str:
    """The path of the planning workflow: PLAN_WORKFLOW, otherwise the running workflow."""
    workflow_file = environ.get("PLAN_WORKFLOW", "")
    if workflow_file:
        return workflow_file if "/" in workflow_file else f".github/workflows/{workflow_file}"
    reference = needed(environ, "GITHUB_WORKFLOW_REF")
    path = re.fullmatch(r"[^/]+/[^/]+/(\.github/workflows/[^/@]+)@.*", reference)
    if path is None:
        raise Failed(f"GITHUB_WORKFLOW_REF names no workflow: {reference}")
    return path[1]


def unpacked(data: bytes) -> str:
    """The record in the archive of an artifact.

    Raises:
        Failed: if the archive has no record.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if archive.getinfo(MEMBER).file_size > LARGEST:
                raise Failed("the record of the reviewed plan is too large", review.AGAIN, 6)
            return archive.read(MEMBER).decode("utf-8")
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise Failed("the artifact holds no record of a plan", review.AGAIN, 6) from error


if __name__ == "__main__":
    run(main)
