#!/usr/bin/env bash
# Started by Jupyter (kernel.json): the gonb kernel with the tools, the XLA plugin and the Go module of this checkout, so
# that a cell can `import "hw1/pkg/hw1"`. Everything is found relative to this file: a checkout can be moved. What it says goes to
# the terminal of Jupyter, or of the export.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
source "$ROOT/scripts/kernel/parent.sh"

need_folders >&2
{ ! cold_packages || echo "Go's build cache is empty: the first cell takes a minute or two. scripts/setup.sh fills it."; } >&2 &
# Modules that are there already are not looked up in the network.
GOPROXY=file://$(go env GOMODCACHE)/cache/download,$(go env GOPROXY)
PATH=$ROOT/scripts/kernel:$PATH
# Data and runs of notebooks that lie elsewhere are in this checkout, too.
HW1_ROOT=${HW1_ROOT:-$ROOT}
# Cells hold whole data sets and stored weights: collecting their garbage four times as often takes a fifth less memory.
GOGC=${GOGC:-25}
export GOPROXY PATH HW1_ROOT GOGC

# At low priority: training takes what the rest of the machine leaves, so that the machine can be used meanwhile.
end_with_parent
exec nice -n 10 "$VENV/bin/gonb" -go_work="$ROOT" -logtostderr=false -stderrthreshold=FATAL -log_file="$LOGS/gonb.log" "$@"
