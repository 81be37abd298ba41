"""What the documents of the API leave open, asked of an account: `probe`.

- `questions/`: the table of them; `model`: the answers as data
- `survey`: the reads, each made once; `reading`: the questions that they answer; `amounts`: those
  on sizes and limits; `bounds`: how far more is asked for
- `writing`: the questions that take writes, all in their order; `trial`: how they are sent, and
  those on lists; `people`: those on contacts; `drafts`: those on campaigns
- `journal`: what was made, on disk; `cleaning`: removing it again
"""

from bmeconf.probe import writing
from bmeconf.probe.cleaning import Cleaning, Unnoted
from bmeconf.probe.journal import NAME, ProbeJournal, Remains, left_behind
from bmeconf.probe.model import Answer, Left, Notes, Probed, Untold
from bmeconf.probe.people import capital
from bmeconf.probe.questions import NEVER, QUESTIONS, READ, WRITE, Question
from bmeconf.probe.reading import MOST, ask_all
from bmeconf.probe.survey import Survey, either
from bmeconf.probe.trial import ENDED, Trial
