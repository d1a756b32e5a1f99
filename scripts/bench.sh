#!/usr/bin/env bash
# Time hw1, alone or beside PyTorch and JAX on the same work, a repetition of each in turn. Leave the machine alone meanwhile.
#
#   scripts/bench.sh                   hw1 alone
#   scripts/bench.sh --peers           beside PyTorch and JAX, which are installed first: 5 GB, into .venv/peers
#   scripts/bench.sh --only cnn,…      this work only: deep571, deep571-fused (beside PyTorch's fused Adam), deep571x5 (five
#                                      seeds together), -x10, -x100, cnn, dense-64, dense-1024, hessian, interpolation, sensitivity, evaluation
#   scripts/bench.sh --repetitions 9   so many of each; default 6, as fewer give no confidence interval
#   scripts/bench.sh --keep FOLDER     every single time, too, as `go test -bench` writes it
#   scripts/bench.sh --parts           instead: time and memory of each part, trained anew; the runs that exist stay as they are
#   scripts/bench.sh --help            this text
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"

# The name of a work, which peers.py knows, too; hw1's benchmark of it, and the package that has that.
WORK=$(grep -v '^#' "$ROOT/scripts/bench/work.txt")

PEERS=$VENV/peers
runners=hw1
only='' repetitions='' keep='' parts=''
while [ $# -gt 0 ]; do
  case $1 in
    --peers) runners="hw1 torch jax" ;;
    --parts) parts=yes ;;
    --only | --repetitions | --keep)
      [ $# -gt 1 ] || refuse "$1 without a value"
      printf -v "${1#--}" %s "$2"
      shift
      ;;
    -h | --help) usage && exit ;;
    *) refuse "$1" ;;
  esac
  shift
done
[ -z "$parts" ] || [ "$runners$only$repetitions$keep" = hw1 ] || refuse "--parts together with others"
for name in ${only//,/ }; do
  grep -q "^$name " <<<"$WORK" || fail "No work is called $name; there is $(awk 'NF { printf " %s", $1 }' <<<"$WORK")"
done
case ${repetitions:=6} in *[!0-9]* | 0*) fail "$repetitions repetitions: take one or more" ;; esac

peers_stamp() { requirements_stamp "$ROOT/scripts/bench/requirements.txt"; }

# The wheel of PyTorch for Linux carries CUDA; what is timed runs on the CPU.
install_peers() {
  "$PYTHON" -m venv --clear "$PEERS"
  "$PEERS/bin/python" -m pip install --quiet --only-binary :all: --require-hashes -r "$ROOT/scripts/bench/requirements.txt"
  done_for peers "$(peers_stamp)"
  say "PyTorch and JAX, $(du -sh "$PEERS" | cut -f1)"
}

# milliseconds RUNNER NAME BENCHMARK PACKAGE: of one repetition, in a process of its own; nothing where there is no such work.
milliseconds() {
  if [ "$1" != hw1 ]; then
    CUDA_VISIBLE_DEVICES="" "$PEERS/bin/python" scripts/bench/peers.py "$1" "$2"
    return
  fi
  cd "pkg/hw1/$4"
  "$scratch/$4.test" -test.run none -test.bench "^Benchmark${3//\//\$/^}\$" -test.benchtime 2x >"$scratch/said" 2>&1 || fail "$(cat "$scratch/said")"
  awk '{ for (i = 2; i <= NF; i++) if ($i ~ /^ms(\/epoch)?$/) print $(i - 1) }' "$scratch/said" | grep . || fail "$(cat "$scratch/said")"
}

# time_work NAME BENCHMARK PACKAGE: all repetitions, each of hw1 and of the peers in turn.
time_work() {
  local k runner ms
  for ((k = 1; k <= repetitions; k++)); do
    for runner in $runners; do
      ms=$(milliseconds "$runner" "$@")
      [ -n "$ms" ] || continue
      say "$1 $k/$repetitions  $runner $ms ms" >&2
      printf 'Benchmark%s 1 %se6 ns/op\n' "$1" "$ms" >>"$keep/$runner"
    done
  done
}

bench() {
  "$ROOT/scripts/setup.sh"
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  keep=${keep:-$scratch/times}
  mkdir -p "$keep"
  keep=$(cd "$keep" && pwd)
  cd "$ROOT"
  if [ -n "$parts" ]; then # the export says both; into a folder and a run store of its own
    HW1_RUNS=$scratch/runs scripts/export.sh --output "$scratch/report"
    exit
  fi
  [ "$runners" = hw1 ] || unchanged peers "$(peers_stamp)" || step peers install_peers
  go test -c -o "$scratch/" ./pkg/hw1/train ./pkg/hw1/eval ./pkg/hw1/sensitivity
  go -C scripts/bench build -o "$scratch/" golang.org/x/perf/cmd/benchstat
  for runner in $runners; do : >"$keep/$runner"; done
  while read -r name benchmark package; do
    case $name:,$only, in :*) ;; *:,, | *",$name,"*) time_work "$name" "$benchmark" "$package" </dev/null ;; esac
  done <<<"$WORK"
  # shellcheck disable=SC2086 # the files have the names of the runners
  cd "$keep" && "$scratch/benchstat" $runners
}

whole bench
