"""Declared campaigns as their readers will see them: manifests and the account -> a `Gallery`.

- `model`: what a page shows of a mail; `build`: the gallery of all that were chosen
- `tags`: merge tags filled from a seed; `links`: where a mail leads
- `pictures`: grey boxes in place of pictures, or files of the project, which `embedding` finds
- `schemes`: a mail as a light and as a dark program shows it
- `folder`: pages on the disk, and which of those there are our own; `server`: pages on loopback;
  `watching`: which files a preview may depend on

`render/preview` makes pages of a gallery.
"""

from bmeconf.preview import folder, schemes
from bmeconf.preview.build import Query, choose_seed, gallery, page_names
from bmeconf.preview.embedding import ProjectPictures
from bmeconf.preview.model import Gallery, Link, Live, Mail, Preview, Standing, State, Tag
from bmeconf.preview.server import PageServer
from bmeconf.preview.watching import Stamp, stamp_of, state_of
