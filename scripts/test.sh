#!/usr/bin/env bash
# Check everything: format, vet, linters, tests, and the notebooks with tiny budgets. Sets up what is missing first.
#
#   scripts/test.sh           all of it; exit status 1 when a check failed
#   scripts/test.sh --fast    all of it but the notebooks
#   scripts/test.sh --help    this text
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

fast=
case ${1:-} in
"") ;;
--fast) fast=yes ;;
--help | -h) usage && exit ;;
*) refuse "$1" ;;
esac

summary=()
failed=0
# What the notebooks check exports, for the checks after it.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# check NAME COMMAND…: runs a check in the open, remembers how it went, and goes on.
check() {
  local name=$1 start=$SECONDS status verdict=ok
  shift
  printf '\n== %s\n' "$name"
  set +e # a condition would make the check go on after an error
  (
    set -e
    "$@"
  )
  status=$?
  set -e
  [ $status = 0 ] || verdict=FAILED failed=1
  summary+=("$(report "$name" $((SECONDS - start)) "$verdict")")
}

# check_in_browser NAME COMMAND…: a check that needs a browser. Where there is none it says how to get one and is skipped, but
# not where one is promised: by HW1_NEED_BROWSER, and by what continuous integration sets.
check_in_browser() {
  if [ -n "${HW1_NEED_BROWSER:-${CI:-}}" ] || "$PYTHON" scripts/browser/browser.py >/dev/null; then
    check "$@"
  else
    summary+=("$(report "$1" 0 "skipped: no browser (on Debian: apt-get install chromium)")")
  fi
}

# --- the tools that only the tests need --------------------------------------------------------------------------------

test_tools() {
  local stamp
  stamp=$(stamp_of "$ROOT/go.sum" "$ROOT/scripts/requirements-test.txt")
  unchanged test-tools "$stamp" && return
  "$PYTHON" -m pip install --quiet --only-binary :all: --require-hashes -r "$ROOT/scripts/requirements-test.txt"
  go build -trimpath -o "$VENV/bin/" mvdan.cc/gofumpt honnef.co/go/tools/cmd/staticcheck golang.org/x/vuln/cmd/govulncheck
  done_for test-tools "$stamp"
}

# --- the checks --------------------------------------------------------------------------------------------------------

go_files() { find . -name '*.go' -not -path './.*'; }

go_format() {
  local unformatted
  unformatted=$(go_files | xargs gofumpt -l)
  [ -z "$unformatted" ] || fail "Not formatted (run gofumpt -w):"$'\n'"$unformatted"
}

shell_check() { shellcheck --external-sources --source-path=SCRIPTDIR scripts/*.sh .ci/run; }

python_check() {
  ruff check --quiet scripts
  ruff format --check --quiet scripts || fail "Not formatted (run ruff format scripts)."
}

# Known vulnerabilities fail the check; a database that can't be reached doesn't.
vulnerabilities() {
  local status=0 output
  output=$(govulncheck ./... 2>&1) || status=$?
  case $status:$output in
  0:*) say "None known." ;;
  *"fetching vulnerabilities"*) say "Skipped: $(say "$output" | tail -n 1)" ;;
  *) fail "$output" ;;
  esac
}

# The options that all scripts have in common.
script_options() {
  local script status
  for script in setup lab test export; do
    "scripts/$script.sh" --help | grep -q "scripts/$script.sh" || fail "scripts/$script.sh --help says nothing about itself"
  done
  for script in setup test export; do # lab.sh hands its options on to JupyterLab
    status=0
    "scripts/$script.sh" --no-such-option >/dev/null 2>&1 || status=$?
    [ $status = 2 ] || fail "scripts/$script.sh --no-such-option ends with $status, not 2"
  done
}

doctor() { scripts/setup.sh --check; }

exporter_tests() { cd scripts/report && "$PYTHON" -m unittest discover --buffer; }

# The notebooks through the real export, into a folder of their own and without the runs that exist already.
notebooks() {
  HW1_RUNS=$scratch/runs scripts/export.sh --quick --output "$scratch/report"
  "$PYTHON" scripts/report/checks.py "$scratch/report"
}

# The report that the notebooks just made; a small one where they were left out.
report_in_a_browser() {
  local made=$scratch/report
  [ -f "$made/appendix.html" ] || made=
  cd scripts/browser && HW1_REPORT=$made "$PYTHON" -m unittest --buffer test_report
}

# A notebook's life in the browser of a new user; prints what it measured.
notebooks_in_jupyterlab() { cd scripts/browser && "$PYTHON" -m unittest test_lab; }

cd "$ROOT"
scripts/setup.sh
check "test tools" test_tools
check "go format" go_format
check "go vet" go vet ./...
check "staticcheck" staticcheck ./...
check "shellcheck" shell_check
check "python style" python_check
check "vulnerabilities" vulnerabilities
check "script options" script_options
check "doctor" doctor
check "go test" go test ./...
check "exporter tests" exporter_tests
[ -n "$fast" ] || check "notebooks" notebooks
check_in_browser "report in a browser" report_in_a_browser
[ -n "$fast" ] || check_in_browser "notebooks in JupyterLab" notebooks_in_jupyterlab

printf '\n'
printf '%s\n' "${summary[@]}"
[ $failed = 0 ] || fail "Some checks failed."
say "All checks passed."
