"""What people look up, offline: codes, keys of the files, questions of `probe`.

- `codes.md`: every code of a finding, the one text that both `explain` and readers of the page get;
  which codes there are says `model.codes`
- `codes`: that page, and the tables of lint and probe -> topics
- `fields`: the schemas -> topics, one for each key of a file
- `topics`: a `Topic`, and which topics a name means
"""

from bmeconf.guide.topics import Topic, every, named
