#!/usr/bin/env bash
# Pack what measures hw1 on a machine with an NVIDIA GPU, into gpu-pack/: at most 60 MiB that need no network, no Go and no
# package manager there. docs/gpu.md says how it is used, and what it measures.
#
#   scripts/gpu-pack.sh         pack it; the trainings of parts 1-2, 3-1 and 3-2 are those of the report and the run store
#   scripts/gpu-pack.sh --help  this text
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"

case ${1:-} in
"") ;;
--help | -h) usage && exit ;;
*) refuse "$1" ;;
esac

PARTS=(1-2 3-1 3-2)
PACKAGES=(train internal/layer nn eval sensitivity)
PACK=$ROOT/gpu-pack
MOST=$((60 << 20)) # bytes

pack() {
  scripts/setup.sh
  new=$(mktemp -d "$ROOT/gpu-pack.new.XXXXXX")
  trap 'rm -rf "$new"' EXIT
  chmod 755 "$new"
  mkdir -p "$new/bin/testdata" "$new/data/mnist"
  "$PYTHON" scripts/gpu/parts.py "$ROOT/report" "${HW1_RUNS:-$ROOT/runs}" "${PARTS[@]}" >"$new/bin/testdata/parts.json"
  cp pkg/hw1/train/testdata/courses.json "$new/bin/testdata/"
  GOOS=linux GOARCH=amd64 go test -c -trimpath -ldflags='-s -w' -o "$new/bin/" "${PACKAGES[@]/#/./pkg/hw1/}"
  gzip -9 "$new/bin/"*.test
  for file in "$DATA/mnist/"*-ubyte; do gzip -9 --stdout "$file" >"$new/data/mnist/${file##*/}.gz"; done
  cp scripts/gpu/run.sh scripts/bench/peers.py scripts/bench/work.txt "$new/"
  git describe --always --dirty >"$new/commit.txt" 2>/dev/null || say unknown >"$new/commit.txt"
  size=$(find "$new" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
  [ "$size" -le $MOST ] || fail "The pack would have $((size >> 20)) MiB, more than $((MOST >> 20))."
  rm -rf "$PACK"
  mv "$new" "$PACK"
  say "$PACK, $((size >> 20)) MiB: copy it to the machine with the GPU, and run gpu-pack/run.sh there."
}

cd "$ROOT"
whole pack
