"""`schema`: the JSON Schemas of manifests and documents."""

from __future__ import annotations

import click

from bmeconf.cli.streams import say
from bmeconf.project import schema_text


@click.command()
@click.argument("kind", required=False)
def schema(kind: str | None) -> int:
    """Print a JSON Schema: manifest (the default), or one of the others by name.

    \b
    bmeconf schema > manifest.schema.json
    bmeconf schema drift
    """
    say(schema_text(kind or "manifest").removesuffix("\n"))
    return 0
