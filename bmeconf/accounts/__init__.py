"""What a project knows of its accounts, offline: `known_accounts` asks nobody.

The lock file is evidence: what it remembers of an account is told, and nothing follows from it.
"""

from bmeconf.accounts.known import KnownAccount, known_accounts
