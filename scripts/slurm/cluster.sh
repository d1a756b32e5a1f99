#!/usr/bin/env bash
# A Slurm cluster of one node on this machine, for the tests. Everything that it needs, it keeps in one folder: its own
# slurm.conf, munge key and ports, so that nothing of the system's is changed. Needs root, slurm-wlm and munge.
#
#   cluster.sh start FOLDER   starts it; `SLURM_CONF=FOLDER/slurm.conf sinfo` shows it
#   cluster.sh stop FOLDER    kills its jobs and stops it; what it wrote stays in the folder
#   cluster.sh check          says what is missing here for one, with exit status 1
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../steps.sh"

PROGRAMS="munged slurmctld slurmd sbatch scontrol scancel"
CPUS=8 # as many as the jobs of the tests want at once, whatever this machine has

PATH=$PATH:/usr/sbin:/sbin

check() {
  local program
  [ "$(id -u)" = 0 ] || fail "not root"
  for program in $PROGRAMS; do
    command -v "$program" >/dev/null || fail "no $program (on Debian: apt-get install slurm-wlm munge)"
  done
}

# Two ports that nothing listens on.
free_ports() {
  python3 -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(s.getsockname()[1] for s in sockets))'
}

# configuration CONTROLLER_PORT NODE_PORT: the slurm.conf.
configuration() {
  local node
  node=$(hostname -s)
  cat <<END
ClusterName=hw1test
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=$1
SlurmdPort=$2
SlurmUser=root
# A task that is requeued waits as long as its credential lives: not the usual two minutes.
AuthInfo=socket=$folder/munge.socket,cred_expire=5
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerParameters=sched_interval=5,bf_interval=5
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
KillWait=10
ReturnToService=2
NodeName=$node NodeAddr=127.0.0.1 CPUs=$CPUS State=UNKNOWN
PartitionName=test Nodes=$node Default=YES MaxTime=UNLIMITED State=UP
END
}

# wait_for SECONDS COMMAND…
wait_for() {
  local tries=$(($1 * 10))
  shift
  until "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    sleep 0.1
  done
}

idle() { [ "$(SLURM_CONF=$folder/slurm.conf sinfo --noheader --format %T)" = idle ]; }

start() {
  check
  mkdir -p "$folder/state" "$folder/spool"
  chmod 755 "$folder"
  # shellcheck disable=SC2046 # two ports
  configuration $(free_ports) >"$folder/slurm.conf"
  dd if=/dev/urandom of="$folder/munge.key" bs=1 count=1024 status=none
  chmod 400 "$folder/munge.key"
  munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
    --log-file="$folder/munged.log" --seed-file="$folder/munge.seed" --num-threads=2
  slurmctld -f "$folder/slurm.conf"
  slurmd -f "$folder/slurm.conf"
  wait_for 20 idle || fail "The cluster does not start: see $folder/slurmctld.log and slurmd.log"
}

# The process ids in the files of the folder are those of daemons that this script started.
stop() {
  local name pid
  export SLURM_CONF=$folder/slurm.conf
  scancel --state=PENDING --user=root 2>/dev/null || true
  scancel --user=root 2>/dev/null || true
  wait_for 20 no_jobs || true
  for name in slurmd slurmctld munged; do
    pid=$(cat "$folder/$name.pid" 2>/dev/null) || continue
    kill "$pid" 2>/dev/null || continue
    wait_for 10 gone "$pid" || kill -KILL "$pid"
  done
}

no_jobs() { [ -z "$(squeue --noheader)" ]; }
gone() { ! kill -0 "$1"; }

folder=${2:-}
case ${1:-}:$folder in
check:) check ;;
start:/* | stop:/*) "$1" ;;
*)
  usage >&2
  exit 2
  ;;
esac
