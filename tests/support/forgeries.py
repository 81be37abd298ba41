"""What somebody else makes of the files that the program keeps: journals, lock files, saved plans.

Whoever can add a file to a pull request can do each of these: nothing in a file is secret, and
every digest without a key can be made again.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from bmeconf.baseline import Section
from bmeconf.kinds.replies import digest
from bmeconf.project import learned
from tests.support.driver import Account, Project
from tests.support.git import git
from tests.support.laboratory import Laboratory
from tests.support.oracle import IDENTITY, key_of
from tests.support.strategies import OTHER, Data


def undigested(plan: Data) -> Data:
    """A plan document with the digest that it should have."""
    body = {key: value for key, value in plan.items() if key != "digest"}
    return {**body, "digest": digest(body)}


def edit_plan(project: Project, edit: Callable[[Data], object]) -> None:
    """Change the saved plan plan.json, with the digest that it should have then."""
    path = project.folder / "plan.json"
    plan = json.loads(path.read_text())
    edit(plan)
    path.write_text(json.dumps(undigested(plan)))


def teach(project: Project, values: Data, server: str = "") -> None:
    """Write what a run is said to have learned of the project's account, or the one at `server`."""
    until = (datetime.now(UTC) + timedelta(days=80)).isoformat()
    entries = {name: {"value": value, "until": until} for name, value in values.items()}
    accounts = {server or project.env["BMECONF_BASE_URL"]: entries}
    document = {"format": learned.FORMAT, "accounts": accounts}
    project.write(".bmeconf/learned.json", json.dumps(document))


def checked_again(lock: Any) -> str:
    """The text of a lock file after an edit, with the check that each entry should have."""
    # What is no lock file any more has none.
    with contextlib.suppress(KeyError, AttributeError, TypeError):
        for account, section in lock["accounts"].items():
            checked = Section(account, section["base_url"])
            for key, entry in section["resources"].items():
                told = {k: v for k, v in entry.items() if k != "check"}
                entry["check"] = checked.digest(key, told)
    return json.dumps(lock, indent=1)


class Forger:
    """Somebody who may write every file of a project, and has a key to look up what they like."""

    def __init__(self, laboratory: Laboratory, project: Project, dice: Random) -> None:
        self._laboratory, self._project, self._dice = laboratory, project, dice
        self._account: Account = laboratory.account

    def ways(self) -> Mapping[str, Callable[[], object]]:
        """Every forgery, by what it does; each may find nothing to do."""
        return {
            "swap ids in a journal": self._swap_journal_ids,
            "take lines out of a journal": self._thin_journal,
            "tell of another copy in a journal": self._claim_copy,
            "track the journals in Git": self._track,
            "bring a journal of another project": self._foreign_journal,
            "take entries out of the lock file": self._thin_lock,
            "swap ids in the lock file": self._swap_lock_ids,
            "call in sync what is not, in the lock file": self._hide_in_lock,
            "lead a step of the saved plan to another object": self._lead_plan,
            "take the findings out of the saved plan": self._quiet_plan,
        }

    # --- journals

    def _swap_journal_ids(self) -> None:
        def swap(lines: list[Data]) -> None:
            ids = self._ids()
            for line in lines[1:]:
                if line.get("id") and self._dice.random() < 0.7:
                    line["id"] = self._dice.choice(ids)

        self._edit_journal(swap)

    def _thin_journal(self) -> None:
        def thin(lines: list[Data]) -> None:
            for _ in range(self._dice.randint(1, 3)):
                if len(lines) > 1:
                    del lines[self._dice.randrange(1, len(lines))]

        self._edit_journal(thin)

    def _claim_copy(self) -> None:
        """Every copy of the journal's plan seems to have made some object that is there."""

        def claim(lines: list[Data]) -> None:
            steps = lines[0]["plan"]["steps"]
            del lines[1:]
            state = self._account.state()
            for step in steps:
                kind = step["address"].partition("/")[0]
                there = state.get(kind) if step["action"] == "create" else None
                if not there:
                    continue
                one = self._dice.choice(there)
                lines += [
                    {
                        "event": "copy",
                        "step": step["id"],
                        "made": "2020-01-01T00:00:00Z",
                        "ids": [o["_id"] for o in there if o is not one],
                        "source": one,
                    },
                    {"event": "write", "step": step["id"], "method": "POST", "path": "/api/x"},
                    {"event": "answer", "step": step["id"], "fate": "taken", "id": one["_id"]},
                ][:: self._dice.choice((1, 1, 2))]

        self._edit_journal(claim)

    def _edit_journal(self, edit: Callable[[list[Data]], None]) -> None:
        paths = self._project.journals()
        if not paths:
            return
        path = self._dice.choice(paths[-2:])
        lines = [json.loads(x) for x in path.read_text().splitlines(keepends=True) if x[-1] == "\n"]
        if lines:
            edit(lines)
            path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))

    def _track(self) -> None:
        folder = self._project.folder
        git(folder, "init", "--quiet")
        git(folder, "add", "--force", ".")

    def _foreign_journal(self) -> None:
        """A journal of the same account and the same plan, cut off by somebody else's hand."""
        path = self._project.folder / "plan.json"
        if not path.exists():
            return
        plan = json.loads(path.read_text())
        begin = {"event": "begin", "format": "bmeconf.journal/1", "plan": plan, "skip_stale": True}
        folder = self._project.folder / ".bmeconf" / "journals"
        folder.mkdir(parents=True, exist_ok=True)
        name = folder / f"20991231T000000.{self._dice.randrange(10**6):06}Z-{'0' * 8}.jsonl"
        name.write_text(json.dumps(begin) + "\n")
        self._claim_copy()

    # --- lock files

    def _thin_lock(self) -> None:
        def thin(entries: Data) -> None:
            for key in [*entries]:
                if self._dice.random() < 0.5:
                    del entries[key]

        self._edit_lock(thin)

    def _swap_lock_ids(self) -> None:
        def swap(entries: Data) -> None:
            for key, entry in entries.items():
                there = self._account.state().get(key.partition("/")[0])
                if there:
                    entry["id"] = self._dice.choice(there)["_id"]

        self._edit_lock(swap)

    def _hide_in_lock(self) -> None:
        """What was sent stays, and the rest is as somebody has just seen it."""
        state = self._account.state()
        names = {key_of("campaigns", o["name"]): o["name"] for o in state["campaigns"]}
        # What declares nothing but a name is in sync, and so all of its row is remembered.
        bare = {"campaigns": [{"name": name} for name in names.values()]}
        other = self._laboratory.project([{**bare, "structure": {"label": "Default"}}])
        other.run("drift", "--record")
        if not (text := other.lock_text()):
            return
        (now,) = (s["resources"] for s in json.loads(text)["accounts"].values())

        def hide(entries: Data) -> None:
            for key, entry in entries.items():
                seen = now.get(key, {})
                told = ("listed", "updated_at", "version", "id")
                entry.update({k: seen[k] for k in told if k in seen}, seen=entry.get("sent", {}))

        self._edit_lock(hide)

    def _edit_lock(self, edit: Callable[[Data], None]) -> None:
        if not (text := self._project.lock_text()):
            return
        whole = json.loads(text)
        for section in whole["accounts"].values():
            edit(section["resources"])
        self._project.write("bmeconf.lock.json", checked_again(whole))

    # --- saved plans

    def _lead_plan(self) -> None:
        """A step is about another object of its kind, with a pin that somebody has made of that."""
        pins = self._pins()

        def lead(plan: Data) -> None:
            ways = [
                (step, id)
                for step in plan["steps"]
                for kind, id in pins
                if step["address"].startswith(kind) and step["pin"] and step["pin"]["id"] != id
            ]
            if not ways:
                return
            step, new = self._dice.choice(ways)
            kind, old = step["address"].partition("/")[0], step["pin"]["id"]
            text = json.dumps(plan).replace(old, new)
            plan.update(json.loads(text))
            for each in plan["steps"]:
                if each["id"] == step["id"]:
                    each["pin"] |= {k: v for k, v in pins[kind, new].items() if k != "uses"}

        self._edit_plan(lead)

    def _quiet_plan(self) -> None:
        self._edit_plan(lambda plan: plan.update(findings=[], manual=[]))

    def _edit_plan(self, edit: Callable[[Data], None]) -> None:
        if (self._project.folder / "plan.json").exists():
            edit_plan(self._project, edit)

    def _pins(self) -> dict[tuple[str, str], Data]:
        """The pin of everything that can be pinned, as a plan about it tells."""
        state, manifest = self._account.state(), {}
        for kind, (ours, _) in IDENTITY.items():
            mine = [o for o in state[kind] if o["contactStructureId"] != OTHER]
            form = "c{}@acme.example" if kind == "contacts" else "Forged {}"
            manifest[kind] = [{ours: form.format(n), "id": o["_id"]} for n, o in enumerate(mine)]
        manifest["structure"] = {"label": "Default"}
        ran = self._laboratory.project([manifest]).run("plan", "--format", "json")
        steps = json.loads(ran.out).get("steps", ()) if ran.out else ()
        pinned = [step for step in steps if step["pin"]]
        return {(s["address"].partition("/")[0], s["pin"]["id"]): s["pin"] for s in pinned}

    def _ids(self) -> list[str]:
        state = self._account.state()
        return [one["_id"] for kind in IDENTITY for one in state[kind]]
