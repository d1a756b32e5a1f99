#!/usr/bin/env bash
# Time hw1, alone or beside PyTorch and JAX on the same work, a repetition of each in turn. Leave the machine alone meanwhile.
#
#   scripts/bench.sh                   hw1 alone
#   scripts/bench.sh --peers           beside PyTorch and JAX, which are installed first: 5 GB, into .venv/peers
#   scripts/bench.sh --only cnn,…      this work only: deep571, deep571-fused, deep571x5, cnn, dense-64, dense-1024, hessian,
#                                      interpolation, sensitivity, evaluation
#   scripts/bench.sh --repetitions 9   so many of each; default 5
#   scripts/bench.sh --csv FILE        every single time, too
#   scripts/bench.sh --parts           instead: time and memory of each part, trained anew; the runs that exist stay as they are
#   scripts/bench.sh --help            this text
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PEERS=$VENV/peers
options=()
peers='' parts=''
while [ $# -gt 0 ]; do
  case $1 in
    --peers) peers=yes ;;
    --parts) parts=yes ;;
    --only | --repetitions | --csv)
      [ $# -gt 1 ] || refuse "$1 without a value"
      options+=("-${1#--}" "$2")
      [ "$1" != --csv ] || [ "${2#/}" != "$2" ] || options[${#options[@]} - 1]=$PWD/$2
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) refuse "$1" ;;
  esac
  shift
done

peers_stamp() { requirements_stamp "$ROOT/scripts/bench/requirements.txt"; }

# The wheel of PyTorch for Linux carries CUDA; what is timed runs on the CPU.
install_peers() {
  python3 -m venv --clear "$PEERS"
  "$PEERS/bin/python" -m pip install --quiet --only-binary :all: --require-hashes -r "$ROOT/scripts/bench/requirements.txt"
  done_for peers "$(peers_stamp)"
  say "PyTorch and JAX, $(du -sh "$PEERS" | cut -f1)"
}

# The parts, exported into a folder and a run store of their own.
time_parts() {
  local scratch
  scratch=$(mktemp -d)
  # shellcheck disable=SC2064 # scratch is known now and local later
  trap "rm -rf '$scratch'" EXIT
  HW1_RUNS=$scratch/runs "$ROOT/scripts/export.sh" --output "$scratch/report"
  "$PYTHON" "$ROOT/scripts/bench/parts.py" "$scratch/report"
}

[ -z "$parts" ] || [ -z "$peers${options[*]-}" ] || refuse "--parts together with others"
"$ROOT/scripts/setup.sh"
cd "$ROOT"
if [ -n "$parts" ]; then
  time_parts
  exit
fi
if [ -n "$peers" ]; then
  unchanged peers "$(peers_stamp)" || step peers install_peers
  options+=(-python "$PEERS/bin/python")
fi
go run ./scripts/bench ${options[@]+"${options[@]}"}
