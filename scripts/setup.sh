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
# Needs Python 3.11 or newer with venv, Go 1.26 or newer, a C compiler, npm and curl; no root. The other scripts call it first.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"
source "$(dirname "${BASH_SOURCE[0]}")/setup/tools.sh"
source "$(dirname "${BASH_SOURCE[0]}")/setup/xla.sh"
source "$(dirname "${BASH_SOURCE[0]}")/setup/data.sh"

# --- what this machine must have -------------------------------------------------------------------------------------

# The first that is new enough is BASE_PYTHON: python3 itself is an older one where a system's own tools need that.
need_python() {
  for BASE_PYTHON in python3 python3.15 python3.14 python3.13 python3.12 python3.11 ""; do
    ! "$BASE_PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || break
  done
  [ -n "$BASE_PYTHON" ] || fail "Python 3.11 or newer is needed; python3 is $(python3 --version 2>/dev/null || say "not on the PATH")."
  "$BASE_PYTHON" -c 'import ensurepip, venv' 2>/dev/null || fail "The venv module of $BASE_PYTHON is needed (on Debian and Ubuntu: the package $BASE_PYTHON-venv)."
}

# The Go that a setting of its own chooses counts, and one that go itself fetches where it is older than go.mod wants.
need_go() {
  local least here
  least=go$(awk '$1 == "go" { print $2 }' "$ROOT/go.mod")
  command -v go >/dev/null || fail "Go ${least#go} or newer is needed, and go is not on the PATH: install it, or put its folder bin there."
  ! not_older "$least" "$(cd "$ROOT" && go env GOVERSION 2>/dev/null)" || return 0
  here=$(cd / && GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || true
  ! not_older "$least" "$here" || fail "Go ${least#go} or newer is needed; Go ${here#go} is here, but GOTOOLCHAIN asks for another one: set GOTOOLCHAIN=local."
  fail "Go ${least#go} or newer is needed; this is Go ${here#go}: install a newer one, and put its folder bin first on the PATH."
}

# not_older LEAST VERSION, such as go1.26.5
not_older() { [ "$(printf '%s\n' "$@" | sort -V | head -n 1)" = "$1" ]; }

# A cell of a notebook is a program that is compiled: what that takes is needed always.
need_compilers() {
  need_go
  need_folders >&2 || exit 1
  command -v "$(cd "$ROOT" && go env CC | cut -d' ' -f1)" >/dev/null || fail "A C compiler is needed (on Debian and Ubuntu: the package gcc; on macOS: xcode-select --install)."
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
  venv_there && jupyter_files_there || lacking=", python$lacking"
  [ -z "$lacking" ] || fail "$ROOT cannot be written by you, and misses: ${lacking#, }. Whom it belongs to has to run scripts/setup.sh."
  case $1 in *packages*) echo packages ;; esac
}

# Does what is missing, all at once, and waits for it. Each step reports itself when it is done.
setup() {
  local start=$SECONDS pids=() pid failed=0 names name
  need_compilers
  names=$(steps_to_do)
  if ! venv_there || ! jupyter_files_there || [ -n "${names#packages}" ]; then
    if mkdir -p "$VENV" 2>/dev/null && [ -w "$VENV" ] && [ -w "$ROOT" ]; then
      one_at_a_time
      make_venv
      jupyter_files_there || install_jupyter_files
      names=$(steps_to_do)
      rm -rf "$VENV"/new.?????? # of a set-up that was killed
    else
      names=$(ours_to_do "$names")
    fi
  fi
  [ -n "$names" ] || return 0
  say "Setting up $ROOT (several steps at once):"
  # Where the set-up is killed outright, the next one waits for its steps, which have the lock, too.
  for name in $names; do
    case $name in
      *mnist | digits) step "$name" install_data "$name" ;;
      packages) step packages compile_packages ;;
      *) step "$name" "install_$name" ;;
    esac &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || failed=$?; done
  [ $failed != 141 ] || exit $failed # nobody reads on (SIGPIPE)
  # A full disk has no room for the log that says so.
  [ $failed = 0 ] || fail "Set-up is not complete: see above. It takes 800 MB in all, and $(df -Pk "$VENV" | awk 'END { print int($4 / 1024) }') MB are free. Run scripts/setup.sh again to go on from here."
  report "set-up" $((SECONDS - start)) "done"
}

# A second set-up of the same checkout waits for the first, where there is flock, which macOS has not, and where the file system
# has locks: its status is another one then. The lock is not in .venv, which is emptied when its Python is gone.
one_at_a_time() {
  local status=0
  command -v flock >/dev/null || return 0
  exec 9>"$VENV.lock"
  flock --nonblock 9 2>/dev/null || status=$?
  [ $status != 1 ] || { say "Another set-up is at work; waiting for it." && flock 9; }
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
  check_that go go_line
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
go_line() { need_go && go version; }
kernel_ok() { jupyter_files_there && say "$VENV/share/jupyter/kernels/gonb/kernel.json"; }
plugin_ok() {
  if by_gomlx; then [ -e "$CPU_PLUGIN" ] && say "$CPU_PLUGIN, not verified"; else plugin_wheel >/dev/null && say "$CPU_PLUGIN, SHA-256 verified"; fi
}
cuda_line() { cuda_there && ls "$CUDA_PLUGIN"; }

data_line() { data_ok "$DATA" "$1" && say "$DATA/$1, SHA-256 verified"; }

cuda='' cifar10='' action=setup
for option; do
  case $option in
  --cuda) cuda=yes ;;
  --cifar10) cifar10=yes ;;
  --check) action=check ;;
  --help | -h) usage && exit ;;
  *) refuse "$option" ;;
  esac
done
[ -z "$cuda" ] || [ "$(uname -sm)" = "Linux x86_64" ] ||
  fail "XLA for NVIDIA GPUs is there for Linux on x86_64 only; this is $(uname -sm)."
whole $action
