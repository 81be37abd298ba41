"""What was last applied or declared, and who moved since.

- `lock`: the lock file as data, a `section` per account; `lock_store`: on disk
- `record`: what a run leaves in it
- `commit`: the manifests at an earlier commit; `git`: the door to Git; `blame`: who wrote a
  line of the files
- `classify`: who moved, asked of a `Baseline`: `lock_baseline` by digests, `commit_baseline` by
  values
"""

from bmeconf.baseline import blame, commit, commit_baseline, lock_store, record
from bmeconf.baseline.classify import SideStatus
from bmeconf.baseline.commit import CommitManifests
from bmeconf.baseline.lock import Lock
from bmeconf.baseline.lock_baseline import LockBaseline
from bmeconf.baseline.record import ProvenWrite
from bmeconf.baseline.section import Digest, LockEntry, RememberedIds, Section, kind_of
