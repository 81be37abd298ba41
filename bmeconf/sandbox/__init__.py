"""Simulator of a Benchmark Email account, to try out and to test against.

`Sandbox` is an HTTP server on loopback over one SQLite file. It answers like the API, down to
status codes, versions and limits. If the vendor's documents leave a behaviour open, `Switches`
choose it; `Fault`s make chosen requests go wrong. A page at `/` shows the account, and has the
actions that only a person can do. A side door under `/_sandbox` reads and sets the whole state.
"""

from bmeconf.sandbox.errors import SandboxBusy, SandboxError
from bmeconf.sandbox.faults import Fault
from bmeconf.sandbox.seed import DEFAULT_KEY
from bmeconf.sandbox.server import Sandbox, reset, serves
from bmeconf.sandbox.switches import Switches
