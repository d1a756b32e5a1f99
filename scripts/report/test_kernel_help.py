"""What the kernel says of hw1's words when it is asked, as JupyterLab does at Tab and Shift+Tab."""

import time
import unittest

from jupyter_client.manager import start_new_kernel

from notebooks import NOTEBOOKS

CELL = """import "hw1/pkg/hw1"
import "hw1/pkg/hw1/critical"

var spec = hw1.Spec{Task: hw1.Sinc, Epochs: 10}

func ends() []critical.Point {
	run := hw1.Check(hw1.Train(spec))[0]
	return hw1.Check(critical.Find(run, critical.Search{}))
}
"""
# gopls, which answers, needs a while to start.
PATIENCE_SECONDS = 90


class Help(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kernel, cls.client = start_new_kernel(kernel_name="gonb", cwd=str(NOTEBOOKS))
        cls.addClassCleanup(cls.kernel.shutdown_kernel)
        cls.addClassCleanup(cls.client.stop_channels)

    def ask(self, where: str) -> str:
        """The help on the word that ends what is given."""
        position = CELL.index(where) + len(where) - 1
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            content = self.client.inspect(CELL, position, reply=True, timeout=PATIENCE_SECONDS)["content"]
            text = "\n".join(content.get("data", {}).values())
            # On a busy machine gopls says so of a first answer that takes it too long.
            if content.get("found") and "context deadline exceeded" not in text:
                return text
            time.sleep(1)
        self.fail(f"no help on {where}: {content}")

    def test_completions(self):
        cell = CELL + "\n%%\ncritical.F"
        end = time.monotonic() + PATIENCE_SECONDS
        matches: list[str] = []
        while "Find" not in matches and time.monotonic() < end:
            reply = self.client.complete(cell, len(cell), reply=True, timeout=PATIENCE_SECONDS)
            matches = reply["content"].get("matches") or []
        self.assertIn("Find", matches)

    def test_spec_shows_its_fields(self):
        text = self.ask("hw1.Spec")
        for words in (
            "holds everything that a training run depends on",
            "LearningRate",
            "default 1e-3",
            "SnapshotEach",
        ):
            self.assertIn(words, text)

    def test_field(self):
        self.assertIn("passes over the training set, at most", self.ask("Epochs"))

    def test_functions(self):
        self.assertIn("An interrupt stops the training", self.ask("hw1.Train"))
        self.assertIn("so it is attracted to saddles as well as to minima", " ".join(self.ask("critical.Find").split()))


class FreshKernels(unittest.TestCase):
    """Kernels that were asked for nothing before."""

    def test_what_a_cell_has_declared_completes(self):
        # What is typed at a Tab can seldom be parsed.
        kernel, client = start_new_kernel(kernel_name="gonb", cwd=str(NOTEBOOKS))
        self.addCleanup(kernel.shutdown_kernel)
        self.addCleanup(client.stop_channels)
        client.execute('import "hw1/pkg/hw1"', reply=True, timeout=PATIENCE_SECONDS)
        cell = "%%\nrun := hw1.Check(hw1.TrainOne(hw1.Spec{Task: hw1.Sinc}))\nrun."
        end = time.monotonic() + PATIENCE_SECONDS
        matches: list[str] = []
        while "TestLosses" not in matches and time.monotonic() < end:
            reply = client.complete(cell, len(cell), reply=True, timeout=PATIENCE_SECONDS)
            matches = reply["content"].get("matches") or []
            time.sleep(0.2)
        self.assertIn("TestLosses", matches)

    def test_a_line_of_log_ends_no_kernel(self):
        kernel, client = start_new_kernel(kernel_name="gonb", cwd=str(NOTEBOOKS))
        self.addCleanup(kernel.shutdown_kernel)
        self.addCleanup(client.stop_channels)
        cell = '%%\nlog.SetFlags(log.LstdFlags | log.Lshortfile)\nlog.Println("here")'
        client.execute(cell, reply=True, timeout=PATIENCE_SECONDS)
        self.assertTrue(kernel.is_alive())


if __name__ == "__main__":
    unittest.main()
