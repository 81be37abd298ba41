"""The simulated account, called without the client."""

from __future__ import annotations

import subprocess
from typing import Any

import requests

from bmeconf.sandbox import DEFAULT_KEY, Sandbox, Switches

ABSENT = "f" * 24


class Api:
    """One running sandbox, called over real sockets; a context manager."""

    def __init__(self, *switches: str, **sandbox: Any) -> None:
        self.sandbox = Sandbox(switches=Switches.parse(switches), **sandbox)

    def __enter__(self) -> Api:
        self.sandbox.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.sandbox.stop()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        key: str | None = DEFAULT_KEY,
        **params: Any,
    ) -> requests.Response:
        headers = {} if key is None else {"X-API-Key": key}
        return requests.request(
            method, self.sandbox.url + path, json=body, headers=headers, params=params, timeout=10
        )

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of a GET that must succeed."""
        response = self.call("GET", path, **params)
        assert response.status_code == 200, response.text
        return response.json()

    def state(self) -> Any:
        return self.get("/_sandbox/state")

    def put_state(self, **parts: Any) -> Any:
        response = self.call("PUT", "/_sandbox/state", parts)
        assert response.status_code == 200, response.text
        return response.json()

    def switch(self, **values: Any) -> None:
        response = self.call("PATCH", "/_sandbox/switches", values)
        assert response.status_code == 200, response.text

    def find(self, part: str, **wanted: Any) -> dict[str, Any]:
        """The one document of the state with these values."""
        hits: list[dict[str, Any]] = [
            doc for doc in self.state()[part] if wanted.items() <= doc.items()
        ]
        assert len(hits) == 1
        return hits[0]

    @property
    def structure(self) -> dict[str, Any]:
        return dict(self.state()["structures"][0])

    @property
    def lists(self) -> str:
        return f"/api/contact-structure/{self.structure['_id']}/lists"

    def list_id(self, name: str) -> str:
        return str(self.find("lists", name=name)["_id"])

    def field_id(self, label: str) -> str:
        ids = {field["label"]: field["_id"] for field in self.structure["fields"]}
        return str(ids[label])


def refused(response: requests.Response, status: int, error_type: str, field: str = "") -> str:
    """Assert the envelope's one error and give its message."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/json"
    (error,) = response.json()["errors"]
    assert error["errorType"] == error_type, error
    if field:
        assert error.get("field") == field, error
    return str(error["message"])


def search_all(api: Api) -> dict[str, Any]:
    return {
        "contactStructureId": api.structure["_id"],
        "page": 1,
        "pageSize": 5,
        "source": ["key"],
        "contactSpecification": {"filters": []},
    }


def search(api: Api, *groups: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "contactStructureId": api.structure["_id"],
        "page": 1,
        "pageSize": 50,
        "source": ["key"],
        "contactSpecification": {"filters": [{"criterias": group} for group in groups]},
        **more,
    }


def exported(process: subprocess.Popen[str]) -> dict[str, str]:
    """The environment that a served sandbox prints for a shell."""
    assert process.stdout
    lines = [process.stdout.readline().removeprefix("export ").strip() for _ in range(2)]
    return dict(line.split("=", 1) for line in lines)
