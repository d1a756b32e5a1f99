"""An export that is killed, and started again: it goes on, and the report is the same."""

import contextlib
import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

from fixture import FolderCase

EXPORT = Path(__file__).with_name("export.py")
PART = "2-1"
KILLS = 4


# What tells on a page when and how fast it was made.
VOLATILE = re.compile(r'<div class="hw1-progress">.*?</div>|<p class="made">.*?</p>', re.DOTALL)


def lasting(report: Path) -> dict[str, str]:
    """The pages, figures, data and runs of a report, without what tells when and how fast they were made."""
    files = {}
    for path in sorted(report.rglob("*.*")):
        if path.name not in ("appendix.html", "runs.csv", "index.html", ".lock") and path.suffix != ".json":
            files[path.name] = VOLATILE.sub("", path.read_bytes().decode("latin-1"))
    with (report / "runs.csv").open(newline="") as file:
        rows = [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]
    files["runs.csv"] = json.dumps(rows)
    return files


def assert_same_results(test: unittest.TestCase, first: Path, second: Path) -> None:
    """Two exports came to the same."""
    files, others = lasting(first), lasting(second)
    test.assertEqual(sorted(files), sorted(others))
    test.assertGreater(len(files), 5)
    for name, content in files.items():
        test.assertTrue(content == others[name], f"{name} of {first} and {second} differ")


class Resume(FolderCase):
    def start(self, name: str) -> subprocess.Popen:
        """An export of one part at quick budgets, into a folder and with a run store of its own."""
        environment = os.environ | {"HW1_RUNS": str(self.folder / name / "runs"), "HW1_CHECKPOINT_SECONDS": "0.1"}
        command = [
            sys.executable,
            str(EXPORT),
            "--quick",
            "--only",
            PART,
            "--output",
            str(self.folder / name / "report"),
        ]
        return subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def finish(self, name: str) -> str:
        """Runs an export to its end; returns what it said."""
        process = self.start(name)
        said, _ = process.communicate(timeout=600)
        self.assertEqual(process.returncode, 0, said)
        return said

    def test_the_report_is_the_same(self):
        begin = time.monotonic()
        self.finish("whole")
        length = time.monotonic() - begin
        moments = random.Random(3)
        for _ in range(KILLS):
            process = self.start("killed")
            time.sleep(length * moments.uniform(0.1, 0.9))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        said = self.finish("killed")
        assert_same_results(self, self.folder / "whole" / "report", self.folder / "killed" / "report")
        store = self.folder / "killed" / "runs"
        left = [path.name for path in store.iterdir() if path.name.startswith((".new-", ".checkpoint-"))]
        self.assertEqual(left, [], said)


if __name__ == "__main__":
    unittest.main()
