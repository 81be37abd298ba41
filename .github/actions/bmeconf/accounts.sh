#!/usr/bin/env bash
# Lists the declared accounts, as a matrix for the jobs that follow. Needs no key and no token.
set -euo pipefail

cd "$PROJECT"
bmeconf accounts --format json >"$DIR/accounts.json" || {
  code=$?
  cat "$DIR/accounts.json"
  exit "$code"
}
python3 -Es "$GITHUB_ACTION_PATH/accounts.py"
