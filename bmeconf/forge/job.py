"""A job of the action on GitHub: its inputs, and what it does with them. Pure.

Its steps share this by a file, which holds no secret: what a step needs beside it, the key or a
token, is in the environment of that step alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from bmeconf.forge.texts import NAME
from bmeconf.model.errors import InvalidInput

VALIDATE, ACCOUNTS, PLAN, APPLY, DRIFT = "validate", "accounts", "plan", "apply", "drift"
MODES = (VALIDATE, ACCOUNTS, PLAN, APPLY, DRIFT)
OFFLINE = (VALIDATE, ACCOUNTS)
APPLIES_ON = ("push", "workflow_dispatch", "schedule")
ON_PULL_REQUEST = "pull_request"
GIVES_SECRETS_AWAY = "pull_request_target"
"""Runs the code of a pull request with the secrets of the main branch: whoever opens one could take
the key.
"""
VARIABLE = re.compile("[A-Z][A-Z0-9_]*")
INPUT = "INPUT_"
"""What the variable of an input begins with."""
DRIFTED = (2, 9)


class Inputs(NamedTuple):
    """The inputs of the action that are no secrets, as texts."""

    mode: str
    path: str
    account: str
    name: str
    api_key_variable: str
    base_url: str
    max_requests: str
    plan_workflow: str
    expect: str
    allow_delete: str
    manual_status: str
    fail_on: str
    fail: str
    redact: str
    author: str

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Inputs:
        """The inputs as the environment of the first step has them."""
        return cls(*(environ.get(f"{INPUT}{name.upper()}", "") for name in cls._fields))


class Event(NamedTuple):
    """What started a run on GitHub, and whether it may have the key.

    `change` is the number of the pull request that it is about, empty for none.
    """

    name: str
    change: str
    is_fork: bool
    has_key: bool


class Job(NamedTuple):
    """A job whose inputs are sound. `does` is its mode, or `validate` for a plan without a key.

    `name` tells several projects of a repository apart. `change` is the pull request that is told
    of the plan, empty for none.
    """

    inputs: Inputs
    does: str
    name: str
    change: str

    @property
    def uses_account(self) -> bool:
        return self.does not in OFFLINE

    def text(self) -> str:
        """This job for `read`."""
        return json.dumps({**self._asdict(), "inputs": self.inputs._asdict()}, indent=2) + "\n"


def read(text: str) -> Job:
    """The job that an earlier step wrote.

    Raises:
        InvalidInput: the text is none of a job.
    """
    try:
        document = json.loads(text)
        return Job(Inputs(**document.pop("inputs")), **document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            "the job cannot be read", "begin it with: bmeconf ci job begin"
        ) from error


def begun(inputs: Inputs, event: Event, variables: Collection[str]) -> Job:
    """The job for an event; `variables` are the names that its machine has set already.

    Raises:
        InvalidInput: an input cannot be, or this event must not have the mode.
    """
    if inputs.mode not in MODES:
        raise InvalidInput(f"mode must be one of: {', '.join(MODES)}", "name one of them")
    if event.name == GIVES_SECRETS_AWAY:
        raise InvalidInput(
            f"{event.name} gives secrets to code that nobody reviewed", f"use {ON_PULL_REQUEST}"
        )
    if inputs.mode == APPLY and event.name not in APPLIES_ON:
        raise InvalidInput(
            "apply runs on a push, by hand or on a schedule, never on a pull request",
            "plan on a pull request, and apply its merge",
        )
    if not VARIABLE.fullmatch(inputs.api_key_variable):
        raise InvalidInput(
            "api-key-variable must be the name of an environment variable",
            "name it like BMECONF_API_KEY",
        )
    # What a shell, Python or the runner uses already must not hold the key.
    if inputs.api_key_variable in variables:
        raise InvalidInput(
            f"api-key-variable: {inputs.api_key_variable} is set already",
            "pass the key only as api-key",
        )
    name = inputs.name or inputs.account or _folder(inputs.path) or "default"
    if not NAME.fullmatch(name):
        raise InvalidInput("name may hold letters, digits and . _ - only", "name it otherwise")
    does = _does(inputs.mode, event)
    on_pull_request = does == PLAN and event.name == ON_PULL_REQUEST
    return Job(inputs, does, name, event.change if on_pull_request else "")


def verdict(job: Job, code: int) -> int:
    """The exit code of a job whose command ended with `code`.

    Steps of a plan are no failure, and drift is one only if the job is asked to fail by it.
    """
    fine = {PLAN: (2,), DRIFT: () if job.inputs.fail == "true" else DRIFTED}
    return 0 if code in fine.get(job.does, ()) else code


def _does(mode: str, event: Event) -> str:
    """What a job of this mode does for an event; raises InvalidInput where it may do nothing."""
    if mode in OFFLINE:
        return mode
    if event.is_fork and mode != PLAN:
        raise InvalidInput(f"a pull request from a fork cannot run {mode}", "it gets no key")
    if not (event.is_fork or event.has_key or (mode, event.name) == (PLAN, ON_PULL_REQUEST)):
        raise InvalidInput("there is no api-key", "pass the secret that holds it")
    return VALIDATE if event.is_fork or not event.has_key else mode


def _folder(path: str) -> str:
    """A folder as a name; without name and account it tells several projects apart."""
    words = re.sub(rb"[^A-Za-z0-9_.-]", b"-", path.removeprefix("./").encode())
    return re.sub("^[^A-Za-z0-9]+", "", words.decode())
