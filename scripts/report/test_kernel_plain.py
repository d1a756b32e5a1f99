"""A notebook under a plain GoNB, as other renderers get it."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient

import notebooks
from notebooks import ROOT

VENV = ROOT / ".venv/bin"
STATIC = {"image/svg+xml", "image/png", "text/html", "text/markdown", "text/plain"}
ACTIVE = re.compile(
    r"<script|<iframe|<object|<embed|<link|\son\w+\s*=|javascript:|https?://(?!www\.w3\.org/)", re.IGNORECASE
)


def joined(data: str | list[str]) -> str:
    return data if isinstance(data, str) else "".join(data)


@unittest.skipUnless((VENV / "gonb").exists(), "no gonb here: run scripts/setup.sh")
class PlainKernel(unittest.TestCase):
    """Part 2-4 at quick budgets, under the kernel that `gonb --install` writes."""

    @classmethod
    def setUpClass(cls) -> None:
        folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.folder = folder
        ours = ("JUPYTER", "HW1_", "PJRT", "GOFLAGS", "GOPROXY", "GOWORK", "GO111MODULE", "CGO_ENABLED")
        plain = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
        plain |= {"JUPYTER_DATA_DIR": str(folder), "JUPYTER_PATH": str(folder), "PATH": f"{VENV}:{os.environ['PATH']}"}
        plain |= {"HW1_QUICK": "1", "HW1_RUNS": str(folder / "runs")}
        subprocess.run([VENV / "gonb", "--install"], env=plain, check=True, capture_output=True)
        [part] = notebooks.select(notebooks.find(), "2-4")
        where = {"metadata": {"path": str(part.path.parent)}}
        with mock.patch.dict(os.environ, plain, clear=True):
            cls.kernel = KernelSpecManager().get_kernel_spec("gonb").resource_dir
            client = NotebookClient(part.read(), timeout=300, kernel_name="gonb", resources=where)
            cls.notebook = client.execute(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.outputs = [output for cell in cls.notebook.cells if cell.cell_type == "code" for output in cell.outputs]

    def test_package_of_the_checkout_is_found(self):
        self.assertEqual(Path(self.kernel), self.folder / "kernels/gonb")
        self.assertGreater(len(self.outputs), 4)
        self.assertNotIn("error", {output.output_type for output in self.outputs})

    def test_notebook_is_valid(self):
        nbformat.validate(self.notebook)

    def test_outputs_need_no_scripts(self):
        for output in self.outputs:
            if output.output_type == "stream":
                continue
            self.assertEqual(output.output_type, "display_data")
            self.assertLessEqual(set(output.data), STATIC)
            self.assertIn(
                "text/plain", output.data.keys() | ({"text/plain"} if "text/markdown" in output.data else set())
            )
            for kind in set(output.data) - {"image/png", "text/plain"}:
                self.assertIsNone(ACTIVE.search(joined(output.data[kind])), kind)

    def test_figures_are_pictures_with_a_text(self):
        figures = [o for o in self.outputs if o.get("metadata", {}).get("hw1.kind") == "figure"]
        self.assertEqual(len(figures), 2)
        for figure in figures:
            self.assertGreater(len(joined(figure.data["text/plain"])), 10)
            if "image/png" in figure.data:
                self.assertTrue(figure.data["image/png"].startswith("iVBOR"))
            else:
                image = ElementTree.fromstring(joined(figure.data["image/svg+xml"]))
                self.assertEqual(image.tag, "{http://www.w3.org/2000/svg}svg")


if __name__ == "__main__":
    unittest.main()
