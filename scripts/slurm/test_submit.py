"""What is submitted, and the job script, with a Slurm that only writes down what it is asked."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.append(str(HERE.parent / "report"))

import notebooks
from fixture import FolderCase

PARTS = ",".join(part.key for part in notebooks.find())


class FakeCase(FolderCase):
    """Programs of the test's own go first on the PATH; what they are asked is in the file `asked`."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = self.folder.resolve()
        (self.folder / "bin").mkdir()
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("HW1_", "SLURM_", "SBATCH_"))
        }
        self.environment.pop("GOMLX_BACKEND", None)
        self.environment["PATH"] = f"{self.folder}/bin:{os.environ['PATH']}"
        self.environment["HW1_RUNS"] = str(self.folder / "runs")

    def program(self, name: str, body: str = "") -> None:
        """Makes a program that writes down its arguments, one quoted line a call, and then does what body says."""
        path = self.folder / "bin" / name
        path.write_text(
            f'#!/usr/bin/env bash\n(printf %q "{name}"; printf " %q" "$@"; echo) >>{self.folder}/asked\n{body}\n'
        )
        path.chmod(0o755)

    def asked(self) -> list[list[str]]:
        file = self.folder / "asked"
        return [shlex.split(line) for line in file.read_text().splitlines()] if file.exists() else []

    def export(self, *options: str, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [ROOT / "scripts" / "export.sh", *options],
            env=self.environment | environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def number(first: str, second: str) -> str:
    """The body of an sbatch that answers like this, in turn."""
    return f'case "$*" in *--array*) {first} ;; *) {second} ;; esac'


class Submit(FakeCase):
    def lines(self, *options: str, **environment: str) -> list[list[str]]:
        """What --dry-run prints, as a shell reads it."""
        done = self.export(*options, **environment)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [shlex.split(line) for line in done.stdout.splitlines()]

    def test_dry_run_prints_what_is_submitted(self):
        self.program("sbatch", number("echo 'Welcome 1'; echo Submitted batch job 41", "echo '42;here'"))
        own = ("--quick", "--only", "2-2, 1-1", "--output", "my report")
        theirs = ("--slurm", "--partition", "a b", "--time=60", "--cpus-per-task=4")
        settings = {"HW1_RUNS": "runs", "HW1_SEEDS": "3", "GOMLX_BACKEND": "xla:cpu"}
        printed = self.lines(*own, "--dry-run", *theirs, **settings)
        self.assertEqual(self.asked(), [])
        self.assertFalse((self.folder / "runs").exists())
        self.assertEqual(printed[0], ["mkdir", "-p", f"{self.folder}/runs/slurm"])
        array, report = printed[1:]
        self.assertIn("--array=0-5", array)
        self.assertNotIn("--array", " ".join(report))
        self.assertIn("--dependency=afterany:ARRAY_JOB_ID", report)
        for command in (array, report):
            self.assertIn(f"--chdir={self.folder}", command)
            self.assertLess(command.index("--cpus-per-task=2"), command.index("--cpus-per-task=4"))
            self.assertEqual(command[command.index("--partition") + 1], "a b")
            job = command.index(f"{ROOT}/scripts/slurm/job.sh")
            told = [f"HW1_RUNS={self.folder}/runs", "HW1_SEEDS=3", "GOMLX_BACKEND=xla:cpu"]
            self.assertEqual(command[job + 1 :], [str(ROOT), "1-1,2-2", *told, *own])

        done = self.export(*own, *theirs, **settings)
        self.assertEqual(done.returncode, 0, done.stderr)
        report[report.index("--dependency=afterany:ARRAY_JOB_ID")] = "--dependency=afterany:41"
        self.assertEqual(self.asked(), [array, report])
        self.assertTrue((self.folder / "runs" / "slurm").is_dir())
        for text in (
            "job 41, 6 tasks (2 parts, HW1_SEEDS=3)",
            "job 42,",
            "scancel 41 42",
            f"{self.folder}/runs/slurm/",
        ):
            self.assertIn(text, done.stdout)
        self.assertIn("my report/index.html", done.stdout)

    def test_all_parts_by_default(self):
        array = self.lines("--dry-run", "--slurm")[-2]
        self.assertIn(f"--array=0-{PARTS.count(',')}", array)
        self.assertIn(PARTS, array)

    def test_wrong_calls_are_refused(self):
        for options, status, text, environment in (
            (["--dry-run"], 2, "--dry-run without --slurm", {}),
            (["--only", "7-7", "--dry-run", "--slurm"], 2, "unknown part 7-7; the parts are 1-1, 1-2", {}),
            (["--only=,", "--dry-run", "--slurm"], 2, "unknown part ,; the parts", {}),
            (["--only", "", "--slurm"], 2, "--only without a value", {}),
            (["--output=", "--slurm"], 2, "--output= without a value", {}),
            (["--slurm", "--array=0-3%2"], 1, "--array is set here", {}),
            (["--dry-run", "--slurm"], 1, "HW1_SEEDS=none is not a number of seeds", {"HW1_SEEDS": "none"}),
        ):
            done = self.export(*options, **environment)
            self.assertEqual((done.returncode, done.stdout), (status, ""))
            self.assertIn(text, done.stderr)

    def test_without_sbatch(self):
        for name in ("bash", "dirname", "basename", "sed", "sort", "grep"):
            (self.folder / "bin" / name).symlink_to(shutil.which(name))
        done = self.export("--slurm", PATH=f"{self.folder}/bin")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no sbatch on the PATH", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_nothing_stays_submitted_when_sbatch_refuses(self):
        self.program("scancel")
        refusal = "{ echo 'sbatch: error: invalid partition' >&2; exit 1; }"
        self.program("sbatch", number(refusal, "echo 42"))
        done = self.export("--slurm")
        self.assertEqual(done.returncode, 1)
        self.assertIn("invalid partition", done.stderr)
        self.assertEqual([command[0] for command in self.asked()], ["sbatch"])
        self.program("sbatch", number("echo 41", refusal))
        done = self.export("--slurm")
        self.assertEqual(done.returncode, 1)
        self.assertIn("invalid partition", done.stderr)
        self.assertEqual(self.asked()[-1], ["scancel", "41"])
        self.assertNotIn("Submitted", done.stdout)

    def test_what_sbatch_says_instead(self):
        self.program("sbatch", "echo 'Usage: sbatch'")
        done = self.export("--slurm", "--help")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr, "Usage: sbatch\nNothing is submitted.\n")

    def test_sbatch_that_waits_fails_with_the_jobs(self):
        self.program("sbatch", number("{ echo 41; exit 1; }", "{ echo 42; exit 3; }"))
        done = self.export("--slurm", "--wait")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("scancel 41 42", done.stdout)


class Job(FakeCase):
    """The job script, with an export that stops at SIGTERM as the real one does."""

    def setUp(self) -> None:
        super().setUp()
        (self.folder / "scripts").symlink_to(self.folder / "bin")
        (self.folder / "bin" / "kernel").symlink_to(ROOT / "scripts" / "kernel")
        self.program("scontrol")
        self.program("export.sh", 'trap "echo stopped; exit 130" TERM\ntouch started\neval "$BODY"')

    def start(self, *options: str, body: str = "", **environment: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [HERE / "job.sh", self.folder, "1-1,2-1,2-2", *options],
            env=self.environment | {"SLURM_JOB_ID": "43", "BODY": body} | environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def signalled(self, number: int, **environment: str) -> tuple[int, str]:
        """A signal in the middle of an export of a minute; returns the exit status and what was said."""
        process = self.start(body="for i in {1..600}; do sleep 0.1; done", **environment)
        end = time.monotonic() + 30
        while not (self.folder / "started").exists() and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(number)
        said, _ = process.communicate(timeout=30)  # also waits for the export, which has the pipe
        return process.returncode, said

    def test_each_part_gets_its_first_task_first(self):
        for task in range(7):
            process = self.start("--quick", "--only", "1-1,2-1,2-2", SLURM_ARRAY_TASK_ID=str(task))
            self.assertIn("== " + ("1-1", "2-1", "2-2")[task % 3], process.communicate(timeout=30)[0])
        self.assertEqual([call[-1] for call in self.asked()], [*["1-1", "2-1", "2-2"] * 2, "1-1"])
        self.assertEqual({call[-2] for call in self.asked()}, {"--only"})
        self.assertEqual(self.asked()[0][1:4], ["--quick", "--only", "1-1,2-1,2-2"])

    def test_the_report_has_the_options_as_they_are(self):
        self.start("--quick", "--output", "my report").communicate(timeout=30)
        self.assertEqual(self.asked(), [["export.sh", "--quick", "--output", "my report"]])

    def test_settings_of_the_command_and_folders_of_the_node(self):
        body = 'echo "$HW1_SEEDS ${TMPDIR-}" >said'
        self.start("HW1_SEEDS=3", "--output", "a=b", TMPDIR="/nowhere", body=body).wait(30)
        self.assertEqual((self.folder / "said").read_text(), "3 \n")
        self.assertEqual(self.asked(), [["export.sh", "--output", "a=b"]])

    def test_exit_status(self):
        for status in (0, 1, 2):
            process = self.start(body=f"exit {status}")
            process.communicate(timeout=30)
            self.assertEqual(process.returncode, status)

    def test_before_the_time_limit_it_goes_back_into_the_queue(self):
        status, said = self.signalled(signal.SIGUSR1)
        self.assertEqual(status, 130, said)
        self.assertIn("stopped", said)
        self.assertEqual(self.asked()[-1], ["scontrol", "requeue", "43"])

    def test_not_for_ever(self):
        _, said = self.signalled(signal.SIGUSR1, SLURM_RESTART_COUNT="99")
        self.assertIn("not once more", said)
        self.assertEqual(len(self.asked()), 1)

    def test_an_export_that_is_done_is_not_repeated(self):
        self.program("export.sh", 'trap "exit 0" TERM\ntouch started\neval "$BODY"')
        self.assertEqual(self.signalled(signal.SIGUSR1)[0], 0)
        self.assertEqual(len(self.asked()), 1)

    def test_the_export_ends_with_the_job(self):
        for number, status in ((signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)):
            (self.folder / "started").unlink(missing_ok=True)
            ended, said = self.signalled(number)
            self.assertEqual(ended, status)
            self.assertIn("stopped", said)
        self.assertEqual(len(self.asked()), 2)  # the exports


if __name__ == "__main__":
    unittest.main()
