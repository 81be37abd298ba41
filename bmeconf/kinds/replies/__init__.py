"""The API's reply shapes, brought to one form (API contract 6.1). Pure.

Several shapes of the same thing are documented or seen; every kind reads them through here.
"""

from bmeconf.kinds.replies.history import made_at, moved, same_moment, version_of
from bmeconf.kinds.replies.objects import (
    Raw,
    hidden,
    id_of,
    ids_of,
    key_of,
    made_of,
    object_of,
    objects_of,
)
from bmeconf.kinds.replies.scalars import count_of, digest, status_of, text_of
