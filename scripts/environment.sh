# shellcheck shell=bash
# Where things are, and the environment that Go, GoMLX and Jupyter run in, whatever the user's own is. Sourced, never run. Works
# with the bash 3.2 of macOS.
# shellcheck disable=SC2034 # the scripts use what is set here

# What would lead the shell, Python, pip, Go and git elsewhere. Where packages come from (GOPROXY, PIP_INDEX_URL, proxies,
# certificates …) stays the user's.
unset CDPATH BASH_ENV ENV GREP_OPTIONS POSIXLY_CORRECT
unset PYTHONHOME PYTHONPATH PYTHONSAFEPATH PYTHONSTARTUP PYTHONINSPECT PYTHONOPTIMIZE PYTHONWARNINGS
unset PIP_TARGET PIP_PREFIX PIP_ROOT PIP_PYTHON PIP_CONSTRAINT PIP_REQUIREMENT PIP_DRY_RUN PIP_NO_BINARY PIP_NO_DEPS
unset GOOS GOARCH GOROOT GOEXPERIMENT GOBIN GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE JUPYTERLAB_DIR
# Go and npm need a home, which services have, but are not told.
[ -n "${HOME:-}" ] || { unset HOME && export HOME=~; }

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV=$ROOT/.venv
STAMPS=$VENV/stamps
PYTHON=$VENV/bin/python
# Logs go into the checkout, and where that is somebody else's, or can't be written, into the user's own folder.
LOGS=$VENV/log
if [ -d "$LOGS" ] && [ ! -w "$LOGS" ]; then
  LOGS=${XDG_STATE_HOME:-$HOME/.local/state}/hw1
  mkdir -p "$LOGS"
fi
# Folders of the user's own are meant from where the command was given.
for name in HW1_DATA HW1_RUNS; do
  case ${!name:-} in "" | /*) ;; *) export "$name=$PWD/${!name}" ;; esac
done
DATA=${HW1_DATA:-$ROOT/data}
# The XLA plugins, where the package looks for them, too: the file is a part of both.
while IFS=$'\t' read -r name path; do
  case $name in cpu) CPU_PLUGIN=$ROOT/$path ;; cuda) CUDA_PLUGIN=$ROOT/$path ;; esac
done <"$ROOT/pkg/hw1/internal/env/plugins.tsv"

# The tools of .venv come first. Go is looked for in its usual place too.
PATH=$VENV/bin:$PATH:/usr/local/go/bin
# GoMLX finds the plugins here and downloads none by itself. A plugin folder of the user's own goes first.
PJRT_PLUGIN_LIBRARY_PATH=${PJRT_PLUGIN_LIBRARY_PATH:+$PJRT_PLUGIN_LIBRARY_PATH:}${CPU_PLUGIN%/*}:${CUDA_PLUGIN%/*}
GOMLX_NO_AUTO_INSTALL=1
# Go's own settings, over those of `go env -w`: no workspace that is above the checkout, and no look at who owns it.
GOWORK=off
GO111MODULE=on
CGO_ENABLED=1
GOFLAGS=-buildvcs=false
# The kernel of this checkout, also where the user has installed another one.
JUPYTER_PREFER_ENV_PATH=1
JUPYTER_PATH=$VENV/share/jupyter${JUPYTER_PATH:+:$JUPYTER_PATH}
PIP_USER=0
PIP_DISABLE_PIP_VERSION_CHECK=1
# Python writes UTF-8, whatever the locale.
PYTHONUTF8=1
# A proxy is not asked for what is on this machine: JupyterLab.
no_proxy=localhost,127.0.0.1,::1${no_proxy:+,$no_proxy}${NO_PROXY:+,$NO_PROXY}
NO_PROXY=$no_proxy
export PATH PJRT_PLUGIN_LIBRARY_PATH GOMLX_NO_AUTO_INSTALL GOWORK GO111MODULE CGO_ENABLED GOFLAGS JUPYTER_PREFER_ENV_PATH JUPYTER_PATH \
  PIP_USER PIP_DISABLE_PIP_VERSION_CHECK PYTHONUTF8 no_proxy NO_PROXY

# cold_packages: would Go have to compile what the cells import?
cold_packages() {
  [ "$(cd "$ROOT" && GOPROXY=off go list -f '{{.Stale}}' github.com/gomlx/gomlx/core/graph gonum.org/v1/plot/vg 2>/dev/null | sort -u)" != false ]
}

# need_folders: says what is wrong with the folders that a cell is compiled, linked and started in, in one line, and fails then.
need_folders() {
  local folder=${TMPDIR:-/tmp} cache probe wrong=''
  cache=$(go env GOCACHE)
  if ! mkdir -p "$cache" 2>/dev/null || [ ! -w "$cache" ]; then
    printf '%s\n' "Go cannot write its build cache, ${cache:-as HOME is not set}: set GOCACHE to a folder of your own."
    return 1
  fi
  if ! probe=$(mktemp "$folder/hw1.XXXXXX" 2>/dev/null) || ! printf '#!/bin/sh\n' 2>/dev/null >"$probe" || ! chmod +x "$probe"; then
    wrong="cannot be written"
  elif ! "$probe" 2>/dev/null; then
    wrong="does not let a program be started (mounted noexec?)"
  elif [ "$(df -Pk "$folder" | awk 'END { print $4 }')" -lt 300000 ]; then
    wrong="has less than 300 MB free"
  fi
  rm -f "$probe" 2>/dev/null
  [ -z "$wrong" ] || printf '%s\n' "TMPDIR, $folder, $wrong; cells are compiled and started there: set TMPDIR to another folder."
  [ -z "$wrong" ]
}
