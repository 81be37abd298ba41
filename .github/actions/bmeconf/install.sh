#!/usr/bin/env bash
# Installs the bmeconf of this action, with the extra that makes mails, unless an earlier step
# installed bmeconf. Python must not import modules of the checkout: hence -I, and for processes
# that pip starts another folder.
set -euo pipefail

# Every later step would import modules of the checkout, with the key or a token at hand.
if [ -n "${PYTHONPATH:-}" ]; then
  echo '::error::PYTHONPATH is set, by which unreviewed files of the checkout could run; unset it for this job'
  exit 3
fi

if command -v bmeconf >/dev/null; then
  bmeconf --version
  exit 0
fi
if ! python3 -I -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo '::error::bmeconf needs Python 3.11 or newer; put actions/setup-python before this step'
  exit 3
fi
venv=$RUNNER_TEMP/bmeconf-installed
cd "$RUNNER_TEMP"
python3 -I -m venv "$venv"
"$venv/bin/python3" -I -m pip install --quiet --disable-pip-version-check \
  "$GITHUB_ACTION_PATH/../../..[mail]"
"$venv/bin/bmeconf" --version
echo "$venv/bin" >>"$GITHUB_PATH"
