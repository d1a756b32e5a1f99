#!/usr/bin/env bash
# Check everything: format, vet, linters, tests, and the notebooks with tiny budgets. Sets up what is missing first.
#
#   scripts/test.sh              all of it; exit status 1 when a check failed
#   scripts/test.sh --fast       what takes less than 90 seconds when all is set up: without what starts a kernel, a browser or a
#                                cluster, what fetches something, fuzzing, and the Go tests that take seconds each
#   scripts/test.sh --only NAME  one check, such as "go test", in full; an unknown name lists them
#   scripts/test.sh --help       this text
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"

fast='' only=''
case ${1:-} in
"") ;;
--fast) fast=yes ;;
--only)
  [ $# -gt 1 ] || refuse "--only without a name"
  only=$2
  shift
  ;;
--help | -h) usage && exit ;;
*) refuse "$1" ;;
esac
[ $# -le 1 ] || refuse "$2"

names=()  # of all checks
others=() # of those that run beside those in the open

# wanted NAME: is the check to be run?
wanted() {
  names+=("$1")
  [ -z "$only" ] || [ "$only" = "$1" ]
}

# run NAME COMMAND…: runs a check, and writes its line of the summary.
run() {
  local name=$1 start=$SECONDS verdict=ok status
  shift
  printf '\n== %s\n' "$name"
  try "$@"
  [ "$status" = 0 ] || verdict=FAILED
  report "$name" $((SECONDS - start)) "$verdict" >>"$scratch/summary"
}

# check NAME COMMAND…: runs a check in the open.
check() { ! wanted "$1" || run "$@"; }

# beside NAME COMMAND…: starts a check that often waits, beside those that follow; `together` waits for all such, and shows what they said.
beside() {
  wanted "$1" || return 0
  run "$@" >"$scratch/$1.said" 2>&1 &
  others+=("$1")
}

together() {
  local name
  wait
  for name in ${others[@]+"${others[@]}"}; do
    cat "$scratch/$name.said"
    grep -q "^  $name  " "$scratch/summary" || report "$name" 0 "FAILED: it was killed" >>"$scratch/summary"
  done
  others=()
}

# where HERE NEEDED HOW START NAME COMMAND…: a check that needs what not every machine has, which START, check or beside, starts.
# Where the command HERE says that it is missing, the check is skipped with a word on how to get it, but not where NEEDED says
# that it is promised.
where() {
  local here=$1 needed=$2 how=$3 start=$4
  shift 4
  [ -z "$only" ] || [ "$only" = "$1" ] || { names+=("$1") && return; }
  if [ -n "$needed" ] || "$here" >/dev/null 2>&1; then
    "$start" "$@"
  else
    report "$1" 0 "skipped: $how" >>"$scratch/summary"
  fi
}

# A browser is promised by HW1_NEED_BROWSER, and by what continuous integration sets.
browser_here() { "$PYTHON" scripts/browser/browser.py; }
where_browser() { where browser_here "${HW1_NEED_BROWSER:-${CI:-}}" "no browser (on Debian: apt-get install chromium)" "$@"; }

slurm_here() { scripts/slurm/cluster.sh check; }
where_slurm() { where slurm_here "${HW1_NEED_SLURM:-}" "not root, or no Slurm (on Debian: apt-get install slurm-wlm munge)" "$@"; }

# --- the tools that only the tests need --------------------------------------------------------------------------------

test_tools() {
  local stamp
  stamp=$(go env GOVERSION | stamp_of - "$ROOT/go.sum" "$ROOT/scripts/requirements-test.txt")
  unchanged test-tools "$stamp" && return
  pip_install test-tools "$ROOT/scripts/requirements-test.txt"
  go_install mvdan.cc/gofumpt honnef.co/go/tools/cmd/staticcheck golang.org/x/vuln/cmd/govulncheck
  done_for test-tools "$stamp"
}

# --- the checks --------------------------------------------------------------------------------------------------------

go_format() {
  local unformatted
  unformatted=$(find . -name '*.go' -not -path './.*' -exec gofumpt -l {} +)
  [ -z "$unformatted" ] || fail "Not formatted (run gofumpt -w):"$'\n'"$unformatted"
}

shell_check() { shellcheck --external-sources --source-path=SCRIPTDIR scripts/*.sh scripts/setup/*.sh scripts/kernel/* scripts/slurm/*.sh scripts/gpu/*.sh .ci/run; }

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
    grep -q "scripts/$script.sh" <<<"$("scripts/$script.sh" --help)" || fail "scripts/$script.sh --help says nothing about itself"
  done
  for script in setup test export; do # lab.sh hands its options on to JupyterLab
    status=0
    "scripts/$script.sh" --no-such-option >/dev/null 2>&1 || status=$?
    [ $status = 2 ] || fail "scripts/$script.sh --no-such-option ends with $status, not 2"
  done
}

# tests FOLDER ARGUMENT…: of the scripts in a folder, with arguments of unittest.
tests() { cd "scripts/$1" && "$PYTHON" -m unittest "${@:2}"; }

# Vetted by "go vet" already.
go_test() { go test -timeout 30m -vet=off ${fast:+-short} ./...; }

# A look for inputs that break the readers; `go test` tries those that are known. The packages of this module tell which code an
# input reaches; `go test -fuzz` has all 400 that they import compiled anew for that, which takes longer than the look. So many
# inputs and not so many seconds: Go 1.26 fails now and then when the time is over (https://go.dev/issue/75804).
fuzz() {
  local package='' file target output
  while IFS=: read -r file target; do
    target=${target#func }
    if [ "$package" != "${file%/*}" ]; then
      package=${file%/*}
      go test -c -vet=off -gcflags=hw1/...=-d=libfuzzer -o "$scratch/fuzzer" "./$package"
    fi
    output=$(cd "$package" && "$scratch/fuzzer" -test.run none -test.fuzz "^$target\$" -test.fuzztime 20000x \
      -test.fuzzminimizetime 10x -test.fuzzcachedir "$scratch/corpus" 2>&1 </dev/null) || fail "$output"
    say "$target: $(grep 'execs:' <<<"$output" | tail -n 1)"
  done < <(grep -ro '^func Fuzz[A-Za-z0-9]*' --include='*_test.go' pkg | sort)
}

# Set-up fetches a data file again whatever happened to it: in a copy of the data.
damaged_data() {
  local file=$scratch/data/mnist/t10k-labels-idx1-ubyte damage
  cp -r "$DATA" "$scratch/data"
  for damage in "truncate --size 100" "truncate --size 0" "rm -f" "replace_by_a_folder" "flip_a_bit"; do
    $damage "$file"
    if HW1_DATA=$scratch/data scripts/setup.sh >"$scratch/setup.log" 2>&1; then
      cmp "$file" "$DATA/mnist/t10k-labels-idx1-ubyte" || fail "Set-up does not mend $file after $damage."
      continue
    fi
    cat "$scratch/setup.log"
    grep -q "can be reached" "$scratch/setup.log" || fail "Set-up does not mend $file after $damage."
    say "Skipped: no source of the data can be reached."
    return
  done
  say "Mended five times."
}

replace_by_a_folder() { rm "$1" && mkdir "$1"; }
flip_a_bit() { printf '\377' | dd of="$1" bs=1 seek=5000 conv=notrunc status=none; }

# without_network COMMAND…: runs it in a network namespace that has nothing but a loopback, where the system allows that.
without_network() {
  local unshare
  for unshare in "unshare --net" "unshare --map-root-user --net"; do
    if $unshare ip link set lo up 2>/dev/null; then
      say "(without a network)"
      $unshare bash -c 'ip link set lo up && exec "$@"' offline "$@"
      return
    fi
  done
  say "(with the network: this system does not let it be cut off)"
  "$@"
}

# unoptimized COMMAND…: runs it with graphs that XLA compiles in two thirds of the time, which is most of it at tiny budgets.
unoptimized() { XLA_FLAGS="${XLA_FLAGS:-} --xla_backend_optimization_level=0" "$@"; }

# The notebooks through the real export, into a folder of their own and without the runs that exist already.
notebooks() {
  HW1_RUNS=$scratch/runs unoptimized without_network scripts/export.sh --quick --output "$scratch/report"
  "$PYTHON" scripts/report/checks.py "$scratch/report"
  "$PYTHON" scripts/report/weights.py "$scratch/runs"
}

# in_a_browser PAGE TESTS…: tests of the report that the notebooks just made; of a small one where they were left out.
in_a_browser() {
  local made=$scratch/report
  [ -f "$made/$1" ] || made=
  shift
  HW1_REPORT=$made tests browser --buffer "$@"
}

# What a cell shows in VS Code while it trains, by that one's renderer of outputs, which is in the package of its server.
cell_in_vscode() {
  local folder=$VENV/share/vscode hash=75b76d3870dbcb7a4c08627f586a03344ca017be182171020c7405bdb6f2fb33
  if ! unchanged vscode "$hash" || ! [ -s "$folder/renderer.js" ]; then
    if ! npm_files code-server 4.139.1 "$hash" "$scratch" lib/vscode/extensions/notebook-renderers/renderer-out/index.js; then
      [ -z "${HW1_NEED_BROWSER:-}" ] || fail "VS Code's renderer cannot be downloaded."
      say "Skipped: VS Code's renderer cannot be downloaded."
      return
    fi
    mkdir -p "$folder"
    mv "$scratch/index.js" "$folder/renderer.js"
    done_for vscode "$hash"
  fi
  tests browser --buffer test_vscode
}

all_checks() {
  # What the notebooks check exports, for the checks after it.
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  scripts/setup.sh
  test_tools
  check "go format" go_format
  check "go vet" env GOGC=$COMPILING go vet ./...
  check "staticcheck" env GOGC=$COMPILING staticcheck ./...
  check "shellcheck" shell_check
  check "python style" python_check
  [ -n "$fast" ] || check "vulnerabilities" vulnerabilities
  check "script options" script_options
  # Those of the exporter with a kernel are in files of their own, and one of them takes as long as the others.
  beside "exporter tests" tests report discover --buffer --pattern "test_[!k]*.py"
  check "go test" go_test
  [ -n "$fast" ] || beside "kernel tests" tests report discover --buffer --pattern "test_kernel_[!r]*.py"
  [ -n "$fast" ] || beside "killed exports" tests report discover --buffer --pattern "test_kernel_r*.py"
  [ -n "$fast" ] || check "fuzzing" fuzz
  [ -n "$fast" ] || check "damaged data" damaged_data
  check "submission to Slurm" tests slurm --buffer test_submit
  check "GPU pack" tests gpu --buffer test_run
  together
  [ -n "$fast" ] || check "notebooks" notebooks
  [ -n "$fast" ] || where_browser beside "figures in a browser" in_a_browser appendix.html test_figures
  [ -n "$fast" ] || where_browser check "report in a browser" in_a_browser appendix.html test_report
  together
  [ -n "$fast" ] || where_browser beside "notebooks in JupyterLab" tests browser test_lab # prints what it measures
  [ -n "$fast" ] || where_browser check "playground in a browser" in_a_browser playground.html test_playground
  [ -n "$fast" ] || where_browser check "cell in VS Code" cell_in_vscode
  [ -n "$fast" ] || where_slurm check "export on Slurm" unoptimized tests slurm --buffer test_cluster
  together
  summary
}

summary() {
  if [ ! -s "$scratch/summary" ]; then
    say "There is no check \"$only\". There are:"
    printf '  %s\n' "${names[@]}"
    exit 2
  fi
  printf '\n'
  cat "$scratch/summary"
  ! grep -q FAILED "$scratch/summary" || fail "Some checks failed."
  say "All checks passed."
}

cd "$ROOT"
whole all_checks
