"""The way to the account: what is wrong with a proxy or with certificates names its variable."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from bmeconf.client.route import BUNDLES
from tests.support.driver import Project
from tests.support.fake_server import FakeServer, Reply, reply

URL = "https://api.benchmarkemail.io"
PROXIES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
MANIFEST = "version: 1\nlists: [{name: Autumn}]\n"


@pytest.fixture(autouse=True)
def _no_route(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*BUNDLES, *PROXIES, "http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("variable", BUNDLES)
@pytest.mark.parametrize("named", ["nowhere.pem", "m.yaml", "empty.pem", "~/ca.pem"])
def test_certificates_that_cannot_be_read(project: Project, variable: str, named: str) -> None:
    project.write("m.yaml", MANIFEST)
    project.write("empty.pem", "")
    for command in (("plan",), ("apply", "--auto-approve"), ("drift",), ("pull", "--out", "x")):
        ran = project.run(*command, BMECONF_BASE_URL=URL, **{variable: named})
        assert ran.code == 3
        assert ran.err.startswith(f"Error: {variable}: {named}: cannot be read as certificates: ")
        assert "name a file of certificates in PEM" in ran.err


@pytest.mark.parametrize("variable", BUNDLES)
def test_certificates_say_nothing_of_this_machine(project: Project, variable: str) -> None:
    project.write("m.yaml", MANIFEST)
    project.run("plan", **{variable: "nowhere.pem"}).ok()


@pytest.mark.parametrize("variable", ["", *BUNDLES])
def test_a_certificate_that_is_refused(
    project: Project, tls: ssl.SSLContext, tmp_path: Path, variable: str
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    env = {variable: str(other)} if variable else {}
    project.write("m.yaml", MANIFEST)
    with FakeServer(lambda seen: reply([]), tls=tls) as server:
        ran = project.run("plan", BMECONF_BASE_URL=server.url, **env)
        assert server.seen == []
    assert ran.code == 1
    assert "certificate verify failed" in ran.err
    told = f"check that {other}, which {variable} names, has the certificate of" if variable else ""
    assert (told or "name the file with its certificate in REQUESTS_CA_BUNDLE") in ran.err


@pytest.mark.parametrize("variable", BUNDLES)
def test_a_certificate_that_is_vouched_for(
    project: Project, tls: ssl.SSLContext, certificate: Path, variable: str
) -> None:
    project.write("m.yaml", MANIFEST)
    with FakeServer(lambda seen: Reply(403), tls=tls) as server:
        env = {"BMECONF_BASE_URL": server.url, variable: str(certificate)}
        assert project.run("plan", **env).code == 4
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("variable", "user"), [*zip(PROXIES, ("", "ops@", "ops:pa%24s@", "ops:secret@"), strict=True)]
)
def test_a_proxy_that_refuses_is_named_without_its_user(
    project: Project, variable: str, user: str
) -> None:
    project.write("m.yaml", MANIFEST)
    with FakeServer(lambda seen: Reply(407)) as proxy:
        env = {"BMECONF_BASE_URL": URL, variable: f"http://{user}{proxy.host}"}
        refused = project.run("plan", "--verbose", **env)
    absent = project.run("plan", "--verbose", **env)
    for ran, told in ((refused, "Tunnel connection failed: 407"), (absent, "Connection refused")):
        assert ran.code == 1
        assert f"through the proxy http://{proxy.host} ({variable}): {told}" in ran.err
        assert ran.err.endswith(f"the network of this machine, and {variable}\n")
        assert not any(part in ran.err for part in ("ops", "secret", "pa%24s", "pa$s"))


@pytest.mark.parametrize("url", ["http://ops:secret@[bad", "http://", "http://a:port", "ops:x@a:1"])
def test_a_proxy_that_is_none(project: Project, url: str) -> None:
    project.write("m.yaml", MANIFEST)
    ran = project.run("plan", BMECONF_BASE_URL=URL, HTTPS_PROXY=url)
    assert (ran.code, "secret" in ran.err) == (3, False)
    assert ran.err.startswith("Error: HTTPS_PROXY: names no proxy that can be used")


def test_a_proxy_of_a_kind_that_is_not_known_is_sent_nothing(project: Project) -> None:
    project.write("m.yaml", MANIFEST)
    ran = project.run("plan", BMECONF_BASE_URL=URL, ALL_PROXY="ftp://ops:secret@a.example")
    assert (ran.code, "secret" in ran.err) == (1, False)
    assert "no answer from" in ran.err
    assert "through the proxy ftp://a.example (ALL_PROXY)" in ran.err
