# shellcheck shell=bash
# What the scripts in this folder share: where things are, the environment that Go, GoMLX and Jupyter run in, and how a
# step is run and reported. Sourced, never run. Works with the bash 3.2 of macOS.
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

# The tools of .venv come first. Go is looked for in its usual place too.
PATH=$VENV/bin:$PATH:/usr/local/go/bin
# GoMLX finds the XLA plugin here and downloads none by itself. A plugin folder of the user's own goes first.
PJRT_PLUGIN_LIBRARY_PATH=${PJRT_PLUGIN_LIBRARY_PATH:+$PJRT_PLUGIN_LIBRARY_PATH:}$VENV/pjrt:$VENV/cuda/jax_plugins
GOMLX_NO_AUTO_INSTALL=1
# The kernel of this checkout, also where the user has installed another one.
JUPYTER_PREFER_ENV_PATH=1
PIP_DISABLE_PIP_VERSION_CHECK=1
# Python writes UTF-8, whatever the locale.
PYTHONUTF8=1
export PATH PJRT_PLUGIN_LIBRARY_PATH GOMLX_NO_AUTO_INSTALL JUPYTER_PREFER_ENV_PATH PIP_DISABLE_PIP_VERSION_CHECK PYTHONUTF8

say() { printf '%s\n' "$*"; }

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# usage prints the comment at the top of the script that was started, without its first line and the comment signs.
usage() { awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0"; }

refuse() {
  printf '%s: unknown option %s\n\n' "$(basename "$0")" "$1" >&2
  usage >&2
  exit 2
}

# sha256 [OPTION…] [FILE…]: the tool of Linux or the one of macOS.
sha256() {
  if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi
}

# has_sha256 FILE HASH
has_sha256() { printf '%s  %s\n' "$2" "$1" | sha256 --check --status - 2>/dev/null; }

# stamp_of FILE…: what a step was done for. unchanged/done_for NAME STAMP: was it done for that, and: it is done now.
stamp_of() { cat "$@" | sha256 | cut -c1-64; }
unchanged() { [ -f "$STAMPS/$1" ] && [ "$(cat "$STAMPS/$1")" = "$2" ]; }
done_for() { printf '%s\n' "$2" >"$STAMPS/$1"; }

# requirements_stamp FILE: the stamp of an environment with these requirements.
requirements_stamp() { { "$PYTHON" --version && cat "$1"; } | stamp_of -; }

# report NAME SECONDS NOTE: the line of a step that has been done.
report() { printf '  %-19s %4d s  %s\n' "$1" "$2" "$3"; }

# step NAME FUNCTION…: runs the function with its output in a log and reports the time and the last line that it said.
# When it fails, shows the end of the log.
step() {
  local name=$1 log=$LOGS/$1.log start=$SECONDS status
  shift
  set +e # not `if ("$@")`: a condition would make the function go on after an error
  (
    set -e
    "$@"
  ) >"$log" 2>&1
  status=$?
  set -e
  if [ $status = 0 ]; then
    report "$name" $((SECONDS - start)) "$(tail -n 1 "$log")"
  else
    report "$name" $((SECONDS - start)) "failed; the end of $log:"
    tail -n 15 "$log" | sed 's/^/    /'
  fi
  return $status
}
