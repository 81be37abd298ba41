"""The questions that the vendor's documents leave open: the one table of them. Pure.

A question with a `switch` is answered by the simulator in the switch of the same name, and with a
value of its type.
"""

from collections.abc import Mapping

from bmeconf.probe.questions.mail import MAIL
from bmeconf.probe.questions.people import PEOPLE
from bmeconf.probe.questions.question import NEVER, READ, WRITE, Question

QUESTIONS: Mapping[str, Question] = {question.code: question for question in (*PEOPLE, *MAIL)}
"""Every question by its code, in the order of a report."""
