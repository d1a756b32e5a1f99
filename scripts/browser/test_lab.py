"""The notebooks in JupyterLab, as a new user meets them: run, interrupt, go on, change a number, make a mistake."""

import re
import tempfile
import time
import unittest
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from browser import Browser
from lab import Lab, Notebook, ended, listeners

PART = "2-1-optimization-paths.ipynb"
FULL_BUDGETS = "%env HW1_QUICK 0"
DECLARATIONS = """import "hw1/pkg/hw1"
import "hw1/pkg/hw1/fit"

func spec(epochs int, rate float64) hw1.Spec {
	return hw1.Spec{Name: "net", Task: hw1.Sinc, Arch: hw1.MLP(1, 20, 30, 1), Epochs: epochs, LearningRate: rate}
}"""
LONG = "%%\n// A training of a while.\nhw1.Check(hw1.TrainOne(spec(120_000, 1e-3)))"
SEARCH = """%%
// An analysis of a while.
run := hw1.Check(hw1.TrainOne(hw1.Spec{Task: hw1.SquareWave, Arch: hw1.MLP(1, 10, 18, 15, 4, 1), Epochs: 200, Seeds: 25}))
hw1.Check(fit.Polish(60, run))"""
TWO = "%%\nhw1.Check(hw1.Train(spec(300, 1e-3), spec(300, {})))"
MISTAKE = '%%\nhw1.ShowTable(hw1.CompareTable("A table without rows."))'
LOCALHOST = {"127.0.0.1", "::1"}
# What an idle machine keeps to, and what a busy one is allowed.
STOP_SECONDS, AGAIN_SECONDS, FIRST_TAB_SECONDS, PATIENCE = 2, 3, 8, 10


def epoch_of(text: str) -> int:
    """The last epoch that a progress line names."""
    return int(re.findall(r"epoch ([\d,]+)", text)[-1].replace(",", ""))


class NewUser(unittest.TestCase):
    """One JupyterLab and one browser for all tests."""

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        cls.addClassCleanup(folder.cleanup)
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)
        cls.lab = Lab(Path(folder.name))
        cls.addClassCleanup(cls.lab.stop)

    @contextmanager
    def opened(self, name: str):
        with self.browser.tab() as tab:
            yield Notebook(tab.page, self.lab, name)
            self.assertEqual(tab.complaints, [])

    @contextmanager
    def long(self, name: str, cell: str):
        """A notebook whose third cell takes long, at full budgets; the first two have run."""
        with self.opened(self.lab.write(name, FULL_BUDGETS, DECLARATIONS, cell)) as notebook:
            notebook.run(0)
            notebook.run(1)
            yield notebook

    def measured(self, what: str, seconds: float, limit: float) -> None:
        print(f"{what}: {seconds:.1f} s (on an idle machine: below {limit} s)")
        self.assertLess(seconds, PATIENCE * limit, what)

    def test_listens_on_this_machine_only(self):
        self.assertTrue(listeners(self.lab.port))
        self.assertLessEqual(listeners(self.lab.port), LOCALHOST)

    def test_refuses_whoever_has_no_token(self):
        with self.assertRaises(HTTPError) as refused:
            urlopen(self.lab.url("api/contents"))
        self.assertEqual(refused.exception.code, 403)
        self.assertIn(b"2-1-optimization-paths", self.lab.get("api/contents"))

    def test_part_from_its_first_cell_to_its_last(self):
        with self.opened(PART) as notebook:
            notebook.menu("Run", "Run All Cells")
            notebook.wait(-1, ended, 240)
            cells = notebook.cells()
        self.assertFalse(any(cell["failed"] for cell in cells), cells)
        self.assertEqual(sum(cell["figures"] for cell in cells), 6)
        text = "\n".join(cell["text"] for cell in cells)
        self.assertIn("Done: 2 runs trained", text)
        self.assertNotIn("epochs/s", text)  # no progress is left behind
        self.assertRegex(cells[-1]["text"], "[✓✗?] .*: (true|false|open) ")

    def test_first_tab_completes(self):
        with self.opened(self.lab.write("tab.ipynb", 'import "hw1/pkg/hw1"\n%%\nhw1.TrainO')) as notebook:
            notebook.select(0).locator(".cm-content").click()
            notebook.page.keyboard.press("Control+End")
            begin = time.monotonic()
            notebook.page.keyboard.press("Tab")
            completions = notebook.page.locator(".jp-Completer", has_text="TrainOne")
            completions.wait_for(timeout=1000 * PATIENCE * FIRST_TAB_SECONDS)
        self.measured("the first Tab", time.monotonic() - begin, FIRST_TAB_SECONDS)

    def test_interrupted_training_goes_on(self):
        with self.long("training.ipynb", LONG) as notebook:
            seconds, interrupted = self.interrupt(notebook, 2, "epochs/s")
            self.assertIn("run the cell again to go on", interrupted["text"])
            kept = epoch_of(re.search(r"net kept in epoch [\d,]+", interrupted["text"])[0])
            notebook.start(2)
            going_on = notebook.wait(2, lambda cell: "epochs/s" in cell["text"] and cell["curves"] == 1)
            self.assertGreaterEqual(epoch_of(going_on["text"].split(" of ")[0]), kept)
            done = notebook.wait(2, ended, 240)
            self.assertIn("Done: 1 run trained", done["text"])
            self.assertIn("from a checkpoint", done["text"])
            self.assertEqual(done["curves"], 0)
            notebook.page.keyboard.press("Control+s")
            notebook.wait_for_file(lambda text: "from a checkpoint" in text)
            self.assertNotIn("polyline", notebook.file.read_text(encoding="utf-8"))
            again, took = notebook.run(2)
            self.assertIn("Done: 1 run read from the store", again["text"])
        self.measured("interrupt of a training", seconds, STOP_SECONDS)
        self.measured("a finished cell again", took, AGAIN_SECONDS)

    def test_interrupted_analysis_goes_on(self):
        with self.long("analysis.ipynb", SEARCH) as notebook:
            seconds, interrupted = self.interrupt(notebook, 2, "Computing polishing")
            self.assertRegex(interrupted["text"], r"\d+ of its 25 parts kept; run the cell again to go on")
            notebook.start(2)
            notebook.wait(2, lambda cell: cell["curves"] > 0)
            done = notebook.wait(2, ended, 240)
            self.assertEqual(done["curves"], 0)
            self.assertIn("Done: polishing computed", done["text"])
        self.measured("interrupt of an analysis", seconds, STOP_SECONDS)

    def interrupt(self, notebook: Notebook, index: int, sign: str) -> tuple[float, dict]:
        """Runs a cell until it shows the sign, interrupts it, and returns how long it took to end."""
        notebook.start(index)
        notebook.wait(index, lambda cell: sign in cell["text"])
        begin = time.monotonic()
        notebook.interrupt()
        cell = notebook.wait(index, ended)
        seconds = time.monotonic() - begin
        self.assertTrue(cell["failed"])
        self.assertIn("Interrupted: ", cell["text"])
        self.assert_short(cell["text"])
        return seconds, cell

    def assert_short(self, text: str) -> None:
        """An error is a sentence or two, and no stack trace."""
        for noise in ("goroutine", "panic", ".go:"):
            self.assertNotIn(noise, text)
        self.assertEqual(text.count("Error: "), 1, text)
        lines = text.partition("Error: ")[2].splitlines()
        self.assertLessEqual({line for line in lines[1:] if line}, {"^C", "exit status 1"}, text)  # by GoNB

    def test_only_what_changed_trains_and_mistakes_are_told_shortly(self):
        name = self.lab.write("change.ipynb", DECLARATIONS, TWO.format("1e-2"))
        with self.opened(name) as notebook:
            notebook.run(0)
            first, _ = notebook.run(1)
            self.assertIn("Done: 2 runs trained", first["text"])
            notebook.write(1, TWO.format("2e-2"))
            changed, _ = notebook.run(1)
            self.assertIn("Done: 1 run read from the store, 1 run trained", changed["text"])
            for source, message in (
                (TWO.format("-1"), 'Error: spec "net": learning rate -1; it must be above 0 and at most 10'),
                (MISTAKE, "Error: hw1.CompareTable needs at least one row"),
            ):
                notebook.write(1, source)
                wrong, _ = notebook.run(1)
                self.assertTrue(wrong["failed"])
                self.assertIn(message, wrong["text"])
                self.assert_short(wrong["text"])


if __name__ == "__main__":
    unittest.main()
