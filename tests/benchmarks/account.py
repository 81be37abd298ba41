"""A loopback account of any size that answers what a plan asks, and costs its client little.

Written from the API contract: structure and lists (4.1, 4.3), contacts and their search (4.2),
campaigns (4.4), domains (4.6). It has no limits (3), checks no key, and writes nothing. Replies
are kept, so that a second run with the same requests waits for no JSON. Of 100 contacts, one is
missing that the manifest of `jobs` declares, and one differs from it.
"""

from __future__ import annotations

import argparse
import json
import re
import socketserver
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

STEP, MISSING, DIFFERENT = 100, 1, 2
"""One resource in `STEP` is missing in the account, and another one differs."""
STRUCTURE, LIST = "5f00000000000000000000aa", "5f00000000000000000000bb"
FIRST_NAME, CITY = "5f00000000000000000000c1", "5f00000000000000000000c2"
WHEN = {"createdAt": "2026-03-28T14:30:00.000Z", "updatedAt": "2026-03-28T14:30:00.000Z"}
NAME, DOMAIN = "Newsletter", "acme.example"
Raw = dict[str, Any]
STRUCTURE_SHOWN = {
    "_id": STRUCTURE,
    "label": "Default Contacts",
    "keyName": "Email",
    "keyType": "email",
    "fields": [
        {"_id": FIRST_NAME, "label": "First Name", "dataType": "text", "required": False},
        {"_id": CITY, "label": "City", "dataType": "text", "required": False},
    ],
    "tags": [],
    "__v": 0,
}
LISTS = [{"_id": LIST, "name": NAME, "type": "static", "__v": 0, **WHEN}]
DOMAINS = [
    {
        "_id": "5f00000000000000000000dd",
        "domain": DOMAIN,
        "type": "multi-record",
        "status": "verified",
        "isReadyForSending": True,
        **WHEN,
    }
]


def email(number: int) -> str:
    """The address of the contact with this number."""
    return f"seed{number:07d}@{DOMAIN}"


def body(number: int) -> str:
    """The HTML of the draft with this number."""
    return f"<html><body><p>News of number {number}.</p></body></html>"


def is_missing(number: int) -> bool:
    """True if the account lacks what is declared under this number."""
    return number % STEP == MISSING


def is_different(number: int) -> bool:
    """True if the account has a former value of what is declared under this number."""
    return number % STEP == DIFFERENT


class Account:
    """The account: so many contacts and drafts, and the number of requests that it answered."""

    def __init__(self, contacts: int, drafts: int) -> None:
        totals = {"totalContacts": contacts, "totalCampaigns": drafts}
        self.list_rows = [each | totals for each in LISTS]
        self.contacts = {email(n): _contact(n) for n in range(contacts) if not is_missing(n)}
        self.campaigns = {f"{2**80 + n:024x}": n for n in range(drafts) if not is_missing(n)}
        self._kept: dict[tuple[object, ...], tuple[int, bytes]] = {}
        self._counted, self._lock = 0, threading.Lock()

    def answer(self, method: str, path: str, query: str, content: bytes) -> tuple[int, bytes]:
        """The status and the JSON of the reply to a request."""
        request = method, path, query, content
        if request not in self._kept:
            self._kept[request] = self._made(*request)
        with self._lock:
            self._counted += 1
        return self._kept[request]

    def counted(self) -> int:
        """How many requests were answered since this was asked."""
        with self._lock:
            counted, self._counted = self._counted, 0
        return counted

    def _made(self, method: str, path: str, query: str, content: bytes) -> tuple[int, bytes]:
        found = None
        if (method, path) == ("POST", "/api/contact/search"):
            found = self._found(json.loads(content))
        elif method == "GET":
            asked = {
                key: int(value) for key, [value] in parse_qs(query).items() if value.isdecimal()
            }
            found = self._shown(path, asked)
        if found is None:
            error = {"errorType": "RecordNotFound", "message": f"{method} {path}"}
            return 404, json.dumps({"errors": [error]}).encode()
        return 200, json.dumps(found).encode()

    def _shown(self, path: str, asked: Mapping[str, int]) -> Any:
        lists = f"/api/contact-structure/{STRUCTURE}/lists"
        match path.rsplit("/", 1):
            case ["/api", "contact-structure"]:
                return [STRUCTURE_SHOWN]
            case ["/api/contact-structure", id] if id == STRUCTURE:
                return STRUCTURE_SHOWN
            case [before, "all"] if before == lists:
                return LISTS
            case ["/api/email", "domain"]:
                return DOMAINS
            case ["/api/email", "campaign"]:
                return _page([_row(id, n) for id, n in self.campaigns.items()], asked)
            case ["/api/email/campaign", id] if id in self.campaigns:
                return _campaign(id, self.campaigns[id])
            case ["/api", "contact"]:
                return [_whole(contact) for contact in self.contacts.values()]
            case ["/api/contact", id]:
                known = (each for each in self.contacts.values() if each["_id"] == id)
                return next(map(_whole, known), None)
        return _page(self.list_rows, asked) if path == lists else None

    def _found(self, asked: Mapping[str, Any]) -> Any:
        """The hits of a search whose groups have one address each, one page of them."""
        criteria = (
            each
            for group in asked["contactSpecification"]["filters"]
            for each in group["criterias"]
        )
        named = dict.fromkeys(value for each in criteria for value in each["values"])
        hits = [self.contacts[key] for key in named if key in self.contacts]
        begin = (asked["page"] - 1) * asked["pageSize"]
        return {"contacts": hits[begin : begin + asked["pageSize"]], "totalRecords": len(hits)}


def _contact(number: int) -> Raw:
    """A contact as a search shows it."""
    city = "Bergen" if is_different(number) else "Oslo"
    return {
        "_id": f"{2**72 + number:024x}",
        "key": email(number),
        "contactStructureId": STRUCTURE,
        "fields": [{"_id": FIRST_NAME, "value": f"Seed {number}"}, {"_id": CITY, "value": city}],
        "lists": [{"_id": LIST}],
        "tags": [],
        "contactStatus": "Active",
        **WHEN,
    }


def _whole(contact: Raw) -> Raw:
    """A contact as a read of it alone shows it."""
    status = {"status": {"primary": contact["contactStatus"]}, "__v": 0}
    return {key: value for key, value in contact.items() if key != "contactStatus"} | status


def _row(id: str, number: int) -> Raw:
    """A draft as a listing shows it."""
    return {
        "_id": id,
        "name": f"Draft {number}",
        "status": "draft",
        "subStatus": None,
        "from": f"news@{DOMAIN}",
        "subject": f"{'Old news' if is_different(number) else 'News'} {number}",
        "previewText": "",
        **WHEN,
    }


def _campaign(id: str, number: int) -> Raw:
    """A draft as a read of it alone shows it."""
    return _row(id, number) | {
        "fromName": "Acme",
        "body": body(number),
        "plainTextBody": "",
        "replyToAddresses": [],
        "contactStructureId": STRUCTURE,
        "lists": [LIST],
        "__v": 0,
    }


def _page(rows: Sequence[Raw], asked: Mapping[str, int]) -> Raw:
    size = asked.get("size", 10)
    begin = (asked.get("page", 1) - 1) * size
    return {"total": len(rows), "records": rows[begin : begin + size]}


class Server(socketserver.ThreadingTCPServer):
    """HTTP with as little around it as it takes; each reply waits for `delay` seconds."""

    allow_reuse_address = daemon_threads = True
    request_queue_size = 128

    def __init__(self, account: Account, delay: float) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.account, self.delay = account, delay


class Connection(socketserver.StreamRequestHandler):
    """One connection, with any number of requests after another."""

    server: Server
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle(self) -> None:
        while line := self.rfile.readline():
            method, target, _ = line.decode("ascii").split()
            head = b"".join(iter(self.rfile.readline, b"\r\n"))
            length = re.search(rb"(?im)^content-length:\s*(\d+)", head)
            content = self.rfile.read(int(length[1])) if length else b""
            url, account = urlsplit(target), self.server.account
            if url.path == "/requests":
                status, reply = 200, b"%d" % account.counted()
            else:
                time.sleep(self.server.delay)
                status, reply = account.answer(method, url.path, url.query, content)
            self.wfile.write(
                b"HTTP/1.1 %d .\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (status, len(reply), reply)
            )
            self.wfile.flush()


def main(arguments: Sequence[str]) -> None:
    """Serve until the end of the process; the first line on stdout is the port."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--contacts", type=int, default=0)
    options.add_argument("--drafts", type=int, default=0)
    options.add_argument("--delay", type=float, default=0.0, help="seconds before each reply")
    given = options.parse_args(arguments)
    with Server(Account(given.contacts, given.drafts), given.delay) as server:
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
