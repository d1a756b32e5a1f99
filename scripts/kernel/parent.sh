# shellcheck shell=bash
# Sourced by what has to end with the process that started it.

# parent_of PID: Linux has it in a file, macOS in ps.
parent_of() { sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null || ps -o ppid= -p "$1" | tr -d ' '; }

# end_with_parent: this process, what it becomes by exec, and its process group end when its parent is gone, however that went: a
# closed terminal, a kill. It looks each second, as there is no other way on macOS.
end_with_parent() {
  local me=$$ parent=$PPID now
  (
    # Where no process can be started for a moment, there is no answer; that is not another parent.
    while now=$(parent_of "$me"); [ "${now:-$parent}" = "$parent" ] && kill -0 "$me"; do sleep 1; done
    kill -TERM -- "-$me" || kill -TERM "$me"
  ) &>/dev/null </dev/null &
}
