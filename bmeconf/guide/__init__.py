"""What people look up, offline: the pages of the guide; codes, keys, questions of `probe`.

- `pages`: the pages, in Markdown beside this file, for the forge and for `bmeconf help`
- `codes.md`: every code of a finding, the one text that both `explain` and readers of the page get;
  which codes there are says `model.codes`
- `codes`: that page, and the tables of lint and probe -> topics
- `fields`: the schemas -> topics, one for each key of a file, and the page `keys` of them
- `topics`: a `Topic`, and which topics a name means
"""

from bmeconf.guide.fields import keys_page
from bmeconf.guide.pages import FOLDER, ORDER, REPOSITORY, offline, page, titles
from bmeconf.guide.topics import Topic, every, named
