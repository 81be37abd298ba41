#!/bin/sh
# For any CI: shell.sh validate | plan | apply | drift
#
# `plan` saves the plan, and exits 2 where it has changes; keep plan.json from there to `apply`,
# which carries out exactly that one, or nothing (6). It holds the values that it would write, and
# no key. The key is read from the variable that bmeconf.yaml names; give `plan` and `drift` one
# that may only read, and `validate` none. Let no two applies run at once.
#
#   BMECONF_PROJECT   the folder of the project   [.]
#   BMECONF_KEEP      where the plan is kept      [the same folder]
set -eu

project=${BMECONF_PROJECT:-.}
keep=${BMECONF_KEEP:-$project}
umask 077

case ${1:-} in
  validate)
    bmeconf validate "$project"
    ;;
  plan)
    bmeconf plan "$project" --detailed-exitcode --out "$keep/plan.json" \
      --output "markdown=$keep/plan.md"
    ;;
  apply)
    # Afterwards commit bmeconf.lock.json, and keep .bmeconf/journals where it did not exit 0.
    bmeconf apply "$keep/plan.json"
    ;;
  drift)
    bmeconf drift "$project" --output "markdown=$keep/drift.md"
    ;;
  *)
    echo 'usage: shell.sh validate | plan | apply | drift' >&2
    exit 3
    ;;
esac
