#!/usr/bin/env bash
# Checks the manifests; problems become annotations at their lines. Needs no key and no token.
set -euo pipefail

account=()
[ "$REDACT" = false ] || account+=(--redact)
[ -z "$ACCOUNT" ] || account+=(--account "$ACCOUNT")
bmeconf validate "${account[@]}" --format github -- "$PROJECT"
