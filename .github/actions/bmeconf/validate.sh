#!/usr/bin/env bash
# Checks the manifests; the problems become annotations at their lines. No key, no token.
set -euo pipefail

account=()
[ -z "$ACCOUNT" ] || account+=(--account "$ACCOUNT")
bmeconf validate "${account[@]}" --format github -- "$PROJECT"
