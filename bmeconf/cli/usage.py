"""What `--help` shows of all commands alike: groups of options, environment, exit codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

GROUPS: Mapping[str, Sequence[str]] = {
    "Account": ("account", "all_accounts", "sandbox", "allow_host"),
    "Selection": ("target", "since"),
    "Requests": ("max_requests", "parallel"),
    "Output": ("format", "output", "redact", "no_color", "quiet", "verbose", "timings"),
}
"""The options that commands have in common, by the heading that they stand under."""
ENVIRONMENT = {
    "BMECONF_BASE_URL": "The URL of the account, where bmeconf.yaml declares none.",
    "BMECONF_API_KEY": "Its key. A declared account names a variable of its own.",
    "BMECONF_ACCOUNT": "As --account.",
    "BMECONF_ALLOW_HOSTS": "As --allow-host, separated by commas.",
    "BMECONF_REDACT_KEY": "A secret that makes digests of --redact the same in every run.",
    "NO_COLOR": "As --no-color. FORCE_COLOR=1 colours a file or pipe.",
    "HTTPS_PROXY": "The proxy on the way to the account; also ALL_PROXY.",
    "SSL_CERT_FILE": "The certificates to trust; also REQUESTS_CA_BUNDLE.",
}
EXIT_CODES = {
    0: "Success; nothing to do.",
    1: "An error: network, API, or one of bmeconf itself.",
    2: "Changes are pending (--detailed-exitcode), or drift was found (drift).",
    3: "Invalid input: manifests, project file, plan file, options.",
    4: "Refused by the API: key or scope.",
    5: "Rate limit, quota or --max-requests would not let the run finish.",
    6: "Stale: the account moved since the plan was made.",
    7: "Refused by a guard: deletes, protection, seeds, audience, host.",
    8: "Partial: some steps were applied and some were not.",
    9: "A manual step is overdue, undone or done wrongly (drift).",
    130: "Interrupted; the journal is written.",
}
"""Design 4."""
COMPLETION = (
    ("bash, zsh", 'eval "$(_BMECONF_COMPLETE=bash_source bmeconf)", or zsh_source'),
    ("fish", "_BMECONF_COMPLETE=fish_source bmeconf | source"),
)
"""What to write into the start file of a shell."""
POINTER = "Environment and exit codes: bmeconf --help"


class GroupedCommand(click.Command):
    """A command whose options stand under the headings of `GROUPS`, its own first."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows: dict[str, list[tuple[str, str]]] = {"Options": [], **{name: [] for name in GROUPS}}
        heading = {name: group for group, names in GROUPS.items() for name in names}
        for option in self.get_params(ctx):
            record = isinstance(option, click.Option) and option.get_help_record(ctx)
            if record:
                rows[heading.get(option.name or "", "Options")].append(record)
        for name, records in rows.items():
            if records:
                with formatter.section(name):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        formatter.write_text(POINTER)


def write_surroundings(formatter: click.HelpFormatter) -> None:
    """Write the environment variables, exit codes and completion of all commands."""
    with formatter.section("Environment"):
        formatter.write_dl([*ENVIRONMENT.items()])
    with formatter.section("Exit codes"):
        formatter.write_dl([(str(code), meaning) for code, meaning in EXIT_CODES.items()])
    with formatter.section("Completion"):
        formatter.write_dl(COMPLETION)
