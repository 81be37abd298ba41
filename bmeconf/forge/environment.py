"""Which forge a pipeline runs on, and what it tells of itself in the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bmeconf.forge.github import GitHub
from bmeconf.forge.gitlab import GitLab
from bmeconf.forge.http import Sleep
from bmeconf.forge.model import Forge
from bmeconf.model.errors import InvalidInput


@dataclass(frozen=True)
class Run:
    """The pipeline that this is: `commit` is what it is about, `number` and `url` name it."""

    commit: str
    number: str
    url: str

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Run:
        """What the environment tells; raises InvalidInput where it tells nothing."""
        if _is_gitlab(environ):
            commit = environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or needed(
                environ, "CI_COMMIT_SHA"
            )
            number = needed(environ, "CI_PIPELINE_ID")
            return cls(commit, number, needed(environ, "CI_PIPELINE_URL"))
        server = environ.get("GITHUB_SERVER_URL", "https://github.com")
        repository, number = needed(environ, "GITHUB_REPOSITORY"), needed(environ, "GITHUB_RUN_ID")
        commit = environ.get("HEAD_SHA") or needed(environ, "GITHUB_SHA")
        return cls(commit, number, f"{server}/{repository}/actions/runs/{number}")


def forge_of(environ: Mapping[str, str], sleep: Sleep, author: str = "") -> Forge:
    """The forge that a pipeline runs on, which waits by `sleep`.

    `author` is whom its token writes as, where that is known.

    Raises:
        InvalidInput: it is none that is known, or a variable is missing.
    """
    if _is_gitlab(environ):
        # The pipeline of a merge request from a fork runs in the fork.
        target = environ.get("CI_MERGE_REQUEST_PROJECT_ID")
        return GitLab(
            needed(environ, "CI_API_V4_URL"),
            target or needed(environ, "CI_PROJECT_ID"),
            _token(environ, "GITLAB_TOKEN"),
            sleep,
        )
    return github_of(environ, sleep, author)


def github_of(environ: Mapping[str, str], sleep: Sleep, author: str = "") -> GitHub:
    """The repository on GitHub that a workflow runs for; raises as `forge_of` does."""
    return GitHub(
        environ.get("GITHUB_API_URL", "https://api.github.com"),
        needed(environ, "GITHUB_REPOSITORY"),
        _token(environ, "GITHUB_TOKEN"),
        sleep,
        author,
    )


def branch_of(environ: Mapping[str, str]) -> str:
    """The branch that a pipeline runs for; raises as `forge_of` does."""
    return needed(environ, "CI_COMMIT_BRANCH" if _is_gitlab(environ) else "GITHUB_REF_NAME")


def needed(environ: Mapping[str, str], name: str) -> str:
    """The value of a variable; raises InvalidInput where there is none."""
    value = environ.get(name, "")
    if not value:
        raise InvalidInput(f"{name} is not set", "run this in a pipeline of GitHub or GitLab")
    return value


def _token(environ: Mapping[str, str], name: str) -> str:
    """A token that can be sent: an error about it while it is sent would show it."""
    value = needed(environ, name)
    if not (value.isascii() and value.isprintable() and " " not in value):
        raise InvalidInput(
            f"{name} holds a character that no token has", "set it anew, on one line"
        )
    return value


def _is_gitlab(environ: Mapping[str, str]) -> bool:
    return bool(environ.get("GITLAB_CI"))
