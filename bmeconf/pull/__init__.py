"""Adoption: what a live account holds, as manifests whose plan is empty (design 3).

The way of a pull: `adopt` reads the account (`inventory`), makes one entry of each resource
(`entries`) and lays the entries out as files (`layout`, `filenames`). It reads these files back
and plans them, alone (`proof`) and beside the project's other manifests (`other_manifests`).
Each objection of that plan takes something out (`objections`), until the plan is empty.
`write` brings the files to disk, all or none, and refuses to lose what a person wrote.
`Pulled` is the result as plain data.
"""

from bmeconf.pull.adopt import adopt
from bmeconf.pull.next_commands import next_commands
from bmeconf.pull.pulled import LeftOut, NextCommand, Pulled
from bmeconf.pull.query import Consent, PullQuery, Target
from bmeconf.pull.write import write
