"""The lock file in a run: `take` the newest before the apply, `keep` the changed file after it.

Two merges in a row check out their own commits, which lack the lock file of the other's apply. So
`take` reads it from the tip of the branch. `keep` runs in a separate job, which may write to the
repository and has no key of the account.
"""

from __future__ import annotations

import base64
import io
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from api import Api, Failed, ServerFailed, needed, notice, opened, run

NAME = "bmeconf.lock.json"
MESSAGE = "Record what was applied"


def take(environ: Mapping[str, str]) -> None:
    """Write the lock file at the tip of the branch into PROJECT, if there is one."""
    api = opened(environ)
    entry = _tip(api, environ)
    if entry is not None:
        (Path(needed(environ, "PROJECT")) / NAME).write_bytes(_content(api, entry))


def keep(environ: Mapping[str, str]) -> None:
    """Commit the lock file that the apply of this run left in the artifact ARTIFACT."""
    api = opened(environ)
    run_id, name = needed(environ, "GITHUB_RUN_ID"), needed(environ, "ARTIFACT")
    artifacts = [
        a for a in api.pages(f"actions/runs/{run_id}/artifacts", "artifacts") if a["name"] == name
    ]
    if not artifacts:
        raise Failed(f"this run left no artifact {name}", "look at the job that applied")
    newest = max(artifacts, key=lambda artifact: int(artifact["id"]))
    archive = api.download(f"actions/artifacts/{newest['id']}/zip")
    with zipfile.ZipFile(io.BytesIO(archive)) as kept:
        content = kept.read(NAME)
    api.again(lambda: _commit(api, environ, content))


def _commit(api: Api, environ: Mapping[str, str], content: bytes) -> None:
    entry = _tip(api, environ)
    if entry is not None and _content(api, entry) == content:
        notice("notice", f"{NAME} is up to date.")
        return
    body = {
        "message": MESSAGE,
        "branch": needed(environ, "GITHUB_REF_NAME"),
        "content": base64.b64encode(content).decode(),
        **({"sha": entry["sha"]} if entry else {}),
    }
    try:
        api.send("PUT", f"contents/{_path(environ)}", body)
    except ServerFailed:
        raise
    except Failed as error:
        raise Failed(
            f"{NAME} cannot be committed: {error.message}",
            "give this step the `github-token` of an App that may bypass the protection of the"
            " branch, or set `commit-lock: false` and commit the lock file of the artifact;"
            " until then, plans tell less",
        ) from error


def _tip(api: Api, environ: Mapping[str, str]) -> dict[str, Any] | None:
    """The entry of the lock file at the tip of the branch; None if there is none."""
    folder, _, name = _path(environ).rpartition("/")
    ref = needed(environ, "GITHUB_REF_NAME")
    entries: list[dict[str, Any]] = api.get(f"contents/{folder}".rstrip("/"), ref=ref)
    return next((entry for entry in entries if entry["name"] == name), None)


def _path(environ: Mapping[str, str]) -> str:
    folder = environ.get("PROJECT", ".").strip("/").removeprefix("./")
    return quote(NAME if folder in ("", ".") else f"{folder}/{NAME}")


def _content(api: Api, entry: Mapping[str, Any]) -> bytes:
    return base64.b64decode(api.get(f"git/blobs/{entry['sha']}")["content"])


if __name__ == "__main__":
    run(take if sys.argv[1:] == ["take"] else keep)
