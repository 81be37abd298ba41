"""What is installed: the versions of the tool, of Python and of packages, and the extra."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Sequence
from importlib import metadata

from bmeconf import __version__
from bmeconf.doctor.model import Check, State
from bmeconf.model.errors import BmeconfError

EXTRA = "sandbox"
REQUIREMENT = re.compile(r"""([\w.-]+)>=([\d.]+)(?:\s*;\s*extra == ['"](\w+)['"])?""")
"""A package, its lowest version, and the extra that it is of."""
INSTALL, INSTALL_EXTRA = "pip install --upgrade bmeconf", f"pip install 'bmeconf[{EXTRA}]'"


def here() -> tuple[Check, Check]:
    """The checks of this installation."""
    try:
        requirements = metadata.requires("bmeconf") or []
    except metadata.PackageNotFoundError:
        requirements = []
    return versions(requirements, version_of), extra(requirements, version_of)


def version_of(package: str) -> str:
    """The version of an installed package, empty where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def versions(requirements: Sequence[str], version: Callable[[str], str]) -> Check:
    """Whether every package that each run may need is there, and new enough."""
    found = _found(requirements, version, None)
    wrong = ", ".join(filter(None, (_fault(*each) for each in found)))
    if wrong:
        error = BmeconfError(wrong, f"install it anew: {INSTALL}")
        return Check.failed("versions", error)
    packages = "".join(f", {name} {installed}" for name, _, installed in found)
    own = f"bmeconf {__version__}, Python {platform.python_version()}"
    return Check("versions", State.OK, own + packages)


def extra(requirements: Sequence[str], version: Callable[[str], str]) -> Check:
    """Whether the simulator could run; nothing else needs it."""
    found = _found(requirements, version, EXTRA)
    if wrong := ", ".join(filter(None, (_fault(*each) for each in found))):
        message = f"{wrong}; only --sandbox and `bmeconf sandbox` need it"
        return Check("sandbox extra", State.SKIPPED, message, INSTALL_EXTRA)
    packages = ", ".join(f"{name} {installed}" for name, _, installed in found)
    return Check("sandbox extra", State.OK, packages or "nothing is known of it")


def _found(
    requirements: Sequence[str], version: Callable[[str], str], extra: str | None
) -> list[tuple[str, str, str]]:
    """Each package of the extra, or of none: name, lowest and installed version."""
    parts = filter(None, map(REQUIREMENT.fullmatch, requirements))
    return [(m[1], m[2], version(m[1])) for m in parts if m[3] == extra]


def _fault(name: str, least: str, installed: str) -> str:
    if not installed:
        return f"{name} is not installed"
    return f"{name} {installed} is older than {least}" if _key(installed) < _key(least) else ""


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
