"""What run.sh of a GPU pack does, in a pack whose tests are a small program: it keeps what is done, and says what is missing."""

import gzip
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "report"))

from fixture import FolderCase

PROGRAM = """#!/bin/sh
echo "$@" >>"$ASKED"
case "$*" in
*Interrupted*) [ ! -e "$ASKED.slow" ] || exec sleep 30 ;;
*test.bench*) echo "BenchmarkOfSomething 3 7.5 ms/epoch 2.25 s/first" ;;
esac
[ ! -e "$ASKED.broken" ] || { echo "some_test.go:1: it is broken" && exit 1; }
"""


class Pack(FolderCase):
    def setUp(self) -> None:
        super().setUp()
        self.pack = self.folder / "pack"
        (self.pack / "bin" / "testdata").mkdir(parents=True)
        (self.pack / "data" / "mnist").mkdir(parents=True)
        shutil.copy(HERE / "run.sh", self.pack)
        shutil.copy(HERE.parent / "bench" / "work.txt", self.pack)
        (self.pack / "commit.txt").write_text("some commit\n")
        (self.pack / "data" / "mnist" / "images.gz").write_bytes(gzip.compress(b""))
        for name in ("train", "layer", "nn", "eval", "sensitivity"):
            (self.pack / "bin" / f"{name}.test.gz").write_bytes(gzip.compress(PROGRAM.encode()))
        self.asked, self.results = self.folder / "asked", self.folder / "results"
        (self.folder / "tmp").mkdir()
        python = self.folder / "python"  # that has no module
        python.write_text("#!/bin/sh\nexit 1\n")
        python.chmod(0o755)
        self.environment = {"PATH": os.defpath, "TMPDIR": str(self.folder / "tmp"), "ASKED": str(self.asked)}
        self.environment |= {"PYTHON": str(python), "GOMLX_BACKEND": "xla:cpu", "PJRT_PLUGIN_LIBRARY_PATH": "/nowhere"}

    def start(self, *options: str) -> subprocess.Popen:
        command = [self.pack / "run.sh", self.results, *options]
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run_it(self, *options: str) -> tuple[int, str]:
        process = self.start(*options)
        said, _ = process.communicate(timeout=120)
        self.assertEqual(list((self.folder / "tmp").iterdir()), [], "it leaves something behind")
        return process.returncode, said

    def outcomes(self) -> dict[str, str]:
        rows = [line.split("\t") for line in (self.results / "steps.tsv").read_text().splitlines()[1:]]
        return {row[0]: row[1] for row in rows}

    def test_what_is_done_is_kept_and_not_repeated(self) -> None:
        (self.asked.parent / "asked.slow").touch()
        process = self.start()
        while process.poll() is None and "Interrupted" not in (self.asked.read_text() if self.asked.exists() else ""):
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        self.assertEqual(self.outcomes(), dict.fromkeys(("plugin", "courses", "same-bits"), "ok"))
        (self.asked.parent / "asked.slow").unlink()

        status, said = self.run_it()
        self.assertEqual(status, 0, said)
        self.assertEqual(set(self.outcomes().values()), {"ok"}, said)
        summary = (self.results / "summary.txt").read_text()
        self.assertRegex(summary, r"cnn +hw1 +7.5 +n = 3 +\(2.25 s\)")
        self.assertEqual(said.count("torch is left out"), 1)
        asked = self.asked.read_text()
        self.assertEqual(asked.count("BitIdentical"), 1)
        self.run_it()
        self.assertEqual(self.asked.read_text(), asked, "a step that is done is repeated")

    def test_nothing_can_be_trained(self) -> None:
        (self.asked.parent / "asked.broken").touch()
        status, said = self.run_it()
        self.assertEqual(status, 1)
        self.assertIn("some_test.go:1: it is broken", said)
        self.assertIn("Nothing can be trained here", said)
        self.assertEqual(self.outcomes(), {"plugin": "failed (1)"})

    def test_minutes_without_a_number(self) -> None:
        for options in (["--minutes"], ["--minutes", "soon"]):
            self.assertEqual(self.run_it(*options), (1, "--minutes takes a number of minutes\n"))

    def test_no_plugin_and_no_python(self) -> None:
        del self.environment["PJRT_PLUGIN_LIBRARY_PATH"]
        self.assertIn("has no plugin of XLA for CUDA (jax-cuda13-pjrt): set PYTHON", self.run_it()[1])
        self.environment["PYTHON"] = "/no/python"
        self.assertIn("PYTHON=/no/python cannot be run", self.run_it()[1])


if __name__ == "__main__":
    unittest.main()
