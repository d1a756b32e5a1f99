#!/usr/bin/env bash
# Measure hw1 on the GPU of this machine, beside PyTorch and JAX in turns. Needs nothing but this folder and a Python that has
# XLA's plugin for CUDA (jax-cuda13-pjrt). Each step has its own limit, and its results are on the disk when it ends.
#
#   run.sh [OPTION…] [FOLDER]  results into FOLDER, by default gpu-results where you are; steps that it has are not repeated
#   run.sh --try               4 minutes: does the plugin load, a training of each kind, one benchmark
#   run.sh --minutes N         stop after N minutes; default 12
#   run.sh --again             repeat what FOLDER has
#   run.sh --help              this text
#
# PYTHON is the Python to use, python3 if it is not set. PJRT_PLUGIN_LIBRARY_PATH with GOMLX_BACKEND name another plugin.
set -euo pipefail
export LC_ALL=C # where the decimal sign is a comma, mawk reads 3.5 as 3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() { printf '%s\n' "$*"; }

fail() {
  say "$*" >&2
  exit 1
}

try='' again='' minutes='' results=''
while [ $# -gt 0 ]; do
  case $1 in
    --try) try=yes ;;
    --again) again=yes ;;
    --minutes)
      [ $# -gt 1 ] || fail "--minutes takes a number of minutes"
      minutes=$2
      shift
      ;;
    --help | -h) awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0" && exit ;;
    -*) fail "run.sh: unknown option $1; run.sh --help says what there is" ;;
    *) results=$1 ;;
  esac
  shift
done
minutes=${minutes:-${try:+4}}
minutes=${minutes:-12}
case $minutes in *[!0-9]* | 0*) fail "--minutes takes a number of minutes" ;; esac
end=$((SECONDS + 60 * minutes))
results=${results:-gpu-results}
mkdir -p "$results" 2>/dev/null && [ -w "$results" ] || fail "$results cannot be written: name another folder for the results."
results=$(cd "$results" && pwd)
python=$(command -v "${PYTHON:-python3}" || true)
[ -n "$python" ] || [ -z "${PYTHON:-}" ] || fail "PYTHON=$PYTHON cannot be run: name another, or unset it."

# --- what the pack unpacks into, and where the plugin is ----------------------------------------------------------------

work=$(mktemp -d)
child=''
stop() { [ -z "$child" ] || kill "$child" 2>/dev/null || true; }
# Not in a child, which has these traps until it becomes another program, and may be killed before.
trap '[ $BASHPID != $$ ] || rm -rf "$work"' EXIT
trap 'stop; exit 143' TERM INT HUP
mkdir -p "$work/bin" "$work/data/mnist" "$work/tmp" "$work/root"
cp -r "$here/bin/testdata" "$work/bin/"
for file in "$here"/bin/*.gz "$here"/data/mnist/*.gz; do
  to=$work/${file#"$here"/}
  gzip --decompress --stdout "$file" >"${to%.gz}"
done
chmod +x "$work"/bin/*.test
export TMPDIR=$work/tmp HW1_ROOT=$work/root HW1_DATA=$work/data HW1_RUNS=$work/runs GOMLX_NO_AUTO_INSTALL=1 PYTHONUNBUFFERED=1
# All compute in full single precision: NVIDIA's libraries, and the products that JAX compiles by itself.
export NVIDIA_TF32_OVERRIDE=0 JAX_DEFAULT_MATMUL_PRECISION=highest XLA_PYTHON_CLIENT_PREALLOCATE=false

# python_has MODULE…: the folder of the first of these modules that this Python has; nothing of it is run.
python_has() {
  [ -n "$python" ] || return 1
  "$python" - "$@" <<'END'
import importlib.util, sys
for name in sys.argv[1:]:
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        continue
    if spec and spec.submodule_search_locations:
        print(list(spec.submodule_search_locations)[0])
        sys.exit()
sys.exit(1)
END
}

# A folder that looks like the checkout's after scripts/setup.sh --cuda: go-xla wants the plugin under this name, and NVIDIA's
# libraries beside its folder.
link_plugin() {
  local plugin nvidia cuda=$HW1_ROOT/.venv/cuda folder
  [ -n "$python" ] || fail "Python is needed, to find XLA's plugin for CUDA: set PYTHON, or PJRT_PLUGIN_LIBRARY_PATH and GOMLX_BACKEND."
  plugin=$(python_has jax_plugins.xla_cuda13 jax_plugins.xla_cuda12) ||
    fail "$python has no plugin of XLA for CUDA (jax-cuda13-pjrt): set PYTHON to one that has, or PJRT_PLUGIN_LIBRARY_PATH and GOMLX_BACKEND."
  mkdir -p "$cuda/jax_plugins"
  ln -s "$plugin/xla_cuda_plugin.so" "$cuda/jax_plugins/pjrt_c_api_cuda_plugin.so"
  export PJRT_PLUGIN_LIBRARY_PATH=$cuda/jax_plugins GOMLX_BACKEND=xla:cuda
  if nvidia=$(python_has nvidia.cu13) || nvidia=$(python_has nvidia.cuda_runtime); then
    nvidia=${nvidia%/*}
    ln -s "$nvidia" "$cuda/nvidia"
    libraries=$(printf '%s:' "$nvidia"/*/lib)
  fi
  # What compiles XLA's code, and its mathematical functions: of the wheels, or of the system.
  for folder in "${nvidia:-}/cu13" "${nvidia:-}/cuda_nvcc" "${CUDA_HOME:-}" /usr/local/cuda; do
    if [ -f "$folder/nvvm/libdevice/libdevice.10.bc" ]; then
      flags=--xla_gpu_cuda_data_dir=$folder
      PATH=$PATH:$folder/bin
      break
    fi
  done
}

libraries='' flags=''
[ -n "${PJRT_PLUGIN_LIBRARY_PATH:-}" ] || link_plugin
hw1=(env -C "$work/bin" LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:-}" XLA_FLAGS="$flags ${XLA_FLAGS:-}")

# --- a step -------------------------------------------------------------------------------------------------------------

steps=$results/steps.tsv
last=$results/last.txt # what the step that is running has said
touch "$results/times.tsv"
[ -s "$steps" ] || printf 'step\toutcome\tseconds\tGPU %%\tGPU MiB\n' >"$steps"

# record NAME OUTCOME SECONDS USE
record() {
  printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" >>"$steps"
  printf '%-34s %-28s %4s s\n' "$1" "$2" "$3"
}

# use: the mean of the GPU's utilization while the step ran, and the most memory.
use() { awk -F', ' '$1 ~ /^[0-9]+$/ { sum += $1; n++; if ($2 + 0 > most) most = $2 + 0 } END { if (n) printf "%d\t%d", sum / n, most; else printf "-\t-" }' "$work/use" 2>/dev/null; }

# step NAME LIMIT COMMAND…: runs the command for so many seconds at most; its status is 0 where it ran now and did well.
step() {
  local name=$1 limit=$2 start=$SECONDS status=0 outcome watcher left=$((end - SECONDS))
  shift 2
  [ -z "$try" ] || grep -qxF "$name" <<<"$TRIED" || return 1
  [ -n "$again" ] || ! grep -q "^$name	ok" "$steps" || return 1
  [ $left -gt 5 ] || { late=yes && return 1; }
  [ "$limit" -le $left ] || limit=$left
  : >"$work/use"
  nvidia-smi --query-gpu=utilization.gpu,memory.used --format=csv,noheader,nounits --loop-ms=500 >"$work/use" 2>/dev/null &
  watcher=$!
  timeout --kill-after=5 "$limit" "$@" >"$last" 2>&1 &
  child=$!
  wait $child || status=$?
  child=''
  kill -KILL $watcher 2>/dev/null || true # where it is still this shell, it would run the traps
  wait $watcher 2>/dev/null || true
  case $status in
    0) outcome=ok && ! grep -q '^--- SKIP' "$last" || outcome="ok, but $(grep -c '^--- SKIP' "$last") left out" ;;
    124 | 137) outcome="stopped after $limit s" ;;
    *) outcome="failed ($status)" ;;
  esac
  { say "== $name: $outcome" && cat "$last"; } >>"$results/log.txt"
  record "$name" "$outcome" $((SECONDS - start)) "$(use)"
  [ $status = 0 ] || { (grep -m 3 '_test.go:' "$last" || tail -n 3 "$last") | cut -c1-300 | sed 's/^ */    /' && return 1; }
}

tests() { # NAME LIMIT PACKAGE PATTERN
  step "$1" "$2" "${hw1[@]}" "./$3.test" -test.run "$4" -test.v || true
}

# time_hw1 STEP WORK RUNNER BENCHMARK PACKAGE: milliseconds into times.tsv, and the seconds of the first execution, which compiles.
time_hw1() {
  step "$1" 45 "${hw1[@]}" "./$5.test" -test.run none -test.bench "^Benchmark${4//\//\$/^}\$" -test.benchtime 3x || return 0
  awk -v work="$2" -v runner="$3" '{ for (i = 2; i <= NF; i++) { if ($i ~ /^ms(\/epoch)?$/) ms = $(i - 1); if ($i == "s/first") first = $(i - 1) } }
    END { if (ms != "") printf "%s\t%s\t%s\t%s\n", work, runner, ms, first }' "$last" >>"$results/times.tsv"
}

time_peer() { # STEP WORK RUNNER
  local module=${3%-graphs}
  python_has "$module" >/dev/null || { [ -n "${missing[$module]:-}" ] || say "$module is left out: ${python:-no Python} has none." && missing[$module]=yes && return; }
  step "$1" 45 "$python" "$here/peers.py" "$3" "$2" || return 0
  awk -v work="$2" -v runner="$3" '/^[0-9.e+-]+$/ { ms = $1 } END { if (ms != "") printf "%s\t%s\t%s\t\n", work, runner, ms }' "$last" >>"$results/times.tsv"
}

# round K: each work, of hw1 and of its peers in turn.
round() {
  local name benchmark package runner
  while read -r name benchmark package; do
    time_hw1 "bench.$1.$name.hw1" "$name" hw1 "$benchmark" "$package"
    for runner in torch torch-graphs jax; do time_peer "bench.$1.$name.$runner" "$name" "$runner"; done
  done < <(grep -v '^#' "$here/work.txt")
}

# with_flag NAME FLAG: the trainings of the benchmarks with another flag of XLA, which goes behind the package's own.
with_flag() {
  local plain=("${hw1[@]}") name
  hw1+=(XLA_FLAGS="$flags ${XLA_FLAGS:-} $2")
  for name in cnn dense-64 deep571x5; do time_hw1 "flag.$1.$name" "$name" "hw1, $1" "Epoch/$name" train; done
  hw1=("${plain[@]}")
}

# --- the steps, by value ------------------------------------------------------------------------------------------------

doctor() {
  say "commit $(cat "$here/commit.txt"), $(date -u +%F), $(uname -srm), $(nproc) cores, $(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo)"
  say "GPU: $(nvidia-smi --query-gpu=name,driver_version,memory.total,compute_cap --format=csv,noheader 2>/dev/null || say "nvidia-smi says nothing")"
  say "plugin: $GOMLX_BACKEND in $PJRT_PLUGIN_LIBRARY_PATH, $(readlink -f "$PJRT_PLUGIN_LIBRARY_PATH"/*.so | tr '\n' ' ')"
  say "flags: ${flags:-no folder with libdevice found} ${XLA_FLAGS:-}"
  [ -z "$python" ] || "$python" -c '
import importlib.metadata, sys
names = {d.name: d.version for d in importlib.metadata.distributions() if d.name}
print("Python", sys.version.split()[0], *sorted(f"{n} {v}" for n, v in names.items() if n.lower().startswith(("jax", "torch", "nvidia"))), sep=", ")'
}

TRIED="plugin
courses
bench.1.cnn.hw1
bench.1.cnn.torch
bench.1.cnn.torch-graphs
bench.1.cnn.jax"
declare -A missing
late=''
: "${GOMLX_BACKEND:=xla:cuda}"
export GOMLX_BACKEND
[ "$GOMLX_BACKEND" = xla:cuda ] || say "A rehearsal on $GOMLX_BACKEND: what it measures is no figure of a GPU."
doctor | tee "$results/machine.txt" || true
step plugin 60 "${hw1[@]}" ./train.test -test.run '^TestCourseOfEveryKind$/^function$' -test.v ||
  grep -q "^plugin	ok" "$steps" || fail "Nothing can be trained here: see $last"
tests courses 100 train '^TestCourseOfEveryKind$'
tests same-bits 60 train '^TestBitIdenticalInTwoProcesses$'
tests resume 60 train '^TestInterruptedTrainingGoesOn$'
round 1
for part in 1-2 3-1 3-2; do step "part.$part" 90 "${hw1[@]}" ./train.test -test.run none -test.bench "^BenchmarkPart\$/^$part\$" -test.benchtime 1x || true; done
tests layers 60 layer .
tests networks 90 nn .
tests gradients 60 eval .
tests loop 60 train '^Test(LoopEqualsSingleSteps|EpochInOneExecutionIsItsSteps|SeedsTrainIndependently|DropoutInTraining|BackendsAgree)$'
tests sensitivity 60 sensitivity .
tests kills 90 train '^TestKilledTrainingGoesOn$'
with_flag nondeterministic --xla_gpu_deterministic_ops=false
with_flag loop-as-graph --xla_gpu_enable_command_buffer=+WHILE
round 2
round 3

# --- what came out ------------------------------------------------------------------------------------------------------

{
  say "Medians, in milliseconds; in brackets the seconds of the first execution, which compiles:"
  sort "$results/times.tsv" | awk -F'\t' '
    function show() { if (n) printf "  %-14s %-22s %10.4g  n = %d  %s\n", work, runner, (v[int((n + 1) / 2)] + v[int(n / 2) + 1]) / 2, n, first == "" ? "" : "(" first " s)" }
    { if ($1 FS $2 != key) { show(); key = $1 FS $2; n = 0; first = "" } work = $1; runner = $2; x = $3 + 0; if (first == "") first = $4
      for (i = ++n; i > 1 && v[i - 1] > x; i--) v[i] = v[i - 1]; v[i] = x }
    END { show() }'
  say "Steps that did not end well:"
  awk -F'\t' 'NR > 1 { last[$1] = $2 } END { for (name in last) if (last[name] !~ /^ok/) print "  " name ": " last[name] }' "$steps" | sort
} | tee "$results/summary.txt"
[ -z "$late" ] || say "The time is over; run.sh again goes on with what is missing."
say "Results: $results"
