"""What makes a page be made again, and what not."""

import contextlib
import io
import json
import os
import unittest
from unittest import mock

import nbformat
from nbformat import v4

import export
import notebooks
import unchanged
from fixture import PROVENANCE, FolderCase, notebook
from pages import Page

IMPORT = '!*grep -q hw1 go.mod || go mod edit -replace hw1="$GONB_DIR/.."\nimport "hw1/pkg/hw1"'


class Fingerprint(FolderCase):
    def part(self, *sources: str) -> notebooks.Part:
        path = self.folder / "1-1-a.ipynb"
        nbformat.write(notebook(*[v4.new_code_cell(source) for source in sources]), path)
        return notebooks.Part(path)

    def project(self) -> contextlib.AbstractContextManager:
        """A project of a few files in the place of this one."""
        for name in (
            "pkg/hw1/a.go",
            "pkg/hw1/a_test.go",
            "scripts/report/pages.py",
            "scripts/kernel/go",
            "go.mod",
            "go.sum",
        ):
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
        (self.folder / "scripts" / "requirements.txt").touch()
        return mock.patch.object(unchanged, "ROOT", self.folder)

    def test_changes_with_what_a_page_is_made_from_alone(self):
        with self.project(), mock.patch.dict(os.environ):
            part = self.part(IMPORT, "%%\nhw1.Show()")
            before = unchanged.fingerprint(part)
            self.assertEqual(len(before), 64)
            seen = {before}
            for change in ("pkg/hw1/a.go", "pkg/hw1/new.go", "scripts/report/pages.py", "scripts/kernel/go", "go.sum"):
                self.folder.joinpath(change).write_text("changed")
                seen.add(unchanged.fingerprint(part))
            os.environ["HW1_SEEDS"] = "7"
            seen.add(unchanged.fingerprint(part))
            seen.add(unchanged.fingerprint(self.part(IMPORT, "%%\nhw1.Show() // changed")))
            self.assertEqual(len(seen), 8)
            last = unchanged.fingerprint(part)
            for same in ("pkg/hw1/a_test.go", "scripts/report/test_pages.py", "README.md"):
                self.folder.joinpath(same).write_text("changed")
            os.environ |= {"HW1_RUNS": "elsewhere", "HW1_LIVE": "1", "EDITOR": "ed"}
            self.assertEqual(unchanged.fingerprint(part), last)

    def test_none_of_a_notebook_that_reads_something_else(self):
        for source in (
            '%%\nfmt.Println(os.Getenv("X"))',
            'var mine = hw1.Check(dataset.Table("mine.csv"))',
            "!cat /etc/hostname",
            '%%\nhttp.Get("x")',
            'import "example.org/own"',
        ):
            self.assertEqual(unchanged.fingerprint(self.part(IMPORT, source)), "", source)
        for source in ('import "github.com/gomlx/gomlx/core/graph"', "%%\npos.X(1)", "costs.Y(2)"):
            self.assertNotEqual(unchanged.fingerprint(self.part(IMPORT, source)), "", source)

    def test_none_of_what_is_no_notebook(self):
        path = self.folder / "1-1-a.ipynb"
        for content in ("", "[]", '{"cells": 1}', '{"cells": [{}]}'):
            path.write_text(content)
            self.assertEqual(unchanged.fingerprint(notebooks.Part(path)), "", content)
        self.assertEqual(unchanged.fingerprint(notebooks.Part(self.folder / "none.ipynb")), "")


class Exports(FolderCase):
    """Exports of notebooks that a stand-in for the kernel executes."""

    def export(self, *options: str, status: int = 0) -> tuple[list[str], str]:
        """The parts that were executed, and what the command said."""
        executed = []

        def runner(part, _progress):
            executed.append(part.key)
            fake = mock.Mock()
            fake.run.return_value = part.read()
            return fake

        def build(part, _notebook):
            return Page(part.slug, part.key, part.title(), []), {}, ["beef"]

        with contextlib.ExitStack() as stack:
            for patch in (
                mock.patch.object(notebooks, "find", return_value=notebooks.find(self.folder)),
                mock.patch.object(export, "Runner", side_effect=runner),
                mock.patch.object(export, "build", side_effect=build),
                mock.patch.object(export.playground, "place", return_value=""),
                mock.patch.object(export.provenance, "collect", return_value=PROVENANCE),
                mock.patch.object(export, "build_playground"),
                mock.patch.dict(os.environ, HW1_RUNS=str(self.folder / "runs")),
            ):
                stack.enter_context(patch)
            text = stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            ended = export.main(["--output", str(self.folder / "report"), *options])
        self.assertEqual(ended, status, text.getvalue())
        return sorted(executed), text.getvalue()

    def write(self, name: str, source: str = "%%") -> None:
        nbformat.write(notebook(v4.new_code_cell(source)), self.folder / f"{name}.ipynb")

    def setUp(self) -> None:
        super().setUp()
        run = self.folder / "runs" / "beef"
        run.mkdir(parents=True)
        self.run_of_all = run / "meta.json"
        self.run_of_all.write_text(json.dumps({"rows": []}))

    def test_do_only_what_is_missing(self):
        self.write("1-1-a")
        self.write("1-2-b")
        self.assertEqual(self.export()[0], ["1-1", "1-2"])
        executed, text = self.export()
        self.assertEqual(executed, [])
        self.assertRegex(text, r"Unchanged.*: 1-1, 1-2\nDone")
        self.write("1-2-b", "%% // changed")
        self.assertEqual(self.export("--only", "1-1")[0], [])
        self.assertEqual(self.export()[0], ["1-2"])
        self.assertEqual(self.export("--anew", "--only", "1-1")[0], ["1-1"])
        self.assertEqual(self.export()[0], [])
        self.folder.joinpath("report", "data", "1-1-a.json").unlink()
        self.assertEqual(self.export()[0], ["1-1"])

    def test_execute_what_has_lost_its_run(self):
        self.write("1-1-a")
        self.export()
        self.run_of_all.unlink()
        self.assertEqual(self.export(status=1)[0], ["1-1"])  # the stand-in for the kernel trains nothing


if __name__ == "__main__":
    unittest.main()
