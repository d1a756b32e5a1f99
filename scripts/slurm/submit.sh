# shellcheck shell=bash
# How scripts/export.sh hands an export to Slurm: a job array with a task for each part and seed, and after it a job that
# writes the whole report. Sourced by export.sh, which has set $options (its own), $only, $output and $dry_run.
#
# The tasks of a part divide its training runs among themselves, by the locks of the run store. What a task has not done
# when it ends, for whatever reason, the job after the array does.
# shellcheck disable=SC2154 # the variables of export.sh

# chosen_parts: the parts of $only, all of them without it, as 1-1,1-2.
chosen_parts() {
  local notebook part known chosen=
  known=$(for notebook in "$ROOT"/notebooks/*.ipynb; do basename "$notebook"; done |
    sed -n 's/^\([0-9][0-9]*-[0-9][0-9]*\)-.*/\1/p' | sort -u -t - -k 1,1n -k 2,2n)
  for part in ${only//,/ }; do
    grep -qxF -e "$part" <<<"$known" || fail "unknown part $part; the parts are ${known//$'\n'/, }"
  done
  for part in $known; do
    case ",${only// /}," in ,, | *",$part,"*) chosen=$chosen,$part ;; esac
  done
  [ -n "$chosen" ] || fail "unknown part $only; the parts are ${known//$'\n'/, }"
  say "${chosen#,}"
}

# quoted WORD…: a command as it can be pasted into a shell.
quoted() {
  printf '%q ' "$@"
  say
}

# job_of COMMAND…: submits, and says the number of the job, if there is one, and otherwise all that sbatch said. Fails as sbatch does,
# with --wait as the job does.
job_of() {
  local said last status=0
  said=$("$@") || status=$?
  last=${said##*$'\n'}
  grep -o '[0-9][0-9]*$' <<<"${last%%;*}" || [ -z "$said" ] || say "$said" >&2
  return $status
}

# submit [OPTION of sbatch]…
submit() {
  local seeds=${HW1_SEEDS:-1} parts each tasks logs name settings=() defaults array report job first second status=0
  case $seeds in
    *[!0-9]* | 0*) fail "HW1_SEEDS=$seeds is not a number of seeds; set it to 1 or more" ;;
  esac
  case " $*" in *" --array"* | *" -a "*) fail "--array is set here; scontrol has ArrayTaskThrottle: see the README" ;; esac
  parts=$(chosen_parts) || exit 2
  IFS=, read -ra each <<<"$parts"
  tasks=$((${#each[@]} * seeds))
  logs=${HW1_RUNS:-$ROOT/runs}/slurm
  for name in ${!HW1_*} GOMLX_BACKEND; do
    [ -z "${!name:-}" ] || settings+=("$name=${!name}")
  done

  # The caller's options come after what is only a default, and before what must be so.
  defaults=(--chdir="$PWD" --export=ALL --requeue --open-mode=append --cpus-per-task=2 --signal=B:USR1@30)
  array=(sbatch --job-name=hw1 --output="$logs/%A-%a.log" "${defaults[@]}" "$@" --parsable --array="0-$((tasks - 1))")
  report=(sbatch --job-name=hw1-report --output="$logs/%j-report.log" "${defaults[@]}" "$@" --parsable)
  job=("$ROOT/scripts/slurm/job.sh" "$ROOT" "$parts" ${settings[@]+"${settings[@]}"} ${options[@]+"${options[@]}"})

  if [ -n "$dry_run" ]; then
    quoted mkdir -p "$logs"
    quoted "${array[@]}" "${job[@]}"
    quoted "${report[@]}" --dependency=afterany:ARRAY_JOB_ID "${job[@]}"
    return
  fi
  command -v sbatch >/dev/null ||
    fail "There is no sbatch on the PATH. Run this where jobs are submitted: on a login node of a Slurm cluster."
  whole "$ROOT/scripts/setup.sh"
  mkdir -p "$logs"

  first=$(job_of "${array[@]}" "${job[@]}") || true
  [ -n "$first" ] || fail "Nothing is submitted."
  second=$(job_of "${report[@]}" --dependency="afterany:$first" "${job[@]}") || status=$?
  if [ -z "$second" ]; then
    scancel "$first"
    fail "Nothing is submitted."
  fi
  say "Submitted: job $first, $tasks tasks (${#each[@]} parts, HW1_SEEDS=$seeds), and after it job $second, which writes the whole report."
  say "  see     squeue --me"
  say "  stop    scancel $first $second"
  say "  logs    $logs/"
  say "  report  $output/index.html: pages appear as parts get done"
  return $status
}
