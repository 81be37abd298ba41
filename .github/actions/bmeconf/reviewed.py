"""Merged commit -> pull request -> its head -> the run that planned it -> the record it left.

Nothing that can be written by commenting is looked at. What cannot be found is a reason, not an
error: where there is nothing to apply, nothing needs a review.
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
    """There is no reviewed plan for this commit, for the reason it tells."""


def main(environ: Mapping[str, str]) -> None:
    """Write the record of what was reviewed to REVIEWED, or the reason why there is none."""
    try:
        text = found(opened(environ), environ)
    except Missing as reason:
        output(environ, missing=str(reason))
        return
    review.read(text)
    Path(needed(environ, "REVIEWED")).write_text(text, encoding="utf-8")


def found(api: Api, environ: Mapping[str, str]) -> str:
    """The record that belongs to the commit of this run.

    Raises:
        Missing: where there is none.
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
        raise Missing(f"no run of {workflow(environ)} on #{number} ended well at {head[:12]}")
    raise Missing(f"no run on #{number} left a plan for {head[:12]}")


def merged(api: Api, repository: str, commit: str, branch: str) -> dict[str, Any]:
    """The pull request whose merge made `commit` the tip of `branch`.

    Raises:
        Missing: where there is not exactly one.
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
    """The runs of the workflow at `path` for `head` that ended well, newest first."""
    name = path.rpartition("/")[2]
    query = {"event": "pull_request", "head_sha": head, "status": "success"}
    runs = [
        found
        for found in api.pages(f"actions/workflows/{name}/runs", "workflow_runs", **query)
        if found["head_sha"] == head
        and found["event"] == "pull_request"
        and found["conclusion"] == "success"
        and found["path"].partition("@")[0] == path
        and (found.get("head_repository") or {}).get("full_name") == repository
    ]
    return sorted(runs, key=lambda found: int(found["id"]), reverse=True)


def workflow(environ: Mapping[str, str]) -> str:
    """The path of the workflow file that plans: PLAN_WORKFLOW, else the one that runs here."""
    given = environ.get("PLAN_WORKFLOW", "")
    if given:
        return given if "/" in given else f".github/workflows/{given}"
    told = needed(environ, "GITHUB_WORKFLOW_REF")
    path = re.fullmatch(r"[^/]+/[^/]+/(\.github/workflows/[^/@]+)@.*", told)
    if path is None:
        raise Failed(f"GITHUB_WORKFLOW_REF names no workflow: {told}")
    return path[1]


def unpacked(data: bytes) -> str:
    """The record in the archive of an artifact.

    Raises:
        Failed: where the archive does not hold one.
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
