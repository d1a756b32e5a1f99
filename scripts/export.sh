#!/usr/bin/env bash
# Execute the notebooks and write the report: index.html, one page a part, runs.csv.
#
#   scripts/export.sh                  all parts, into report/
#   scripts/export.sh --only 1-1,1-2   these parts; the pages of the others stay as they are
#   scripts/export.sh --anew           also what has not changed
#   scripts/export.sh --quick          tiny budgets: a smoke test, not results; every page says so
#   scripts/export.sh --output DIR     write somewhere else
#   scripts/export.sh --slurm …        on a Slurm cluster; all that follows goes to sbatch as it is
#   scripts/export.sh --dry-run --slurm …   only print what would be submitted
#   scripts/export.sh --help           this text
#
# A part's page is written as soon as its notebook is done, and the index grows with it. Finished training runs are
# kept in runs/, so an export that was stopped goes on where it was. A page stays as it is while its notebook, pkg/, the scripts
# behind it, the settings and the machine are those that it was made with. Exit status 1 when a part failed.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"

options=()
only=
output=$ROOT/report
dry_run=
while [ $# -gt 0 ]; do
  case $1 in
    --quick | --anew) options+=("$1") ;;
    --only=?* | --output=?*)
      options+=("$1")
      name=${1%%=*}
      printf -v "${name#--}" %s "${1#*=}"
      ;;
    --only | --output)
      [ -n "${2:-}" ] || refuse "$1 without a value"
      options+=("$1" "$2")
      printf -v "${1#--}" %s "$2"
      shift
      ;;
    --only= | --output=) refuse "$1 without a value" ;;
    --dry-run) dry_run=yes ;;
    --slurm)
      shift
      source "$ROOT/scripts/slurm/submit.sh"
      submit "$@"
      exit
      ;;
    -h | --help) usage && exit ;;
    *) refuse "$1" ;;
  esac
  shift
done
[ -z "$dry_run" ] || refuse "--dry-run without --slurm"

whole "$ROOT/scripts/setup.sh"
exec "$PYTHON" "$ROOT/scripts/report/export.py" ${options[@]+"${options[@]}"}
