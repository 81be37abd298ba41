"""The newsletter, with each way in which the API may turn out to be: what was applied is in sync.

An ordinary run tries some of these ways, and every night all are tried (BMECONF_EXAMPLES).
"""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bmeconf.sandbox.switches import Switches
from tests.support.driver import Account, Project
from tests.support.strategies import DIALECTS, MANY

EXAMPLE = Path(__file__).parents[2] / "examples" / "newsletter"
BOUNDLESS = {"hour_limit": 0, "month_quota": 0}


def ways() -> Iterator[dict[str, Any]]:
    """Each value of each switch that is not the usual one."""
    for spec in dataclasses.fields(Switches):
        others = spec.metadata.get("choices", ())
        if isinstance(spec.default, bool):
            others = (spec.default, not spec.default)
        yield from ({spec.name: value} for value in others[1:])


# A search that lags shows what was before the apply.
COMMON = [way for way in DIALECTS if "search_lag_ms" not in way]
TRIED = [*COMMON, *(way for way in ways() if MANY > 1 or "body_rewriting" in way)]


def newsletter(project: Project, account: Account) -> None:
    """The newsletter's project, on this account."""
    left = shutil.ignore_patterns(".bmeconf")
    shutil.copytree(EXAMPLE, project.folder, dirs_exist_ok=True, ignore=left)
    text = (EXAMPLE / "bmeconf.yaml").read_text(encoding="utf-8")
    project.write("bmeconf.yaml", re.sub("base_url: .*", f"base_url: {account.sandbox.url}", text))
    project.env["BMECONF_PRODUCTION_KEY"] = account.sandbox.key


@pytest.mark.parametrize("dialect", TRIED, ids=str)
def test_a_plan_after_an_apply_is_empty(
    dialect: dict[str, Any], project: Project, account: Account
) -> None:
    newsletter(project, account)
    account.switch(**BOUNDLESS | dialect)
    assert len(project.plan()["steps"]) == 10
    assert {step["state"] for step in project.apply()["steps"]} == {"applied"}
    again = project.plan()
    assert again["steps"] == []
    assert {manual["zone"] for manual in again["manual"]} == {"Europe/Oslo"}
