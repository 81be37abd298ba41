"""Which resources a run looks at and touches: all that is declared, or what --target names. Pure.

- `targets`: the desired resources of a run, from the targets and what these depend on
- `globs`: which addresses a glob names
"""

from bmeconf.desired.scope.globs import matches, named
from bmeconf.desired.scope.targets import OtherManifests, Scope, limit, managed, only
