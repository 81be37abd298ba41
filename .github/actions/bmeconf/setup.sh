#!/usr/bin/env bash
# Checks the inputs, and decides whether this run may use the account.
set -euo pipefail

refuse() {
  printf '::error::%s\n' "$1"
  exit 3
}

case $MODE in
  validate | accounts | plan | apply | drift) ;;
  *) refuse 'mode must be one of: validate, accounts, plan, apply, drift' ;;
esac
# This event runs the code of a pull request with the secrets of the main branch: whoever opens a
# pull request could take the key.
[ "$GITHUB_EVENT_NAME" != pull_request_target ] ||
  refuse 'pull_request_target gives secrets to code that nobody reviewed; use pull_request'
case $MODE:$GITHUB_EVENT_NAME in
  apply:push | apply:workflow_dispatch | apply:schedule) ;;
  apply:*) refuse 'apply runs on a push, by hand or on a schedule, never on a pull request' ;;
esac
# bmeconf would import modules of the checkout, with the key or the token at hand.
[ -z "${PYTHONPATH:-}" ] ||
  refuse 'PYTHONPATH is set, by which unreviewed files of the checkout could run; unset it for this job'
# Without name and account, the folder tells several projects of a repository apart.
folder=$(printf %s "${PROJECT#./}" | tr -c 'A-Za-z0-9_.-' - | sed 's/^[^A-Za-z0-9]*//')
name=${NAME:-${ACCOUNT:-${folder:-default}}}
[[ $name =~ ^[A-Za-z0-9][A-Za-z0-9_.-]*$ ]] ||
  refuse 'name may hold letters, digits and . _ - only'
[[ $KEY_VARIABLE =~ ^[A-Z][A-Z0-9_]*$ ]] ||
  refuse 'api-key-variable must be the name of an environment variable, like BMECONF_API_KEY'
# A variable that a shell, Python or the runner uses already must not hold the key.
[ -z "${!KEY_VARIABLE+set}" ] ||
  refuse "api-key-variable: $KEY_VARIABLE is set already; pass the key only as api-key"
[ -d "$PROJECT" ] || refuse 'path must be the folder of the project; is it checked out?'
# bmeconf would use a project file in a folder above, and write the lock file there, where the
# next steps would not find it.
work=$(pwd -P)
root=$(cd "$PROJECT" && pwd -P)
if [ ! -f "$root/bmeconf.yaml" ]; then
  above=$root
  while [ "$above" != "$work" ] && [ "$above" != / ]; do
    above=$(dirname "$above")
    [ ! -f "$above/bmeconf.yaml" ] ||
      refuse 'path must be the folder with bmeconf.yaml, which is a folder above; use that folder'
  done
fi

meets=true
if [ "$MODE" = validate ]; then
  meets=false
elif [ "$MODE" = accounts ]; then
  meets=none
elif [ "$FORK" = true ]; then
  [ "$MODE" = plan ] || refuse "a pull request from a fork cannot run $MODE"
  meets=false
  echo '::notice::This pull request comes from a fork, which gets no key: it is validated, but not planned.'
elif [ "$HAS_KEY" != true ]; then
  [ "$MODE" = plan ] && [ "$GITHUB_EVENT_NAME" = pull_request ] ||
    refuse 'there is no api-key: pass the secret that holds it'
  meets=false
  printf '::warning::%s\n' \
    'There is no api-key (Dependabot gets none): the manifests are validated, but not planned.'
fi

dir=$RUNNER_TEMP/bmeconf-$name-$MODE
rm -rf "$dir"
mkdir -p "$dir/kept" "$dir/record"
chmod 700 "$dir"
{
  echo "meets=$meets"
  echo "name=$name"
  echo "dir=$dir"
} >>"$GITHUB_OUTPUT"
