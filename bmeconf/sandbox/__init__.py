"""A Benchmark Email account on this machine, to try things and to test against.

`Sandbox` is a real HTTP server on loopback over one SQLite file. It answers like the API,
down to status codes, versions and limits; `Switches` choose a reading where the vendor's
documents leave several, and `Fault`s make chosen
requests go wrong. A page at `/` shows the account and does what only a person can; a
side door under `/_sandbox` shows and sets all of it.
"""

from bmeconf.sandbox.errors import SandboxBusy, SandboxError
from bmeconf.sandbox.faults import Fault
from bmeconf.sandbox.seed import DEFAULT_KEY
from bmeconf.sandbox.server import Sandbox, reset
from bmeconf.sandbox.switches import Switches

__all__ = ["DEFAULT_KEY", "Fault", "Sandbox", "SandboxBusy", "SandboxError", "Switches", "reset"]
