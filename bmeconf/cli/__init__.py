"""The command line: flags in, one call a stage, text and an exit code out.

One file a command, named like it; `apply_flags` has the options of `apply`. `main` lists the
commands and imports each when it is asked for; `options` has what commands share; `failure` turns
every error into a report and an exit code; `session` opens the account, `stages` read it and plan.

`console` speaks, on `streams` and into the files of `outputs`. `progress` tells how far a run is
and what it waits for, in a `live_line` where a person watches; `timings` is what --timings prints.
`stopping` has the signals that end a run. Only `main` exits.
"""

from bmeconf.cli.main import main, run
