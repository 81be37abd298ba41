"""The way to the account: the proxy and the certificates that the environment names for it.

The library of HTTP reads most of the variables itself. They are read here too, so that an error
names the one that it comes from, and never the password in it.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from bmeconf.model.errors import InvalidInput

BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""What may name the certificates to trust, the first one that is set."""


class Named(NamedTuple):
    """A value of the environment, and the variable it comes from."""

    value: str = ""
    variable: str = ""


UNSET = Named()


class Route(NamedTuple):
    """What lies between this machine and the account, empty where there is nothing."""

    proxy: Named = UNSET
    bundle: Named = UNSET

    @property
    def through(self) -> str:
        """The proxy in words, without its user and password."""
        if not self.proxy.value:
            return ""
        return f" through the proxy {self.masked(self.proxy.value)} ({self.proxy.variable})"

    def masked(self, text: str) -> str:
        """`text` without the user and the password of the proxy."""
        user = self.proxy.value.rpartition("@")[0].rpartition("//")[2]
        return text.replace(f"{user}@", "") if user else text

    def remedy(self, causes: list[BaseException]) -> str:
        """What to do where nothing could be sent, for these reasons."""
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
            if self.bundle.value:
                where = f"{self.bundle.value}, which {self.bundle.variable} names"
                return f"check that {where}, has the certificate of whoever signs for this host"
            return (
                "where a proxy or a firewall opens https, name the file with its certificate in"
                f" {BUNDLES[0]}"
            )
        proxy = self.proxy.variable or "its proxy where it has one"
        return f"check the base URL, the network of this machine, and {proxy}"


DIRECT = Route()


def route_to(base_url: str, environ: Mapping[str, str]) -> Route:
    """The way to an account.

    Raises:
        InvalidInput: where a variable names no proxy, or no file of certificates.
    """
    if urlsplit(base_url).scheme != "https":
        return DIRECT
    return Route(_proxy(base_url, environ), _bundle(environ))


def _proxy(base_url: str, environ: Mapping[str, str]) -> Named:
    url = select_proxy(base_url, get_environ_proxies(base_url, no_proxy=None)) or ""
    names = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    variable = next((name for name in names if environ.get(name) == url), "system settings")
    try:
        valid = not url or parse_url(url).host
    except LocationParseError:
        valid = None
    if not valid:
        raise InvalidInput(
            f"{variable}: names no proxy that can be used",
            "write it as http://host:port, or take it out of the environment",
        )
    return Named(url, variable) if url else UNSET


def _bundle(environ: Mapping[str, str]) -> Named:
    for variable in BUNDLES:
        if path := environ.get(variable):
            folder = Path(path).is_dir()
            try:
                ssl.create_default_context(
                    cafile=None if folder else path, capath=path if folder else None
                )
            except OSError as error:
                raise InvalidInput(
                    f"{variable}: {path}: cannot be read as certificates:"
                    f" {getattr(error, 'strerror', None) or error}",
                    "name a file of certificates in PEM, or take it out of the environment",
                ) from error
            return Named(path, variable)
    return UNSET
