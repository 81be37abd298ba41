"""Two accounts beside what is declared: what would promotion from one to the other change?

`compare` pairs both readings by the place where a resource is declared, since its name may come
from the `vars` of the account. `ResourceState` says how each account stands to the declaration.
"""

from bmeconf.compare.comparison import Comparison, ResourceState, Side, State, compare
