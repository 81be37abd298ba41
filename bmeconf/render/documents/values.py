"""Values as JSON has them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from bmeconf.model import stamp
from bmeconf.plan import plain


def members(source: object, *names: str) -> dict[str, Any]:
    """Members of a dataclass by their own names."""
    return {name: json_value(getattr(source, name)) for name in names}


def json_value(value: object) -> Any:
    """An instant stamped; a number without a point if it came without one."""
    # Loaded here: most reports have no JSON.
    from decimal import Decimal

    match value:
        case datetime():
            return stamp(value)
        case date():
            return value.isoformat()
        case Decimal():
            return int(value) if value.as_tuple().exponent == 0 else float(value)
    return plain(value)
