"""`schema`: the JSON Schemas of manifests and documents."""

from __future__ import annotations

import click

from bmeconf.cli.streams import say
from bmeconf.cli.usage import GroupedCommand
from bmeconf.project import schema_text


@click.command(cls=GroupedCommand)
@click.argument("kind", required=False)
def schema(kind: str | None) -> int:
    """Print the JSON Schema of manifests, or of another file.

    \b
    bmeconf schema > manifest.schema.json
    bmeconf schema drift
    """
    say(schema_text(kind or "manifest").removesuffix("\n"))
    return 0
