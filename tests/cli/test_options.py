"""Options: each is offered where it does something, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from bmeconf.cli.main import COMMANDS, cli
from tests.support.driver import Project

PRODUCT = {"--format", "--output", "--no-color", "--redact"}
ONLINE = PRODUCT | {
    *("--account", "--sandbox", "--target", "--max-requests", "--parallel", "--allow-host"),
    *("--quiet", "--verbose", "--timings"),
}
OFFERED = {
    "init": {"--ci"},
    "help": set[str](),
    "explain": PRODUCT,
    "schema": set[str](),
    "sandbox serve": {"--port", "--switch", "--like", "--fault"},
    "sandbox reset": set[str](),
    "accounts": PRODUCT,
    "compare": (ONLINE - {"--account", "--sandbox"}) | {"--detailed-exitcode"},
    "show": PRODUCT,
    "validate": PRODUCT | {"--account", "--all-accounts", "--verbose"},
}


@pytest.mark.parametrize("name", [*COMMANDS, "sandbox serve", "sandbox reset"])
def test_a_command_offers_what_works_in_it(name: str) -> None:
    command: click.Command | None = cli
    for word in name.split():
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    assert command is not None
    if isinstance(command, click.Group):
        return
    options = {p.opts[0] for p in command.params if isinstance(p, click.Option)}
    assert options == OFFERED[name] if name in OFFERED else options >= ONLINE


def groups(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    """The words of each command that has commands of its own."""
    if isinstance(command, click.Group):
        yield path
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from groups(inner, *path, name)


@pytest.mark.parametrize("path", [*groups(cli)], ids=" ".join)
def test_no_listing_of_commands_is_cut_short(project: Project, path: tuple[str, ...]) -> None:
    shown = project.run(*path, "--help", COLUMNS="80").ok().out
    listed = shown.partition("\nCommands:\n")[2].partition("\n\n")[0].splitlines()
    assert listed
    assert [line for line in listed if not line.endswith(".") or "..." in line] == []


@pytest.mark.parametrize(
    ("command", "option"),
    [
        *(("validate", option) for option in ("--max-requests=1", "--allow-host=x", "--sandbox")),
        *(("show", option) for option in ("--sandbox", "--account=a", "--target=lists/*")),
        *(("init", option) for option in ("--sandbox", "--format=json")),
        ("schema", "--sandbox"),
    ],
)
def test_an_option_without_effect_is_refused(project: Project, command: str, option: str) -> None:
    assert "No such option" in project.refused(command, option)


TWO = """\
version: 1
policy: {seeds: ["*@seeds.example"]}
accounts:
  one: {base_url: "https://api.benchmarkemail.io", api_key_env: ONE, vars: {domain: seeds.example}}
  two: {base_url: "https://api.benchmarkemail.io", api_key_env: TWO, vars: {domain: acme.example}}
  three: {base_url: "https://api.benchmarkemail.io", api_key_env: THREE}
"""
NAMED = (
    ("one", 0, ""),
    ("two", 7, "qa@acme.example is outside the seed policy"),
    ("three", 3, "the variable ${domain} is not defined"),
    ("thre", 3, 'there is no account "thre"; did you mean "three"?'),
)


@pytest.mark.parametrize(("name", "code", "said"), NAMED)
def test_validate_checks_with_one_account(
    project: Project, name: str, code: int, said: str
) -> None:
    project.write("bmeconf.yaml", TWO)
    project.write("m.yaml", 'version: 1\ncontacts: [{email: "qa@${domain}"}]\n')
    for ran in (
        project.run("validate", "--account", name, "--format", "json"),
        project.run("validate", "--format", "json", BMECONF_ACCOUNT=name),
    ):
        assert ran.code == ran.json["exit_code"] == code
        assert said in ran.out.replace('\\"', '"')
        assert "(account" not in ran.out


def test_validate_checks_with_every_account_where_none_is_named(project: Project) -> None:
    project.write("bmeconf.yaml", TWO)
    project.write("m.yaml", 'version: 1\ncontacts: [{email: "qa@${domain}"}]\n')
    ran = project.run("validate")
    assert ran.code == 3
    assert "not defined" in ran.out
    assert "(account three)" in ran.out
    assert "outside the seed policy" in ran.out
    assert "(account two)" in ran.out


def test_validate_with_an_account_that_nothing_declares(project: Project) -> None:
    project.write("m.yaml", "version: 1\nlists: [{name: A}]\n")
    assert 'there is no account "one"' in project.refused("validate", "--account", "one")
