#!/usr/bin/env bash
# Reports drift and the state of manual steps; only reads.
set -euo pipefail
# shellcheck source=account.sh
source "$GITHUB_ACTION_PATH/account.sh"

[ -z "$FAIL_ON" ] || options+=(--fail-on "$FAIL_ON")
code=0
bmeconf drift "${options[@]}" --output "markdown=$DIR/drift.md" \
  --output "github=$DIR/drift.annotations" -- "$PROJECT" || code=$?
case $code in
  0 | 2 | 9) told=true ;;
  *) told=false ;;
esac
{
  echo "exit-code=$code"
  echo "told=$told"
} >>"$GITHUB_OUTPUT"
