"""The command: its options, and what it says."""

import contextlib
import io
import os
import subprocess
import sys
import threading
import unittest
from pathlib import Path
from unittest import mock

import nbformat

import export
import notebooks
from fixture import FolderCase, notebook
from progress import Status, duration


class Options(unittest.TestCase):
    def refused(self, *argv: str) -> str:
        with contextlib.redirect_stderr(io.StringIO()) as text, self.assertRaises(SystemExit) as end:
            export.arguments(list(argv))
        self.assertEqual(end.exception.code, 2)
        return text.getvalue()

    def test_unknown_are_refused(self):
        for argv in (["--fast"], ["--qui"], ["1-1"], ["--only"]):
            self.refused(*argv)

    def test_the_home_that_the_shell_leaves_in_an_option(self):
        self.assertEqual(export.arguments(["--output=~/a"]).output, (Path.home() / "a").resolve())

    def test_unknown_part_is_refused_with_the_known_ones(self):
        with mock.patch.object(notebooks, "find", return_value=[notebooks.Part(Path("1-1-a.ipynb"))]):
            self.assertIn("unknown part 7-7; the parts are 1-1", self.refused("--only", "7-7"))


class Output(FolderCase):
    def test_stops_where_nothing_can_be_said(self):
        """A pipe that nobody reads ends it as it ends other programs; a full disk gets a line."""
        reading, pipe = os.pipe()
        os.close(reading)
        full = os.open("/dev/full", os.O_WRONLY)
        export = [sys.executable, Path(__file__).with_name("export.py"), "--output", self.folder / "report"]
        for output, status, line in ((pipe, 141, ""), (full, 1, r"The export's output .* No space left on device\n")):
            done = subprocess.run(
                export, check=False, cwd=self.folder, stdout=output, stderr=subprocess.PIPE, text=True, timeout=60
            )
            os.close(output)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertRegex(done.stderr, rf"\A{line}\Z")
            self.assertEqual(list(self.folder.glob("report/[1-9]*.html")), [])


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
            self.assertEqual(text.getvalue().count(f"{part.path.name} can't be read as a notebook"), 2, text.getvalue())
        self.assertTrue((self.folder / "report" / "index.html").exists())

    def test_whatever_breaks_ends_its_part_alone(self):
        for name in ("1-1-a", "1-2-b"):
            nbformat.write(notebook(), self.folder / f"{name}.ipynb")
        found = mock.patch.object(notebooks, "find", return_value=notebooks.find(self.folder))
        failures = {"1-1": KeyError("no such thing"), "1-2": RuntimeError()}

        def runner(part, _progress):
            raise failures[part.key]

        broken = mock.patch.object(export, "Runner", side_effect=runner)
        with found, broken, mock.patch.dict(os.environ), contextlib.redirect_stdout(io.StringIO()) as text:
            status = export.main(["--output", str(self.folder / "report")])
        self.assertEqual(status, 1)
        self.assertIn("1-1-a.ipynb: KeyError: 'no such thing'", text.getvalue())
        self.assertIn("[2/2] 1-2", text.getvalue())
        self.assertNotIn("Traceback", text.getvalue())

    def test_the_shortest_and_the_longest_run_side_by_side_and_what_measures_times_alone(self):
        for name, minutes in (("1-0-alone", 1), ("1-1-a", 5), ("1-2-b", 1), ("1-3-c", 3)):
            book = notebook()
            book.metadata |= {"hw1.minutes": minutes, "hw1.alone": "alone" in name}
            nbformat.write(book, self.folder / f"{name}.ipynb")
        both, started = threading.Barrier(2), []

        def runner(part, _progress):
            started.append(part.key)
            if part.key in ("1-1", "1-2"):
                both.wait(timeout=10)
            raise RuntimeError

        found = mock.patch.object(notebooks, "find", return_value=notebooks.find(self.folder))
        broken = mock.patch.object(export, "Runner", side_effect=runner)
        with found, broken, mock.patch.dict(os.environ), contextlib.redirect_stdout(io.StringIO()) as text:
            export.main(["--output", str(self.folder / "report")])
        self.assertEqual(sorted(started[:2]) + started[2:], ["1-1", "1-2", "1-3", "1-0"], text.getvalue())


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
        progress = Status(stream).start("[1/1] 1-1")
        for epoch in range(100):
            progress.training(f"epoch {epoch}")
        self.assertEqual(stream.getvalue(), "[1/1] 1-1\n")
        progress.shown_at -= 60
        progress.training("epoch 100")
        self.assertIn("epoch 100", stream.getvalue())

    def test_two_share_the_line_of_a_terminal(self):
        stream = io.StringIO()
        stream.isatty = lambda: True
        status = Status(stream)
        first, second = status.start("[1/2] 1-1"), status.start("[2/2] 1-2")
        first.where, second.where = "first " * 20, "second " * 20
        with mock.patch("shutil.get_terminal_size", return_value=os.terminal_size((60, 20))):
            status.rewrite()
            both = stream.getvalue().rsplit("\x1b[2K", 1)[1]
            first.end("1-1 is done")
            status.rewrite()
        self.assertLess(len(both), 60)
        self.assertRegex(both, r"^first first .* \| second second")
        alone = stream.getvalue().rsplit("\x1b[2K", 1)[1]
        self.assertNotIn("first", alone)
        self.assertIn("second " * 5, alone)


if __name__ == "__main__":
    unittest.main()
