#!/usr/bin/env bash
# Plans; only reads. The exit code is an output, so that the pull request shows a failure too. The
# format `github` adds the report to the summary of the run, within the limit of GitHub.
set -euo pipefail
# shellcheck source=account.sh
source "$GITHUB_ACTION_PATH/account.sh"

code=0
bmeconf plan "${options[@]}" --detailed-exitcode --save-plan "$DIR/plan.json" \
  --output "markdown=$DIR/plan.md" --output "github=$DIR/plan.annotations" \
  -- "$PROJECT" || code=$?
[ ! -f "$DIR/plan.annotations" ] || cat "$DIR/plan.annotations"
echo "exit-code=$code" >>"$GITHUB_OUTPUT"
