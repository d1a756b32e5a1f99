"""The command: real notebooks through the real kernel."""

import os
import signal
import subprocess
import sys
import threading
import unittest
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from nbformat import v4

from fixture import FolderCase, notebook

HERE = Path(__file__).parent
FIGURE = """import (
	"fmt"
	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

func show(id, mime, text string, kind string) {
	meta := map[string]any{"hw1.kind": kind, "hw1.alt": "a line", "hw1.caption": "A line", "hw1.name": "line"}
	gonbui.SendData(&protocol.DisplayData{
		Data: map[protocol.MIMEType]any{protocol.MIMEType(mime): text}, Metadata: meta, DisplayID: id})
	gonbui.Sync()
}
%%
for i := range 3 {
	show("progress", "text/html", fmt.Sprintf("<div>Training, epoch %d</div>", i), "progress")
}
show("", "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0L9 9"/></svg>`, "figure")
fmt.Println("quick:", os.Getenv("HW1_QUICK"))
"""
FAILING = '%%\nfmt.Fprintln(os.Stderr, "learning rate -1 is negative"); os.Exit(1)'
LOST = "type none struct{}\nfunc (none) Show() {}\nvar hw1 none\n%%\nhw1.Show()"
SLOW = '%%\nfmt.Println("started"); time.Sleep(time.Minute)'


@unittest.skipUnless("gonb" in KernelSpecManager().find_kernel_specs(), "no gonb kernel here: run scripts/setup.sh")
class Kernel(FolderCase):
    """Each test writes notebooks and exports them in a process of its own."""

    def write(self, name: str, *sources: str) -> None:
        cells = [v4.new_code_cell(source) for source in sources]
        nbformat.write(notebook(*cells, title=f"# {name[:3]} Title\n\nText."), self.folder / f"{name}.ipynb")

    def start(self, *options: str) -> subprocess.Popen:
        program = (
            "import export, notebooks, pathlib, sys; folder = pathlib.Path(sys.argv.pop(1)); "
            "notebooks.find.__defaults__ = (folder,); sys.exit(export.main())"
        )
        command = [sys.executable, "-c", program, str(self.folder), "--output", str(self.folder / "report"), *options]
        environment = {**os.environ, "PYTHONPATH": str(HERE), "PYTHONUNBUFFERED": "1"}
        environment.pop("HW1_QUICK", None)
        # As in the background of a script, and so in the process.
        ignored = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            process = subprocess.Popen(
                command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
        finally:
            signal.signal(signal.SIGINT, ignored)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def run_export(self, *options: str) -> tuple[int, str]:
        process = self.start(*options)
        text = process.communicate(timeout=300)[0]
        return process.returncode, text

    def page(self, name: str) -> str:
        return (self.folder / "report" / f"{name}.html").read_text()

    def test_good_notebook(self):
        self.write("1-1-good", FIGURE)
        status, text = self.run_export("--quick")
        self.assertEqual(status, 0, text)
        self.assertIn("1 figure, 0 tables", text)
        page = self.page("1-1-good")
        for part in ('aria-label="a line"', "Training, epoch 2", "quick: 1", "Smoke test."):
            self.assertIn(part, page)
        self.assertNotIn("epoch 1", page)

    def test_failures_are_shown_and_the_others_go_on(self):
        self.write("1-1-failing", 'import "fmt"', FAILING)
        self.write("1-2-lost", LOST)
        self.write("1-3-fine", '%%\nfmt.Println("fine")')
        self.write("1-4-compiler", "%%\nunused := 1")
        status, text = self.run_export()
        self.assertEqual(status, 1, text)
        self.assertIn("1-1-failing.ipynb: cell 3 failed", text)
        self.assertIn("learning rate -1 is negative", text)
        self.assertRegex(
            text, r"1-4-compiler.ipynb: cell 2 failed\n[^$]*Cell\[.\]: Line 2 \S+ declared and not used: unused"
        )
        self.assertIn("1-2-lost.ipynb: cell 2 lost output", text)
        self.assertIn("0 of 1 figure", text)
        self.assertNotIn("\x1b", text)
        self.assertIn("fine", self.page("1-3-fine"))
        self.assertFalse((self.folder / "report" / "1-1-failing.html").exists())

    def stop(self, number: int) -> tuple[int, str]:
        """Exports a fast and a slow notebook, and sends a signal when the fast one is done."""
        self.write("1-1-fast", '%%\nfmt.Println("fast")')
        self.write("1-2-slow", SLOW)
        process = self.start()
        for line in process.stdout:
            if line.startswith("  1-1:"):
                threading.Timer(2, process.send_signal, [number]).start()
                break
        text = process.communicate(timeout=60)[0]
        return process.returncode, text

    def test_interrupt_says_what_is_done(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            status, text = self.stop(number)
            self.assertEqual(status, 130, text)
            self.assertIn("Stopped. Pages in", text)
            self.assertRegex(text, "Pages in .*: 1-1\\.")
            self.assertNotIn("Traceback", text)

    def test_after_a_kill_the_next_export_works(self):
        self.stop(signal.SIGKILL)
        status, text = self.run_export("--only", "1-1")
        self.assertEqual(status, 0, text)
        self.assertEqual(list((self.folder / "report").glob(".*")), [])


if __name__ == "__main__":
    unittest.main()
