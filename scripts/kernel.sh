#!/usr/bin/env bash
# Started by Jupyter (kernel.json): the gonb kernel with the tools, the XLA plugin and the Go module of this checkout, so
# that a cell can `import "hw1/pkg/hw1"`. Everything is found relative to this file: a checkout can be moved.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

# Modules that are there already are not looked up in the network.
GOPROXY=file://$(go env GOMODCACHE)/cache/download,$(go env GOPROXY)
# A cell is linked without debug tables: 1 second instead of 2. Stack traces stay as they are.
GOFLAGS="${GOFLAGS:-} -ldflags=-w"
PATH=$ROOT/scripts/kernel:$PATH
export GOPROXY GOFLAGS PATH

# At low priority: training takes what the rest of the machine leaves, so that the machine can be used meanwhile.
exec nice -n 10 "$VENV/bin/gonb" -go_work="$ROOT" -logtostderr=false -stderrthreshold=FATAL -log_file="$LOGS/gonb.log" "$@"
