"""Documents + schemas -> the desired Snapshot, or every problem in them. Pure.

- `reading`: the walk over all manifests, and resources of the sound entries
- `project_file`: the same for bmeconf.yaml
- `filling`: the variables and CSV tables that are filled in before anything is checked
- `rules`: a tree and its schema -> data, and whether it is sound; `shape`: what is wrong in it;
  `flaws`: that in words
- `entries`, `references`: one entry a resource, checked alone and then all together
- `encode`: a desired side as plain data, and back
- `places`: where each field of an entry is written
- `formats`: what an email address and a time may be; `unseen`: characters that nobody sees
"""

from bmeconf.desired.validate.bodies import INLINE
from bmeconf.desired.validate.encode import decoded, encoded
from bmeconf.desired.validate.formats import email_fault
from bmeconf.desired.validate.project_file import project
from bmeconf.desired.validate.reading import Desired, ManifestProblems, check_offline, desired
from bmeconf.desired.validate.shape import flaw
