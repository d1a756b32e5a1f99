"""The notebooks as they are committed."""

import json
import re
import tempfile
import unittest
from pathlib import Path

import notebooks

WIRING = "!*grep -q hw1 go.mod || "


class Committed(unittest.TestCase):
    def each(self):
        for part in notebooks.find():
            with self.subTest(part.key):
                yield part, part.read().cells

    def test_form(self):
        for part, cells in self.each():
            text = part.path.read_text(encoding="utf-8")
            self.assertEqual(text, json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n")
            self.assertEqual([cell.id for cell in cells], [f"cell-{i:02}" for i in range(1, len(cells) + 1)])
            for cell in cells:
                if cell.cell_type == "code":
                    self.assertEqual((cell.outputs, cell.execution_count), ([], None))

    def test_cells_are_explained(self):
        for _, cells in self.each():
            kinds = "".join("M" if cell.cell_type == "markdown" else "C" for cell in cells)
            self.assertRegex(kinds, r"^(M+C{1,2})+M$")
            for cell in cells:
                if cell.cell_type == "code":
                    self.assertRegex(cell.source, r"(?m)^// \S|^!.* # \S", "a code cell without a comment")

    def test_first_cell_wires_the_package_in(self):
        for _, cells in self.each():
            self.assertTrue(cells[1].source.startswith(WIRING), cells[1].source)

    def test_last_cell_suggests_changes(self):
        for _, cells in self.each():
            suggestions = cells[-1].source.partition("## Try it\n")[2]
            self.assertIn(len(re.findall(r"^- ", suggestions, re.MULTILINE)), (2, 3), suggestions)


class Names(unittest.TestCase):
    def test_notebooks_of_one_number_are_told_apart(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("1-10-last", "1-2-mine", "1-2-mine-Copy1", "1-2-mine-Copy2", "2-1-other", "notes"):
                Path(folder, f"{name}.ipynb").touch()
            parts = notebooks.find(Path(folder))
        self.assertEqual([part.key for part in parts], ["1-2", "1-2-mine-Copy1", "1-2-mine-Copy2", "1-10", "2-1"])
        self.assertEqual([part.path.stem for part in notebooks.select(parts, "1-2,2-1")], ["1-2-mine", "2-1-other"])
        self.assertEqual([part.path.stem for part in notebooks.select(parts, "1-2-mine-Copy2")], ["1-2-mine-Copy2"])


if __name__ == "__main__":
    unittest.main()
