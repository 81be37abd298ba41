"""What the documents of the API leave open, asked of an account: `probe`.

- `questions/`: the table of them; `model`: the answers as data
- `survey`: the reads, each made once; `reading`: the questions that they answer; `amounts`: those
  on sizes and limits; `bounds`: how far more is asked for
"""

from bmeconf.probe.model import Answer, Notes, Probed
from bmeconf.probe.questions import NEVER, QUESTIONS, READ, WRITE, Question
from bmeconf.probe.reading import ask_all
