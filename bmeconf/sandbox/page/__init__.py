"""The web page of the sandbox: what is in the account, and what only a person can do with it.

In: a browser on this machine, with or without scripts. Out: plain pages and forms over the store
that the API answers from. The page is not the API: it needs no key, counts against no limit,
meets no fault and is in no log; the switches, which choose readings of the API, do not change it.
"""

from bmeconf.sandbox.page.answers import Path
from bmeconf.sandbox.page.serving import lost, serve
from bmeconf.sandbox.page.table import PATHS

__all__ = ["PATHS", "Path", "lost", "serve"]
