"""Set-up in a checkout that has nothing yet: it ends with whoever started it, and says in a line what is missing."""

import os
import signal
import subprocess
import time
import unittest
from pathlib import Path

import psutil

from fixture import FolderCase, heed_signals
from notebooks import ROOT

PATIENCE_SECONDS = 60
# A Python that takes long to make an environment, and a Go that is old and finds no newer one.
PYTHON = 'case $* in *"-m venv"*) echo "$*" >>"$0.asked"; touch "$0.began"; exec sleep 600 ;; esac'
OLD_GO = '[ "$GOTOOLCHAIN $*" = "local env GOVERSION" ] && echo go1.24.3 && exit; echo "go: no go1.26.5: https://a.b" >&2; exit 1'


class SetUp(FolderCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = self.folder.resolve()
        (self.folder / "bin").mkdir()
        for name in ("scripts", "pkg", "go.mod"):
            (self.folder / name).symlink_to(ROOT / name)
        self.environment = os.environ | {"PATH": f"{self.folder}/bin:{os.environ['PATH']}"}

    def program(self, name: str, body: str) -> Path:
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    def start(self, *command: str) -> subprocess.Popen:
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=heed_signals,  # noqa: PLW1509 - it starts no threads
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def said(self, *command: str, **variables: str) -> str:
        """What a command says that fails."""
        self.environment |= variables
        process = self.start(*command)
        text, _ = process.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual(process.returncode, 1, text)
        return text

    def test_ends_with_the_script_that_started_it_and_begins_anew(self):
        began = self.program("python3", PYTHON).with_name("python3.began")
        scripts = ["setup.sh", "export.sh", "lab.sh", "test.sh", "bench.sh", "gpu-pack.sh"]
        signals = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP] * 2
        for script, number in zip(scripts, signals, strict=True):
            with self.subTest(script, number=number):
                began.unlink(missing_ok=True)
                process = self.start(f"scripts/{script}")
                end = time.monotonic() + PATIENCE_SECONDS
                while not began.exists():
                    self.assertLess(time.monotonic(), end, "no environment is made")
                    time.sleep(0.05)
                below = psutil.Process(process.pid).children(recursive=True)
                process.send_signal(number)
                self.assertEqual(process.wait(PATIENCE_SECONDS), 130)
                self.assertEqual(psutil.wait_procs(below, timeout=PATIENCE_SECONDS)[1], [])
        asked = began.with_name("python3.asked").read_text()
        self.assertEqual(asked, f"-m venv --clear {self.folder}/.venv\n" * len(scripts))

    def test_what_pip_was_stopped_at_is_installed_again(self):
        python = self.program("python", 'echo "$*" >>"$0.asked"; exit 1')
        install = f"source scripts/steps.sh; PYTHON={python} STAMPS=$PWD; pip_install step requirements"
        for _ in range(2):
            self.said("bash", "-c", install, f"{self.folder}/scripts/none")
        first, second = python.with_name("python.asked").read_text().splitlines()
        self.assertNotIn("--force-reinstall", first)
        self.assertIn("--force-reinstall", second)

    def test_which_go_is_needed(self):
        needed = next(line.split()[1] for line in (ROOT / "go.mod").read_text().splitlines() if line.startswith("go "))
        said = self.said("scripts/export.sh", GOTOOLCHAIN="go1.25", GOPROXY="off")
        self.assertRegex(
            said,
            rf"^Go {needed} or newer is needed; Go \S+ is here, but .* set GOTOOLCHAIN=local\.\n$",
        )
        self.program("go", OLD_GO)
        said = self.said("scripts/setup.sh")
        self.assertRegex(said, rf"^Go {needed} or newer is needed; this is Go 1\.24\.3: install a newer one.*\n$")


if __name__ == "__main__":
    unittest.main()
