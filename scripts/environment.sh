# shellcheck shell=bash
# Where things are, and the environment that Go, GoMLX and Jupyter run in. Sourced, never run. Works with the bash 3.2 of macOS.
# shellcheck disable=SC2034 # the scripts use what is set here

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV=$ROOT/.venv
LOGS=$VENV/log
STAMPS=$VENV/stamps
PYTHON=$VENV/bin/python
# The data sets, in a folder of the user's own where HW1_DATA names one.
DATA=${HW1_DATA:-$ROOT/data}
[ "${DATA#/}" != "$DATA" ] || DATA=$PWD/$DATA
[ -z "${HW1_DATA:-}" ] || export HW1_DATA=$DATA
# The XLA plugins, where the package looks for them, too: the file is a part of both.
while IFS=$'\t' read -r name path; do
  case $name in cpu) CPU_PLUGIN=$ROOT/$path ;; cuda) CUDA_PLUGIN=$ROOT/$path ;; esac
done <"$ROOT/pkg/hw1/internal/env/plugins.tsv"

# The tools of .venv come first. Go is looked for in its usual place too.
PATH=$VENV/bin:$PATH:/usr/local/go/bin
# GoMLX finds the plugins here and downloads none by itself. A plugin folder of the user's own goes first.
PJRT_PLUGIN_LIBRARY_PATH=${PJRT_PLUGIN_LIBRARY_PATH:+$PJRT_PLUGIN_LIBRARY_PATH:}${CPU_PLUGIN%/*}:${CUDA_PLUGIN%/*}
GOMLX_NO_AUTO_INSTALL=1
# The kernel of this checkout, also where the user has installed another one.
JUPYTER_PREFER_ENV_PATH=1
PIP_DISABLE_PIP_VERSION_CHECK=1
# Python writes UTF-8, whatever the locale.
PYTHONUTF8=1
export PATH PJRT_PLUGIN_LIBRARY_PATH GOMLX_NO_AUTO_INSTALL JUPYTER_PREFER_ENV_PATH PIP_DISABLE_PIP_VERSION_CHECK PYTHONUTF8
