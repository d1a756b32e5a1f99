"""The playground in the report: where parts lead to it, and a report that can't have one."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import unittest
from argparse import Namespace
from unittest import mock

import nbformat

import checks
import export
import playground
import runs
import unchanged
from fixture import PROVENANCE, ROW, FolderCase, notebook
from notebooks import Part
from pages import build
from progress import Status
from report_folder import Report

SPEC = {"task": "sinc", "train_size": 500, "arch": {"dense": [20, 30, 1]}, "activation": "tanh", "learning_rate": 0.001}
SPEC |= {"weight_decay": 0, "batch": 50, "float64": False, "seed": 3}


class Place(FolderCase):
    def place(self, key: str, *specs: dict) -> str:
        for number, spec in enumerate(specs):
            folder = self.folder / f"run{number}"
            folder.mkdir()
            (folder / "spec.json").write_text(json.dumps(spec))
        return playground.place(key, self.folder, [runs.Run(f"run{number}", [ROW]) for number in range(len(specs))])

    def test_part_leads_to_its_network(self):
        place = self.place("2-4", SPEC | {"task": "MNIST"}, SPEC | {"float64": True}, SPEC | {"optimizer": "sgd"})
        self.assertEqual(
            place,
            "function=sinc&points=500&hidden=20-30&activation=tanh&optimizer=sgd&rate=0.001&decay=0&batch=50&seed=3",
        )

    def test_part_without_such_a_network_leads_to_the_first(self):
        self.assertEqual(self.place("2-1", SPEC | {"task": "MNIST"}), "fit")

    def test_what_a_cell_declared_is_not_repeated(self):
        for change in ({"loss": "own 0123"}, {"activation": "own 0123"}, {"arch": {"own": {}, "dense": None}}):
            with self.subTest(change):
                self.assertEqual(self.place("2-4", SPEC | change), "fit")
                shutil.rmtree(self.folder / "run0")

    def test_digits_and_other_parts(self):
        self.assertEqual(self.place("1-2"), "digits")
        self.assertEqual(self.place("3-1"), "")


class Built(FolderCase):
    def setUp(self):
        super().setUp()
        part = Part(self.folder / "1-1-first.ipynb")
        nbformat.write(notebook(), part.path)
        self.report = Report(self.folder / "report", [part])
        page, files, _ = build(part, notebook())
        page.provenance, page.playground = PROVENANCE, "fit"
        page.runs = [runs.Run("f00d" * 16, [ROW])]
        self.report.add(page, files)
        self.args = Namespace(parts=[part], anew=False)
        machine = mock.patch.object(unchanged, "machine", return_value=[])  # asks no program
        machine.start()
        self.addCleanup(machine.stop)

    def export(self, run) -> str:
        text = io.StringIO()
        with mock.patch.object(subprocess, "run", run), contextlib.redirect_stderr(text):
            export.build_playground(self.args, self.report, Status(text))
        return text.getvalue()

    def page(self) -> str:
        return (self.report.folder / "1-1-first.html").read_text()

    def test_part_and_index_lead_to_it_once_it_is_there(self):
        self.assertNotIn("playground", self.page())

        def run(command, **_):
            self.assertIn("f00d" * 16, command)
            return subprocess.CompletedProcess(command, 0, '<!DOCTYPE html><p id="fit">')

        self.assertIn(playground.NAME, self.export(run))
        self.assertIn('href="playground.html#fit"', self.page())
        self.assertIn('href="playground.html"', (self.report.folder / "index.html").read_text())
        self.assertEqual([p for p in checks.problems(self.report.folder / "index.html") if "playground" in p], [])

    def test_it_is_built_again_where_something_has_changed(self):
        built = mock.Mock(return_value=subprocess.CompletedProcess([], 0, '<!DOCTYPE html><p id="fit">'))
        self.export(built)
        self.assertEqual(self.export(built), "")
        with mock.patch.dict(os.environ, HW1_SEEDS="7"):
            self.export(built)
        self.assertEqual(built.call_count, 2)
        self.args.anew = True
        self.export(built)
        self.assertEqual(built.call_count, 3)

    def test_report_is_whole_without_it(self):
        failed = mock.Mock(side_effect=subprocess.CalledProcessError(1, "go", stderr="no uPlot\nexit status 1\n"))
        self.assertIn("not built: no uPlot", self.export(failed))
        self.assertIn("not built: go is not on the PATH", self.export(mock.Mock(side_effect=FileNotFoundError)))
        self.assertNotIn("playground", self.page())

    def test_nothing_is_built_for_other_parts(self):
        self.args.parts = [Part(self.folder / "3-1-other.ipynb")]
        self.assertEqual(self.export(mock.Mock(side_effect=AssertionError)), "")


if __name__ == "__main__":
    unittest.main()
