# shellcheck shell=bash
# Sourced by the steps that use the account. Sets `options` for every command, and the key in the
# variable that the project file names.

options=()
[ "$REDACT" = false ] || options+=(--redact)
[ -z "$REDACT_KEY" ] || export BMECONF_REDACT_KEY="$REDACT_KEY"
unset REDACT_KEY
[ -z "$ACCOUNT" ] || options+=(--account "$ACCOUNT")
[ -z "$MAX_REQUESTS" ] || options+=(--max-requests "$MAX_REQUESTS")
[ -z "$BASE_URL" ] || export BMECONF_BASE_URL="$BASE_URL"
export "$KEY_VARIABLE=$KEY"
unset KEY
