"""`preview`: what it writes, over what it never writes, and what it asks the account."""

from __future__ import annotations

import json
import os
import re
import time
from base64 import b64decode
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import requests

from tests.support.driver import Account, Project, watched

BODY = (
    "<html lang=en><p>Hello {key}</p><a href='http://acme.example/'>Go</a>"
    "<img src=a.png alt=A></html>"
)
PNG = b"\x89PNG a picture"


def declare(project: Project, *names: str, **fields: Any) -> None:
    project.write("mails/one.html", BODY)
    (project.folder / "mails/a.png").write_bytes(PNG)
    project.declare(
        lists=[{"name": "Newsletter"}],
        contacts=[
            {"email": "other@acme.example"},
            {"email": "qa@acme.example", "lists": ["Newsletter"]},
        ],
        campaigns=[
            {
                "name": name,
                "from": "news@acme.example",
                "subject": f"About {name}",
                "body": {"file": "mails/one.html"},
                "lists": ["Newsletter"],
                **fields,
            }
            for name in names
        ],
    )


def pages(project: Project) -> dict[str, str]:
    folder = project.folder / "out"
    return {name: (folder / name).read_text("utf-8") for name in sorted(os.listdir(folder))}


def test_each_campaign_is_a_page_that_needs_no_account(project: Project, account: Account) -> None:
    declare(project, "One", "Two")
    offline = {"BMECONF_API_KEY": ""}
    ran = project.run("preview", "--out", "out", "--format", "json", **offline).ok()
    assert {each["code"] for each in ran.json["problems"]} >= {"insecure_link", "relative_link"}
    assert account.log() == []
    made = pages(project)
    assert [*made] == ["index.html", "one.html", "two.html"]
    assert "About Two" in made["index.html"]
    assert "insecure_link" in made["one.html"]
    assert "Hello qa@acme.example" in made["one.html"]
    assert "image/png;base64,iVBORyBh" in made["one.html"]
    assert "BMECONF_API_KEY is not set" in made["one.html"]
    assert not re.search(r"<script|https?://[^\s\"]*\"", made["one.html"].partition("<main")[0])
    seeded = ("--seed", "Other@acme.example", "--offline")
    text = project.run("preview", "campaigns/T*", *seeded, "--out", "out").ok().out
    assert "2 pages written to out; 1 campaign: " in text
    assert "Hello Other@acme.example" not in pages(project)["two.html"]
    assert "Hello other@acme.example" in pages(project)["two.html"]
    assert "Hello qa@" in pages(project)["one.html"]


def test_no_file_of_others_is_written_over(project: Project) -> None:
    declare(project, "One", "Two")
    make = ("preview", "--out", "out", "--offline")
    project.run(*make).ok()
    project.write("out/notes.html", "mine")
    declare(project, "Two")
    assert "1 page removed" in project.run(*make).ok().out
    assert [*pages(project)] == ["index.html", "notes.html", "two.html"]
    (project.folder / "out/two.html").write_text(pages(project)["two.html"] + "mine")
    assert "out: two.html would be written over" in project.refused(*make)
    (project.folder / "out/two.html").unlink()
    (project.folder / "out/two.html").symlink_to("index.html")
    assert "out: two.html would be written over" in project.refused(*make)
    (project.folder / "link").symlink_to("out")
    for folder, said in (("link", "is a link"), ("m.yaml", "no folder"), (".bmeconf/x", "keeps")):
        assert said in project.refused("preview", "--offline", "--out", folder)
    assert "with --out" in project.refused("preview")
    assert "--seed no@one: no declared contact" in project.refused(*make, "--seed", "no@one")
    project.write("m.yaml", "version: 1\ncampaigns: [{name: One, subjekt: x}]\n")
    assert 'did you mean "subject"?' in project.refused(*make)


def test_what_stands_in_the_account_is_shown_and_only_read(
    project: Project, account: Account
) -> None:
    declare(project, "One")
    project.apply()
    declare(project, "One", "Two", subject="Now another")
    project.write("mails/one.html", BODY.replace("Hello", "Good morning"))
    account.clear_log()
    ran = project.run("preview", "--out", "out").ok()
    assert "; 1 not as declared, 1 not in the account yet." in " ".join(ran.out.split())
    assert {call["method"] for call in account.log()} == {"GET"}
    made = pages(project)
    assert "not as declared" in made["one.html"]
    for word, side, text in (
        *(("del", "In the account", "About One"), ("ins", "As declared", "Now another")),
        *(("del", "In the account", "Hello "), ("ins", "As declared", "Good morning ")),
    ):
        assert f'<{word}><span class="hidden">{side}: </span>{text}</{word}>' in made["one.html"]
    assert "The account has no such campaign yet: it is new." in made["two.html"]
    assert "not in the account yet" in made["index.html"]


def test_with_an_account_the_page_tells_what_a_plan_finds(
    project: Project, account: Account
) -> None:
    project.write("mails/one.html", BODY)
    draft = {"from": "news@acme.example", "subject": "Hi", "body": {"file": "mails/one.html"}}
    project.declare(
        lists=[{"name": "Nobody"}], campaigns=[{"name": "One", **draft, "lists": ["Nobody"]}]
    )
    found = [each["message"] for each in project.plan()["findings"] if "Nobody" in each["message"]]
    assert found
    for words, there in (((), True), (("--offline",), False)):
        project.run("preview", "--out", "out", *words).ok()
        page = unescape(pages(project)["one.html"])
        assert "begins with http:" in page
        assert {message in page for message in found} == {there}


TEMPLATE = {"template": {"name": "Unheard of", "lang": "en"}}


@pytest.mark.parametrize(
    ("live", "declared", "told"),
    [
        ({}, {}, "Nothing differs: what is declared stands in the account."),
        ({"subject": "By hand"}, {}, "changed by hand in the account"),
        ({"subject": "By hand"}, {"subject": "Anew"}, "changed here and in the account"),
        ({"status": "sent"}, {"subject": "Anew"}, "is sent, not a draft: subject cannot change"),
        ({"name": "Other"}, {}, "It could not be compared with the account"),
        ({}, {"body": TEMPLATE}, "It could not be compared with the account"),
        ({}, {"body": TEMPLATE}, "the account has no templates"),
    ],
)
def test_how_a_campaign_stands_to_the_account(
    project: Project, account: Account, live: Any, declared: Any, told: str
) -> None:
    declare(project, "One")
    project.apply()
    account.edit("campaigns", "One", **live)
    declare(project, "One", **declared)
    project.run("preview", "--out", "out")
    page = unescape(pages(project)["one.html"])
    assert told in page
    assert ("As declared: " in page) == ("subject" in {**live, **declared})


def test_what_the_account_does_not_show_is_named(project: Project, account: Account) -> None:
    account.switch(campaign_body="minimal", campaign_patch_version="optional")
    declare(project, "One", from_name="Acme")
    project.apply()
    project.run("preview", "--out", "out").ok()
    assert "Nothing differs: " in pages(project)["one.html"]
    project.unlock()
    project.run("preview", "--out", "out").ok()
    told = re.search(
        r"in what the account shows. It does not show (.*)[.]<", pages(project)["one.html"]
    )
    assert told
    assert "body" in told[1].split(", ")


def test_a_tag_of_no_field_is_told_at_the_project_file(project: Project, account: Account) -> None:
    declare(project, "One")
    project.write("bmeconf.yaml", "version: 1\nmerge_tags: {cf_town: Nowhere}\n")
    problems = project.run("preview", "--out", "out", "--format", "json").ok().json["problems"]
    (found,) = (each for each in problems if "Nowhere" in each["message"])
    assert (found["file"], found["code"]) == ("bmeconf.yaml", "unknown_merge_tag")


def test_of_a_mail_that_was_sent_nothing_is_found(project: Project, account: Account) -> None:
    declare(project, "One")
    project.apply()
    project.run("preview", "--out", "out").ok()
    assert "begins with http:" in pages(project)["one.html"]
    state = account.state()
    sent = next(each for each in state["campaigns"] if each["name"] == "One")
    sent["status"] = "sent"
    account.set(state)
    project.run("preview", "--out", "out").ok()
    assert "begins with http:" not in pages(project)["one.html"]


def test_hostile_texts_are_no_markup(project: Project) -> None:
    evil = "</title><script>x()</script>\"'><img src=x onerror=y>"
    declare(
        project, "One", subject=evil, preview_text=evil, from_name=evil, plain_text={"text": evil}
    )
    project.run("preview", "--out", "out", "--offline").ok()
    for page in pages(project).values():
        assert "<script" not in page
        assert "<img" not in page


@pytest.mark.usefixtures("forked")
def test_watching_follows_the_files_until_ctrl_c(project: Project, tmp_path: Path) -> None:
    declare(project, "One")
    whole = (tmp_path / "m.yaml").read_text()
    with watched(project, "--offline") as url:
        with urlopen(f"{url}changes", timeout=20) as changes:
            versions = [changes.readline() + changes.readline()]
            assert "About One" in requests.get(url, timeout=20).text
            elsewhere = requests.get(url, headers={"Host": "acme.example"}, timeout=20)
            assert elsewhere.status_code == 403
            assert requests.get(f"{url}m.yaml", timeout=20).status_code == 404
            (tmp_path / "m.yaml").write_text("version: 1\ncampaigns: [{name: One, subjekt: x}]\n")
            versions.append(changes.readline() + changes.readline())
            broken = requests.get(f"{url}one.html", timeout=20)
            assert broken.status_code == 404
            assert "unknown key &#34;subjekt&#34;" in broken.text
            os.replace(project.write("../new.yaml", whole), tmp_path / "m.yaml")
            versions.append(changes.readline() + changes.readline())
            assert "About One" in requests.get(url, timeout=20).text
        assert len({*versions}) == len(versions)
    assert json.loads(project.run("validate", "--format", "json").out)["exit_code"] == 0


@pytest.mark.usefixtures("forked")
def test_watching_reads_the_account_once(
    project: Project, account: Account, tmp_path: Path
) -> None:
    declare(project, "One")
    project.apply()
    account.clear_log()
    with watched(project) as url:
        read = account.log()
        assert read

        shown = partial(_shown, url)
        shown("one", "Nothing differs")
        project.write("mails/one.html", BODY.replace("Hello", "Good morning"))
        shown("one", "As declared: </span>Good morning ", "data-bmeconf-new")
        declare(project, "One", "Two", subject="Now another")
        shown("one", "As declared: </span>Now another")
        assert "It is declared like this since the account was read" in _page(url, "two")
        declare(project, "One", body=TEMPLATE)
        shown("one", "It is declared like this since", "body is the template")
        declare(project, "One", lists=["Newsletter", "New"])
        project.write("n.yaml", "version: 1\nlists: [{name: New}]\n")
        shown("one", "It is declared like this since")
        (project.folder / "n.yaml").unlink()
        declare(project, "One", renamed_from="Two", subject="Renamed")
        shown("one", "It is declared like this since", "Renamed")
        project.write("mails/one.html", BODY)
        declare(project, "One")
        shown("one", "Nothing differs")
        assert account.log() == read


@pytest.mark.usefixtures("forked")
def test_watching_reads_the_account_again_after_an_apply(
    project: Project, account: Account
) -> None:
    declare(project, "One")
    with watched(project) as url:
        shown = partial(_shown, url)
        shown("one", "it is new")
        declare(project, "One", "Two")
        shown("two", "It is declared like this since the account was read")
        project.apply()
        shown("one", "Nothing differs")
        shown("two", "Nothing differs")
        read = account.log()
        account.edit("campaigns", "One", subject="By hand")
        declare(project, "One", "Two", preview_text="Now another")
        assert "By hand" not in shown("one", "As declared: </span>Now another")
        assert account.log() == read
        project.apply()
        shown("one", "Now another", "Nothing differs")


def _page(url: str, name: str) -> str:
    return unescape(requests.get(f"{url}{name}.html", timeout=20).text)


def _shown(url: str, page: str, *words: str) -> str:
    """A page as soon as it has these words."""
    deadline = time.monotonic() + 20
    while not all(word in (text := _page(url, page)) for word in words):
        assert time.monotonic() < deadline, text
        time.sleep(0.1)
    return text


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize(
    ("fields", "told", "mended"),
    [
        ({"body": TEMPLATE}, "the account has no templates", "m.yaml"),
        (
            {"lists": ["Newsletter", "New"]},
            "which neither the manifests nor the account have",
            "n.yaml",
        ),
    ],
)
def test_watching_reads_the_account_again_where_that_objected(
    project: Project, account: Account, fields: Any, told: str, mended: str
) -> None:
    declare(project, "One", **fields)
    with watched(project) as url:
        assert told in _page(url, "one")
        account.clear_log()
        declare(project, "One", **fields, subject="Now another")
        while "Now another" not in _page(url, "one"):
            time.sleep(0.1)
        assert told in _page(url, "one")
        assert account.log() == []
        if mended == "m.yaml":
            declare(project, "One")
        else:
            project.write(mended, "version: 1\nlists: [{name: New}]\n")
        while "it is new" not in _page(url, "one"):
            time.sleep(0.1)
        assert told not in _page(url, "one")


def test_what_stands_in_the_account_is_redacted(project: Project, account: Account) -> None:
    declare(project, "One", body={"html": "<p>ask me@acme.example</p><img alt='at@acme.example'>"})
    project.apply()
    declare(project, "One", body={"html": "<p>ask you@acme.example</p><img alt='no@acme.example'>"})
    project.run("preview", "--redact", "--out", "out").ok()
    page = pages(project)["one.html"]
    boxes = re.findall(r"svg\+xml;base64,([\w+/]+(?:%3D)*)", page)
    told = [page, *(b64decode(box.replace("%3D", "=")).decode() for box in boxes)]
    assert len(boxes) > 4
    assert "data-bmeconf-new" in page
    assert "@acme.example" not in "".join(told)


def test_no_picture_tells_what_is_redacted(project: Project) -> None:
    declare(project, "To me@acme.example", body={"html": "<img alt='ask me@acme.example, {key}'>"})
    project.run("preview", "--redact", "--out", "out", "--offline").ok()
    boxes = [
        b64decode(box.replace("%3D", "=")).decode()
        for page in pages(project).values()
        for box in re.findall(r"svg\+xml;base64,([\w+/]+(?:%3D)*)", page)
    ]
    assert boxes
    assert all("ask redacted-" in box for box in boxes)
    assert "acme.example" not in "".join([*boxes, *pages(project)])
