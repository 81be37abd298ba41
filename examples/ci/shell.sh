#!/bin/sh
# For any CI: its argument is validate, plan, apply or drift.
#
# `plan` saves the plan, and exits 2 if it has steps. Keep plan.json for `apply`, which applies exactly
# this plan, or nothing (6). It holds the values to write, and no key. The key is read from the
# variable that bmeconf.yaml names; `plan` and `drift` need only a read key, `validate` needs none.
# Never run two applies at once.
#
#   BMECONF_PROJECT   the folder of the project   [.]
#   BMECONF_KEEP      the folder of the plan      [the folder of the project]
set -eu

project=${BMECONF_PROJECT:-.}
keep=${BMECONF_KEEP:-$project}
umask 077

case ${1:-} in
  validate)
    bmeconf validate "$project" --redact
    ;;
  plan)
    bmeconf plan "$project" --redact --detailed-exitcode --save-plan "$keep/plan.json" \
      --output "markdown=$keep/plan.md"
    ;;
  apply)
    # Afterwards commit bmeconf.lock.json, and keep .bmeconf/journals if it did not exit 0.
    bmeconf apply "$keep/plan.json" --redact
    ;;
  drift)
    bmeconf drift "$project" --redact --output "markdown=$keep/drift.md"
    ;;
  *)
    echo "usage: $0 validate | plan | apply | drift" >&2
    exit 3
    ;;
esac
