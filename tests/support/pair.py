"""A project that declares two simulated accounts, staging and production."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from bmeconf.sandbox import Sandbox
from tests.support.driver import Account, Project

KEYS = {"staging": "BMECONF_STAGING_KEY", "production": "BMECONF_PRODUCTION_KEY"}
DOMAINS = {"staging": "staging.acme.example", "production": "acme.example"}
MANIFEST = {
    "lists": [{"name": "${brand} news"}],
    "contacts": [{"email": "qa@${domain}", "lists": ["${brand} news"]}],
    "campaigns": [{"name": "Winter", "subject": "${brand}: winter", "lists": ["${brand} news"]}],
}


@dataclass
class Pair:
    """The project, and both accounts by name."""

    project: Project
    accounts: dict[str, Account]

    @property
    def staging(self) -> Account:
        return self.accounts["staging"]

    @property
    def production(self) -> Account:
        return self.accounts["production"]

    def declare(self, **urls: str) -> None:
        """Write the project file, with other base URLs for some accounts."""
        accounts = {
            name: {
                "base_url": urls.get(name, account.sandbox.url),
                "api_key_env": KEYS[name],
                "vars": {"domain": DOMAINS[name], "brand": name.capitalize()},
            }
            for name, account in self.accounts.items()
        }
        text = yaml.safe_dump({"version": 1, "accounts": accounts}, sort_keys=False)
        self.project.write("bmeconf.yaml", text)


@contextmanager
def pair(folder: Path) -> Iterator[Pair]:
    """Both accounts, seeded alike, and manifests that differ by `vars` alone."""
    with Sandbox(None) as one, Sandbox(None) as other:
        accounts = {"staging": Account(one), "production": Account(other)}
        env = {KEYS[name]: account.sandbox.key for name, account in accounts.items()}
        made = Pair(Project(folder, env), accounts)
        made.declare()
        made.project.declare(**MANIFEST)
        yield made
