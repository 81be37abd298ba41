"""Adoption: what a live account holds, as manifests whose plan is empty (design 3).

The way of a pull: `adopt` reads the account (`inventory`), makes one entry of each resource
(`entries`) and lays the entries out as files (`layout`). It reads these files back and plans
them, alone and beside the project's other manifests (`proof`). Each objection of that plan takes
something out, until the plan is empty. `write` brings the files to disk, all or none, and refuses
to lose what a person wrote. `model` has the question and the result, as plain data.
"""

from bmeconf.pull.adopt import adopt
from bmeconf.pull.model import Consent, LeftOut, Pulled, PullQuery, Target
from bmeconf.pull.write import next_commands, write
