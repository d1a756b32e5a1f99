"""The faults of GoNB that are worked around are there: a test that fails says that a workaround can go (docs/upstream.md has where it is)."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import psutil
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from notebooks import ROOT

VENV = ROOT / ".venv/bin"
OURS = ("JUPYTER", "HW1_", "GOFLAGS", "GOPROXY", "GOWORK", "GONB")
NOTED = """#!/bin/sh
echo "$(basename "$0") $*" >> "{log}"
exec "{program}" "$@"
"""
CELL = 'import "hw1/pkg/hw1/stats"\n\n%%\nfmt.Println(len(stats.MannWhitney([]float64{1}, []float64{2}).String()) > 0)'
MISTAKE = "%%\nnoSuchFunction()"
SECONDS = 90


def alive(*words: str) -> list[psutil.Process]:
    """The processes whose command has all the words."""
    return [
        each
        for each in psutil.process_iter(["cmdline"])
        if all(word in " ".join(each.info["cmdline"] or []) for word in words)
    ]


class BareKernel(unittest.TestCase):
    """GoNB without the scripts of this checkout around it, with a go and a gopls that note what they are called with."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(self.kill_all)
        self.log = self.folder / "calls"
        tools = self.folder / "bin"
        tools.mkdir()
        for name in ("go", "gopls"):
            program = tools / name
            program.write_text(
                NOTED.format(log=self.log, program=shutil.which(name, path=f"{VENV}:{os.environ['PATH']}"))
            )
            program.chmod(0o755)
        spec = self.folder / "kernels/bare/kernel.json"
        spec.parent.mkdir(parents=True)
        command = [
            str(VENV / "gonb"),
            f"-go_work={ROOT}",
            f"-log_file={self.folder}/log",
            "--kernel",
            "{connection_file}",
        ]
        spec.write_text(
            json.dumps({"argv": command, "display_name": "bare", "language": "go", "interrupt_mode": "signal"})
        )
        self.plain = {name: text for name, text in os.environ.items() if not name.startswith(OURS)}
        self.plain |= {"PATH": f"{tools}:{VENV}:{os.environ['PATH']}", "TMPDIR": str(self.folder)}

    def kill_all(self) -> None:
        """Kernels and gopls, which stay behind and name the folder."""
        for process in alive(str(self.folder)):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def start(self, **environment: str):
        specs = KernelSpecManager(kernel_dirs=[str(self.folder / "kernels")])
        manager = KernelManager(kernel_name="bare", kernel_spec_manager=specs)
        manager.start_kernel(env=self.plain | environment, cwd=str(self.folder), stderr=subprocess.DEVNULL)
        self.addCleanup(manager.shutdown_kernel, now=True)
        client = manager.blocking_client()
        client.start_channels()
        self.addCleanup(client.stop_channels)
        client.wait_for_ready(SECONDS)
        return manager, client

    def run_cell(self, client, source: str) -> tuple[str, list[dict]]:
        """Whether it ended well, and what it said."""
        messages = []
        reply = client.execute_interactive(source, timeout=SECONDS, output_hook=messages.append)
        said = [message for message in messages if message["msg_type"] in ("stream", "display_data", "error")]
        return reply["content"]["status"], said

    def calls(self) -> list[str]:
        return self.log.read_text().splitlines()

    def test_go_get_and_slow_links_and_gopls_and_silent_mistakes(self):
        manager, client = self.start()
        status, said = self.run_cell(client, CELL)
        self.assertEqual((status, [message["content"].get("text") for message in said]), ("ok", ["true\n"]))
        calls = self.calls()
        [build] = [at for at, call in enumerate(calls) if call.startswith("go build -o ")]
        self.assertTrue(any(re.match("go get( -t)?$", call) for call in calls[:build]), calls)
        self.assertNotIn("-ldflags", calls[build])
        self.assertTrue(any(call.startswith("gopls ") for call in calls), calls)

        status, said = self.run_cell(client, MISTAKE)
        self.assertEqual(status, "error")
        where = {message["msg_type"] for message in said if "noSuchFunction" in json.dumps(message["content"])}
        self.assertEqual(where, {"display_data"})

        manager.signal_kernel(signal.SIGKILL)
        time.sleep(3)
        self.assertTrue(alive("gopls", str(self.folder)), "gopls ends with a kernel that is killed")

    def test_workspace_is_found_by_the_folder_alone(self):
        with self.assertRaisesRegex(RuntimeError, "died"):
            self.start(GOWORK="off")

    def test_kernel_stays_when_its_parent_is_gone(self):
        connection = self.folder / "connection.json"
        ports = {f"{name}_port": 0 for name in ("shell", "iopub", "stdin", "control", "hb")}
        connection.write_text(
            json.dumps({"ip": "127.0.0.1", "transport": "tcp", "key": "", "signature_scheme": "hmac-sha256", **ports})
        )
        command = f'"{VENV}/gonb" --kernel "{connection}" -log_file="{self.folder}/log" & wait'
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        parent = subprocess.Popen(["bash", "-c", command], env=self.plain, start_new_session=True, **quiet)
        time.sleep(2)
        parent.kill()
        parent.wait()
        time.sleep(3)
        self.assertTrue(alive("gonb", str(connection)))


if __name__ == "__main__":
    unittest.main()
