"""An export on a real Slurm, of one node on this machine: a task is killed, another one requeued, and the report is the
same as without Slurm. Needs root, slurm-wlm and munge."""

import atexit
import os
import re
import signal
import subprocess
import sys
import time
import unittest
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.append(str(HERE.parent / "report"))

from fixture import FolderCase
from test_kernel_resume import assert_same_results

PARTS = ["2-1", "2-4"]
SEEDS = 2
# Tasks of the array: both of the first part, and one of the second.
KILLED, REQUEUED = 0, 3


class Cluster(FolderCase):
    def setUp(self) -> None:
        super().setUp()
        self.cluster = self.folder / "cluster"
        self.addCleanup(self.stop)
        atexit.register(self.stop)  # where the tests are interrupted
        self.run_here(HERE / "cluster.sh", "start", self.cluster)
        self.runs = self.folder / "slurm" / "runs"

    def stop(self) -> None:
        atexit.unregister(self.stop)
        self.run_here(HERE / "cluster.sh", "stop", self.cluster)

    def run_here(self, *command: str | Path, **environment: str) -> str:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM_", "SBATCH_"))}
        done = subprocess.run(
            command,
            env=inherited | {"SLURM_CONF": str(self.cluster / "slurm.conf")} | environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def export(self, name: str, *options: str) -> str:
        """An export at quick budgets, into a folder and with a run store of its own."""
        own = ("--quick", "--only", ",".join(PARTS), "--output", self.folder / name / "report")
        settings = {"HW1_RUNS": str(self.folder / name / "runs"), "HW1_SEEDS": str(SEEDS)}
        settings["HW1_CHECKPOINT_SECONDS"] = "0.5"
        return self.run_here(ROOT / "scripts" / "export.sh", *own, *options, **settings)

    def jobs(self) -> dict[str, dict[str, str]]:
        """What Slurm knows of each job and task."""
        said = self.run_here("scontrol", "--oneliner", "show", "job")
        jobs = [dict(re.findall(r"(\w+)=(\S*)", line)) for line in said.splitlines()]
        return {job.get("ArrayTaskId", "report"): job for job in jobs if "JobId" in job}

    def state(self, task: int) -> str:
        return self.jobs().get(str(task), {}).get("JobState", "")

    def processes(self, job: str = "") -> dict[int, str]:
        """The processes that work for this test, or for one of its jobs, and their commands."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                settings = (process / "environ").read_bytes().split(b"\0")
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue  # it has ended
            if f"HW1_RUNS={self.runs}".encode() in settings and (not job or f"SLURM_JOB_ID={job}".encode() in settings):
                found[int(process.name)] = command
        return found

    def log(self, task: int) -> str:
        (file,) = (self.runs / "slurm").glob(f"*-{task}.log")
        return file.read_text()

    def wait(self, seconds: float, what: str, done: Callable[[], bool]) -> None:
        end = time.monotonic() + seconds
        while not done():
            logs = "\n".join(f"{file.name}\n{file.read_text()}" for file in self.folder.glob("slurm/runs/slurm/*"))
            self.assertLess(time.monotonic(), end, f"{what} did not happen\n{logs}")
            time.sleep(0.2)

    def test_the_report_is_the_same(self):
        threads = ThreadPoolExecutor()
        self.addCleanup(threads.shutdown)
        local = threads.submit(self.export, "local")
        said = self.export("slurm", "--slurm", "--partition", "test")
        self.assertIn("4 tasks (2 parts, HW1_SEEDS=2)", said)
        array = re.search(r"job (\d+), 4 tasks", said)[1]
        self.wait(120, "training", lambda: self.entries() and self.state(KILLED) == self.state(REQUEUED) == "RUNNING")
        jobs = {str(task): self.jobs()[str(task)]["JobId"] for task in (KILLED, REQUEUED)}
        (script,) = [pid for pid, command in self.processes(jobs[str(KILLED)]).items() if "/slurm_script" in command]
        os.kill(script, signal.SIGKILL)
        self.run_here("scontrol", "requeue", f"{array}_{REQUEUED}")
        for job in jobs.values():
            self.wait(20, "the end of all processes of a task", lambda job=job: not self.processes(job))

        ended = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT")
        self.wait(240, "the report", lambda: self.jobs()["report"]["JobState"] in ended)
        jobs = self.jobs()
        states = {task: (job["JobState"], job["ExitCode"]) for task, job in jobs.items()}
        fine = ("COMPLETED", "0:0")
        self.assertEqual(states, {"0": ("FAILED", "0:9"), "1": fine, "2": fine, "3": fine, "report": fine})
        self.assertEqual(jobs["3"]["Restarts"], "1")
        for task in map(str, range(4)):
            self.assertLessEqual(jobs[task]["EndTime"], jobs["report"]["StartTime"])
        for task in range(4):
            self.assertIn(f"== {PARTS[task % 2]} on", self.log(task))
        self.assertNotIn("Done in", self.log(KILLED))
        self.assertRegex(self.log(REQUEUED), r"(?s)start 1,.*start 2,.*Done in")
        local.result()
        assert_same_results(self, self.folder / "local" / "report", self.folder / "slurm" / "report")
        self.wait(10, "the end of all processes", lambda: not self.processes())
        left = [path.name for path in self.runs.iterdir() if path.name.startswith((".new-", ".checkpoint-"))]
        self.assertEqual(left, [])

    def entries(self) -> list[Path]:
        """What the tasks have put into the store besides their locks and logs."""
        return [path for path in self.runs.glob("*") if path.name != "slurm" and not path.name.startswith(".lock-")]


if __name__ == "__main__":
    unittest.main()
