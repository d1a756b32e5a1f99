#!/usr/bin/env bash
# The job script of scripts/export.sh --slurm: a task of the array, which makes one part, or the job after the array,
# which writes the whole report.
#
#   job.sh CHECKOUT PARTS [NAME=VALUE]… [OPTION of export.sh]…
#
# Slurm runs a copy of this file, so it is told where the checkout is, and the settings, which --export can keep from a job. It gets
# USR1 a little before its time limit: then it stops the export, which writes its checkpoints, and puts itself back into the queue,
# to go on from there.
set -uo pipefail

MOST_STARTS=100 # where the time limit is too short to get anywhere

child=
signalled=
again=
# shellcheck disable=SC2329 # the traps call it
on_signal() {
  signalled=yes
  [ -z "$child" ] || kill -TERM "$child" 2>/dev/null
}
trap 'again=yes; on_signal' USR1
trap on_signal TERM INT

root=$1
parts=$2
shift 2
while [[ ${1:-} == [A-Z]*=* ]]; do
  export "${1?}"
  shift
done
# That of the login node need not be on this one.
[ -d "${TMPDIR:-/tmp}" ] || unset TMPDIR
if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then # so each part gets its first task before any gets its second
  IFS=, read -ra each <<<"$parts"
  parts=${each[SLURM_ARRAY_TASK_ID % ${#each[@]}]}
  set -- "$@" --only "$parts"
fi
start=$((${SLURM_RESTART_COUNT:-0} + 1))
printf '== %s on %s, start %d, %s\n' "$parts" "$(hostname)" $start "$(date '+%Y-%m-%d %H:%M:%S')"

# As many trainings at a time as there are processors for this job, also where it sees all of the node's.
export GOMAXPROCS=${GOMAXPROCS:-${SLURM_CPUS_PER_TASK:-}}
# The export ends when this script is killed, and its kernel with it.
bash -c 'source "$0/scripts/kernel/parent.sh" && end_with_parent && exec "$0/scripts/export.sh" "$@"' "$root" "$@" &
child=$!
while # once more where a signal ended the wait
  signalled=
  status=0
  wait "$child" || status=$?
  [ -n "$signalled" ]
do :; done

if [ -n "$again" ] && [ $status != 0 ]; then
  if [ $start -lt $MOST_STARTS ]; then
    echo "The time limit is near: back into the queue."
    scontrol requeue "$SLURM_JOB_ID"
  else
    echo "The time limit came $start times: not once more."
  fi
fi
exit $status
