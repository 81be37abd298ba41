"""What keeps a run from working, one check after the other: `doctor`.

- `model`: a `Check` with its state and remedy, and the `Checkup` of all of them
- `installed`: versions and packages; `local`: the files of the project; `access`: account, host
  and key, as every command decides them
- `online`: what four reads of the account tell. Nothing is ever written to it
"""

from bmeconf.doctor import access, installed, local, online
from bmeconf.doctor.model import Check, Checkup, State
