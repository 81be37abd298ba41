"""The command line: flags in, one call a stage, text and an exit code out.

One file a command, named like it. `main` lists the commands and imports each when it is asked
for; `options` are those that commands share; `session` opens the account; `console` speaks; and
`failure` turns every error into a report and an exit code. Nothing but `main` exits.
"""

from bmeconf.cli.main import main, run
