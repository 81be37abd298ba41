#!/usr/bin/env bash
# Installs the bmeconf of this action, with the extra that makes mails, unless an earlier step
# installed bmeconf. Python must not import modules of the checkout: hence -I, and for processes
# that pip starts another folder and no PYTHONPATH.
set -euo pipefail

if command -v bmeconf >/dev/null; then
  bmeconf --version
  exit 0
fi
if ! python3 -I -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo '::error::bmeconf needs Python 3.11 or newer; put actions/setup-python before this step'
  exit 3
fi
venv=$RUNNER_TEMP/bmeconf-installed
unset PYTHONPATH
cd "$RUNNER_TEMP"
python3 -I -m venv "$venv"
"$venv/bin/python3" -I -m pip install --quiet --disable-pip-version-check \
  "$GITHUB_ACTION_PATH/../../..[mail]"
"$venv/bin/bmeconf" --version
echo "$venv/bin" >>"$GITHUB_PATH"
