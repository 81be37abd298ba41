"""What is known of an e-mail body, once.

`parse` reads HTML as browsers do, into tokens. `rewriting` compares the tokens of two bodies and
tells what the service is known to do from any other change; `tracking` does so for links.
`visible` is the text that a reader sees, `inert` the body as a report may safely show it.
"""

from bmeconf.mail import inert, rewriting, visible

__all__ = ["inert", "rewriting", "visible"]
