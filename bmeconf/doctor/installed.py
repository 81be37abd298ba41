"""What is installed: the versions of the tool, of Python and of packages, and the extra."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Sequence
from importlib import metadata

from bmeconf import __version__
from bmeconf.doctor.model import Check, State
from bmeconf.model.errors import BmeconfError

EXTRAS = {
    "mail": "only bodies of MJML, `inline_css` and `from_body` need it",
    "sandbox": "only --sandbox and `bmeconf sandbox` need it",
}
"""The extras that a run may need, and what needs each."""
REQUIREMENT = re.compile(r"""([\w.-]+)>=([\d.]+)(?:\s*;\s*extra == ['"](\w+)['"])?""")
"""A package, its lowest version, and the extra that it is of."""
INSTALL = "pip install --upgrade bmeconf"


def here() -> tuple[Check, ...]:
    """The checks of this installation."""
    try:
        requirements = metadata.requires("bmeconf") or []
    except metadata.PackageNotFoundError:
        requirements = []
    extras = (extra(name, requirements, version_of) for name in EXTRAS)
    return versions(requirements, version_of), *extras


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


def extra(name: str, requirements: Sequence[str], version: Callable[[str], str]) -> Check:
    """Whether what needs this extra could run."""
    found = _found(requirements, version, name)
    if wrong := ", ".join(filter(None, (_fault(*each) for each in found))):
        message = f"{wrong}; {EXTRAS[name]}"
        return Check(f"{name} extra", State.SKIPPED, message, f"pip install 'bmeconf[{name}]'")
    packages = ", ".join(f"{package} {installed}" for package, _, installed in found)
    return Check(f"{name} extra", State.OK, packages or "nothing is known of it")


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
