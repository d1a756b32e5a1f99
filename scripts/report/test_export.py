"""The command: its options, and real notebooks through the real kernel."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import threading
import unittest
from pathlib import Path
from unittest import mock

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from nbformat import v4

import export
import notebooks
from fixture import FolderCase, notebook
from progress import Status, duration

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


class Options(unittest.TestCase):
    def refused(self, *argv: str) -> str:
        with contextlib.redirect_stderr(io.StringIO()) as text, self.assertRaises(SystemExit) as end:
            export.arguments(list(argv))
        self.assertEqual(end.exception.code, 2)
        return text.getvalue()

    def test_unknown_are_refused(self):
        for argv in (["--fast"], ["--qui"], ["1-1"], ["--only"]):
            self.refused(*argv)

    def test_unknown_part_is_refused_with_the_known_ones(self):
        with mock.patch.object(notebooks, "find", return_value=[notebooks.Part(Path("1-1-a.ipynb"))]):
            self.assertIn("unknown part 7-7; the parts are 1-1", self.refused("--only", "7-7"))


class Folder(FolderCase):
    def test_output_that_can_not_be_written(self):
        self.folder.joinpath("file").touch()
        nbformat.write(notebook(), self.folder / "1-1-a.ipynb")
        found = [notebooks.Part(self.folder / "1-1-a.ipynb")]
        find, environment = mock.patch.object(notebooks, "find", return_value=found), mock.patch.dict(os.environ)
        with find, environment, contextlib.redirect_stdout(io.StringIO()) as text:
            status = export.main(["--output", str(self.folder / "file")])
        self.assertEqual(status, 1)
        self.assertEqual(text.getvalue().count("\n"), 1, text.getvalue())

    def test_notebook_that_is_none(self):
        """Its part fails with a line, and the others are made."""
        for name, content in (("1-1-a", "{<<<<<<<"), ("1-2-b", "[]"), ("2-1-c", "")):
            self.folder.joinpath(f"{name}.ipynb").write_text(content)
        found = notebooks.find(self.folder)
        find, environment = mock.patch.object(notebooks, "find", return_value=found), mock.patch.dict(os.environ)
        with find, environment, contextlib.redirect_stdout(io.StringIO()) as text:
            status = export.main(["--output", str(self.folder / "report")])
        self.assertEqual(status, 1)
        for part in found:
            self.assertEqual(
                text.getvalue().count(f"{part.path.name} is no notebook that can be read"), 2, text.getvalue()
            )
        self.assertTrue((self.folder / "report" / "index.html").exists())


class Environment(unittest.TestCase):
    def test_quick_is_what_package_hw1_takes_for_it(self):
        for value, quick in (("", False), ("0", False), ("1", True), ("yes", True)):
            with mock.patch.dict(os.environ, HW1_QUICK=value):
                self.assertEqual(export.is_quick(), quick, value)


class Terminal(unittest.TestCase):
    def test_durations(self):
        shown = [duration(s) for s in (0.04, 9.94, 42, 185, 3720)]
        self.assertEqual(shown, ["0.0 s", "9.9 s", "42 s", "3 min 05 s", "1 h 02 min"])

    def test_plain_lines_are_sparse(self):
        stream = io.StringIO()
        status = Status(stream)
        status.start("[1/1] 1-1")
        for epoch in range(100):
            status.training(f"epoch {epoch}")
        self.assertEqual(stream.getvalue(), "[1/1] 1-1\n")
        status.shown_at -= 60
        status.training("epoch 100")
        self.assertIn("epoch 100", stream.getvalue())


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
        process = subprocess.Popen(
            command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
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
        status, text = self.run_export()
        self.assertEqual(status, 1, text)
        self.assertIn("1-1-failing.ipynb: cell 3 failed", text)
        self.assertIn("learning rate -1 is negative", text)
        self.assertIn("1-2-lost.ipynb: cell 2 lost output", text)
        self.assertIn("0 of 1 figure", text)
        self.assertNotIn("\x1b", text)
        self.assertIn("fine", self.page("1-3-fine"))
        self.assertFalse((self.folder / "report" / "1-1-failing.html").exists())

    def stop(self, number: int) -> tuple[int, str]:
        """Exports a fast and a slow notebook and sends a signal during the slow one."""
        self.write("1-1-fast", '%%\nfmt.Println("fast")')
        self.write("1-2-slow", SLOW)
        process = self.start()
        for line in process.stdout:
            if line.startswith("[2/2]"):
                threading.Timer(4, process.send_signal, [number]).start()
                break
        text = process.communicate(timeout=60)[0]
        return process.returncode, text

    def test_interrupt_says_what_is_done(self):
        status, text = self.stop(signal.SIGINT)
        self.assertEqual(status, 130, text)
        self.assertIn("Stopped", text)
        self.assertIn("1-1", text)
        self.assertNotIn("Traceback", text)

    def test_after_a_kill_the_next_export_works(self):
        self.stop(signal.SIGKILL)
        status, text = self.run_export("--only", "1-1")
        self.assertEqual(status, 0, text)
        self.assertEqual(list((self.folder / "report").glob(".*")), [])


if __name__ == "__main__":
    unittest.main()
