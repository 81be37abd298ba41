"""The simulated account, called without the client."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from bmeconf.sandbox import DEFAULT_KEY, Sandbox, Switches
from tests.support.driver import Account

ABSENT = "f" * 24
CONTACTS, CAMPAIGNS, STRUCTURES = "/api/contact", "/api/email/campaign", "/api/contact-structure"
SEARCH, EVENTS = f"{CONTACTS}/search", f"{CONTACTS}/events"
TEMPLATES = "/api/email/template"
STATUS = {
    "UnauthorizedError": 401,
    "ForbiddenError": 403,
    "RecordNotFound": 404,
    "TooManyRequestsError": 429,
}
"""The status of an error by its type, where it is not 400."""
UNSUBSCRIBED = {"primary": "Inactive", "secondary": "Unsubscribe"}


class Api(Account):
    """An account of its own, called over real sockets; a context manager."""

    def __init__(self, *switches: str, **sandbox: Any) -> None:
        super().__init__(Sandbox(switches=Switches.parse(switches), **sandbox))

    def __enter__(self) -> Api:
        self.sandbox.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.session.close()
        self.sandbox.stop()

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        key: str | None = DEFAULT_KEY,
        **params: Any,
    ) -> requests.Response:
        headers = {} if key is None else {"X-API-Key": key}
        return self.session.request(
            method, self.sandbox.url + path, json=body, headers=headers, params=params, timeout=10
        )

    def ok(
        self, method: str, path: str, body: Any = None, *, status: int = 200, **more: Any
    ) -> Any:
        """The JSON of a request that must succeed; None for a 204, which has no body."""
        response = self.send(method, path, body, **more)
        assert response.status_code == status, response.text
        assert status != 204 or response.content == b""
        return response.json() if response.content else None

    def error(
        self,
        error_type: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        field: str = "",
        **more: Any,
    ) -> str:
        """The message of a request that must be refused with one error of this type."""
        response = self.send(method, path, body, **more)
        return refused(response, STATUS.get(error_type, 400), error_type, field)

    def invalid(self, field: str, method: str, path: str, body: Any = None, **more: Any) -> str:
        """The message of a request that must be refused for this field, if there is one."""
        return self.error("ValidationError", method, path, body, field=field, **more)

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of a GET that must succeed."""
        return self.ok("GET", path, **params)

    def names(self, path: str, **params: Any) -> list[str]:
        """The names on one page."""
        return [row["name"] for row in self.get(path, **params)["records"]]

    def put_state(self, **parts: Any) -> Any:
        """Replace the whole account by these parts."""
        return self.set(parts)

    def add_structure(self) -> str:
        """The id of a second contact structure."""
        self.add("structures", label="Second")
        return str(self.state()["structures"][1]["_id"])

    @property
    def structure(self) -> dict[str, Any]:
        return dict(self.state()["structures"][0])

    @property
    def structure_path(self) -> str:
        return f"{STRUCTURES}/{self.structure['_id']}"

    @property
    def lists(self) -> str:
        return f"{self.structure_path}/lists"

    def contact_path(self, who: str) -> str:
        """The path of somebody at example.com."""
        return f"{CONTACTS}/{self.id_of('contacts', f'{who}@example.com')}"

    def campaign_path(self, name: str) -> str:
        """The path of a campaign."""
        return f"{CAMPAIGNS}/{self.id_of('campaigns', name)}"

    def list_path(self, name: str) -> str:
        """The path of a list."""
        return f"{self.lists}/{self.list_id(name)}"

    def list_id(self, name: str) -> str:
        return self.id_of("lists", name)


def refused(response: requests.Response, status: int, error_type: str, field: str = "") -> str:
    """Assert the envelope's one error and give its message."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/json"
    (error,) = response.json()["errors"]
    assert error["errorType"] == error_type, error
    if field:
        assert error.get("field") == field, error
    return str(error["message"])


def search(api: Api, *groups: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "contactStructureId": api.structure["_id"],
        "page": 1,
        "pageSize": 50,
        "source": ["key"],
        "contactSpecification": {"filters": [{"criterias": group} for group in groups]},
        **more,
    }


def by(column: str, *values: str, **more: Any) -> dict[str, Any]:
    """One criterion of a search."""
    return {"columnToFilter": column, "operator": "EQ", "values": list(values), **more}


def valid(api: Api) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """A rich request that succeeds, for every operation with a body: method, path, body."""
    state = api.state()
    structure, news = state["structures"][0], state["lists"][0]
    contact, draft = state["contacts"][0], state["campaigns"][-1]
    owner = structure["_id"]
    whole = {
        "contactStructureId": owner,
        "fields": [{"_id": structure["fields"][0]["_id"], "value": "x"}],
        "lists": [news["_id"]],
        "tags": [{"_id": structure["tags"][0]["_id"]}],
    }
    campaign = {
        "name": "May news",
        "from": "news@acme.example",
        "fromName": "Acme",
        "subject": "May at Acme",
        "previewText": "Three short stories",
        "body": "<html><body><p>Hello</p></body></html>",
        "plainTextBody": "Hello",
        "replyToAddresses": ["hello@acme.example"],
        "contactStructureId": owner,
        "lists": [news["_id"]],
    }
    old = [doc["_id"] for doc in state["lists"][-2:]]
    source = ["key", "fields", "tags", "lists", "contactStatus", "createdAt", "updatedAt"]
    specification = search(api, [by("KEY", "ann@example.com")], source=source)
    bodies: dict[str, dict[str, Any]] = {
        "POST /api/contact": {"key": "new@example.com", **whole},
        "PUT /api/contact/{contactId}": {"key": contact["key"], **whole, "__v": contact["__v"]},
        "PATCH /api/contact/{contactId}": {"status": UNSUBSCRIBED},
        "POST /api/contact/search": specification,
        "POST /api/contact/export": specification,
        "POST /api/contact-structure": {"label": "New", "fields": [{"label": "City"}]},
        "PUT /api/contact-structure/{contactStructureId}": structure,
        "POST /api/contact-structure/{contactStructureId}/lists": {"name": "New"},
        "DELETE /api/contact-structure/{contactStructureId}/lists": {"listIds": old},
        "POST /api/contact-structure/{contactStructureId}/lists/merge": {
            "name": "All",
            "listIds": old,
        },
        "PATCH /api/contact-structure/{contactStructureId}/lists/{listId}": {
            "name": "New",
            "__v": 0,
        },
        "POST /api/contact-structure/{contactStructureId}/lists/{listId}/duplicate": {},
        "POST /api/email/campaign": campaign,
        "PATCH /api/email/campaign/{campaignId}": {**campaign, "__v": draft["__v"]},
        "POST /api/email/campaign/{campaignId}/duplicate": {},
    }
    ids = ids_of(state)
    return {
        operation: (operation.split()[0], operation.split()[1].format(**ids), body)
        for operation, body in bodies.items()
    }


def ids_of(state: Any) -> dict[str, str]:
    """The objects of an account that requests are about, by the name of the parameter."""
    return {
        "contactStructureId": state["structures"][0]["_id"],
        "listId": state["lists"][0]["_id"],
        "contactId": state["contacts"][0]["_id"],
        "campaignId": state["campaigns"][-1]["_id"],
    }


def at_once(threads: int, work: Callable[[], list[int]]) -> list[int]:
    """What each of these threads got from the same work."""
    with ThreadPoolExecutor(threads) as pool:
        parts = [pool.submit(work) for _ in range(threads)]
        return [status for part in parts for status in part.result()]
