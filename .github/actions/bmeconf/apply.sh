#!/usr/bin/env bash
# Applies the plan of this run, which equals the reviewed plan. Keeps files for later runs: a changed
# lock file, and the journals of an interrupted apply.
set -euo pipefail
# shellcheck source=account.sh
source "$GITHUB_ACTION_PATH/account.sh"

while IFS= read -r glob; do
  options+=(--allow-delete "$glob")
done <"$DIR/deletes"
lock=$PROJECT/bmeconf.lock.json
before=$(git hash-object "$lock" 2>/dev/null || true)
code=0
bmeconf apply "${options[@]}" --output "github=$DIR/apply.annotations" \
  -- "$DIR/plan.json" || code=$?

kept=false
locked=false
if [ -f "$lock" ] && [ "$(git hash-object "$lock")" != "$before" ]; then
  cp "$lock" "$DIR/kept/"
  kept=true
  locked=true
fi
if [ "$code" -ne 0 ] && [ -d "$PROJECT/.bmeconf/journals" ]; then
  cp -r "$PROJECT/.bmeconf/journals" "$DIR/kept/journals"
  kept=true
fi
{
  echo "exit-code=$code"
  echo "kept=$kept"
  echo "locked=$locked"
} >>"$GITHUB_OUTPUT"
