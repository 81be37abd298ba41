"""The jobs that are measured, each done by one or more commands on the same number of resources."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from tests.benchmarks import octodns
from tests.benchmarks.account import DOMAIN, NAME, body, email, is_different, is_missing
from tests.benchmarks.process import Run, run

ROOT = Path(__file__).parents[2]
OURS = (sys.executable, "-c", "from bmeconf.cli import main; main()")
"""What the installed script does, for the code of this checkout."""
MAIL = 60_000
"""The bytes of a body, about."""
MANIFEST = 10_000
"""Entries of a manifest, which has its limits: more are several manifests."""
DRAFTS_READ = 37
"""With the reads beside those of the drafts, a plan of so many has 40 reads."""


@dataclass(frozen=True)
class Task:
    """One command that does a job: `job` and `tool` name it in the table.

    `expected` is in its output if it did the whole job. `removed` is what it must not find, `url`
    the account that counts its requests. The `first` task of a job is what others compare with.
    """

    job: str
    tool: str
    command: Sequence[str]
    folder: Path
    expected: str
    environ: Mapping[str, str]
    removed: Path | None = None
    url: str = ""

    def once(self) -> Run:
        """Do the job; raises Failed."""
        if self.removed:
            shutil.rmtree(self.removed, ignore_errors=True)
        self._answered()
        taken = run(self.command, self.folder, self.environ, self.expected)
        return replace(taken, requests=self._answered())

    def _answered(self) -> int | None:
        """How many requests the account has answered since this was asked."""
        if not self.url:
            return None
        with build_opener(ProxyHandler({})).open(f"{self.url}/requests", timeout=60) as reply:
            return int(reply.read())


@dataclass(frozen=True)
class Bench:
    """Where jobs are prepared: a folder, what must end with it, and octoDNS if it takes part."""

    folder: Path
    stack: ExitStack
    peer: Path | None

    def environ(self, **ours: str) -> Mapping[str, str]:
        """The environment of a command, with some variables of its own."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("BMECONF_", "PYTHON"))}
        return {**kept, "XDG_STATE_HOME": str(self.folder), **ours}

    def start(self) -> Iterator[Task]:
        """Starting: the version, and no more."""
        job = "print the version"
        if self.peer:
            command = (str(self.peer), "--version")
            yield Task(job, "octoDNS", command, self.folder, "octoDNS", self.environ())
        command = (*OURS, "--version")
        yield Task(
            job, "bmeconf", command, self.folder, "bmeconf", self.environ(PYTHONPATH=str(ROOT))
        )

    def contacts(self, count: int) -> Iterator[Task]:
        """A plan of contacts, beside a plan of DNS records; cold, and with what a plan keeps."""
        job = f"plan {count:,} resources"
        if self.peer:
            folder = self.folder / f"records-{count}"
            octodns.prepare(folder, count)
            command = (str(self.peer), "--config-file", "config.yaml")
            summary = octodns.summary(*changes(count))
            yield Task(job, "octoDNS", command, folder, summary, self.environ())
        url = self.stack.enter_context(served("--contacts", str(count)))
        for tool in ("bmeconf", "bmeconf, warm"):
            folder = self.folder / f"{tool}-{count}"
            expected = _declared(folder, "contacts", map(_contact, range(count)))
            # Only in a project does a run keep what it found sound.
            (folder / "bmeconf.yaml").write_text("version: 1\n")
            task = self._plan(job, tool, folder, url, expected)
            yield task if tool.endswith("warm") else replace(task, removed=folder / ".bmeconf")

    def drafts(self, count: int) -> Iterator[Task]:
        """A plan of drafts, each of which is read alone."""
        url = self.stack.enter_context(served("--drafts", str(count)))
        folder = self.folder / f"drafts-{count}"
        expected = _declared(folder, "campaigns", map(_draft, range(count)))
        yield self._plan(f"plan {count:,} drafts", "bmeconf", folder, url, expected)

    def mails(self, count: int) -> Iterator[Task]:
        """A plan of new drafts whose bodies are looked at: cold, and with what a plan keeps."""
        url = self.stack.enter_context(served("--contacts", "0"))
        for tool in ("bmeconf", "bmeconf, warm"):
            folder = self.folder / f"mails-{tool}"
            _declared(folder, "campaigns", map(_mail, range(count)))
            (folder / "bmeconf.yaml").write_text("version: 1\n")
            for n in range(count):
                (folder / f"{n}.html").write_text(_newsletter(n), encoding="utf-8")
            job, expected = f"plan {count:,} mails of 60 KB", f"Plan: {count} to create"
            task = self._plan(job, tool, folder, url, expected)
            yield task if tool.endswith("warm") else replace(task, removed=folder / ".bmeconf")

    def latency(self, delay: float) -> Iterator[Task]:
        """The same where every reply takes a while: one read after another, and side by side."""
        url = self.stack.enter_context(served("--drafts", str(DRAFTS_READ), "--delay", str(delay)))
        folder = self.folder / "latency"
        expected = _declared(folder, "campaigns", map(_draft, range(DRAFTS_READ)))
        for parallel in ("1", "4"):
            job, tool = f"40 reads of {delay * 1000:.0f} ms", f"bmeconf --parallel {parallel}"
            yield self._plan(job, tool, folder, url, expected, "--parallel", parallel)

    def _plan(
        self, job: str, tool: str, folder: Path, url: str, expected: str, *options: str
    ) -> Task:
        command = (*OURS, "plan", *options)
        environ = self.environ(
            PYTHONPATH=str(ROOT), BMECONF_BASE_URL=url, BMECONF_API_KEY="bme_us_benchmark"
        )
        return Task(job, tool, command, folder, expected, environ, url=url)


def _declared(folder: Path, kind: str, entries: Iterable[str]) -> str:
    """Write manifests of these entries; what the plan of them says."""
    written = [*entries]
    folder.mkdir()
    for number, at in enumerate(range(0, len(written), MANIFEST)):
        lines = [f"version: 1\n{kind}:\n", *written[at : at + MANIFEST]]
        (folder / f"manifest-{number}.yaml").write_text("".join(lines))
    creates, updates = changes(len(written))
    return f"Plan: {creates} to create, {updates} to update"


def _contact(n: int) -> str:
    return (
        f"- email: {email(n)}\n  fields:\n    First Name: Seed {n}\n    City: Oslo\n"
        f"  lists: [{NAME}]\n"
    )


def _draft(n: int) -> str:
    return (
        f"- name: Draft {n}\n  from: news@{DOMAIN}\n  from_name: Acme\n  subject: News {n}\n"
        f"  lists: [{NAME}]\n  body: {{html: '{body(n)}'}}\n"
    )


def _mail(n: int) -> str:
    return f"- {{name: Mail {n}, body: {{file: {n}.html}}, plain_text: {{text: News {n}}}}}\n"


def _newsletter(n: int) -> str:
    """A page of 60 KB that no other is like, of what newsletters consist of."""
    paths = sorted((ROOT / "tests/mail/lint/clean").glob("*.html"))
    parts = [re.split("<body.*?>|</body>", path.read_text(encoding="utf-8"))[1] for path in paths]
    page = f'<!doctype html><html lang="en"><body><h1>News {n}</h1>'
    for part in itertools.islice(itertools.cycle(parts), n, None):
        if len(page.encode()) > MAIL:
            break
        page += part
    return f"{page}</body></html>"


def changes(count: int) -> tuple[int, int]:
    """How many of so many resources a plan creates, and how many it updates."""
    return sum(map(is_missing, range(count))), sum(map(is_different, range(count)))


@contextmanager
def served(*arguments: str) -> Iterator[str]:
    """The base URL of a loopback account, as long as the block runs."""
    command = [sys.executable, "-m", "tests.benchmarks.account", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()
