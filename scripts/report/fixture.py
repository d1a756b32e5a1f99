"""What the tests share: notebooks as the kernel leaves them, and a folder to work in."""

import base64
import csv
import json
import re
import struct
import tempfile
import unittest
import zlib
from pathlib import Path

import nbformat
from nbformat import v4

import runs
from notebooks import Part
from pages import build
from report_folder import Report

SVG = (
    '<?xml version="1.0"?><!DOCTYPE svg><svg width="300pt" height="150pt" viewBox="0 0 300 150"'
    ' xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    '<defs><path id="a" d="M0 0L9 9"/><clipPath id="c"><rect width="9" height="9"/></clipPath></defs>'
    '<g clip-path="url(#c)" style="fill:url(#c)"><use xlink:href="#a"/><text>loss &lt; 1</text></g></svg>'
)
VERDICT = {"claim": "The deep net is best", "answer": "true", "evidence": "1e-5 against 2e-5"}


def png(width: int = 4, height: int = 2) -> str:
    """A black PNG in base64."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(height * (width + 1)))
    image = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return base64.b64encode(image).decode()


def display(data: dict, **metadata: str):
    """A display as package hw1 sends it: display(data, kind="figure") has the metadata hw1.kind."""
    return v4.new_output("display_data", data, metadata={f"hw1.{key}": text for key, text in metadata.items()})


def figure(name: str = "loss", **metadata: str):
    data = {"image/svg+xml": SVG, "text/plain": "falling curves"}
    return display(data, **{"kind": "figure", "caption": "Loss, $\\eta$", "name": name, "csv": "x,y\n"} | metadata)


def table(name: str = "errors", **metadata: str):
    data = {"text/html": "<table><tr><th>Model</th><td>deep</td></tr></table>"}
    return display(data, **{"kind": "table", "caption": "Errors", "name": name} | metadata)


def reading(*verdicts: dict):
    data = {"text/markdown": "- ✓ The deep net is best: **true**"}
    return display(data, kind="reading", verdicts=json.dumps(verdicts or [VERDICT]))


def code(source: str, *outputs):
    """A code cell that has run."""
    metadata = {"hw1.seconds": 1.5, "hw1.title": "Training"}
    return v4.new_code_cell(source, outputs=list(outputs), metadata=metadata)


def notebook(*cells, title: str = "# Part 1-1: Simulate a function\n\nThree nets fit $f(x)$."):
    kernel = {"kernelspec": {"name": "gonb", "display_name": "Go (gonb)", "language": "go"}}
    return v4.new_notebook(cells=[v4.new_markdown_cell(title), *cells], metadata=kernel)


PROVENANCE = {
    "commit": "abc",
    "versions": {"Go": "1.26"},
    "cpu": "A",
    "plugins": {"p.so": "f00d"},
    "system": "B",
    "date": "2026-01-01",
    "quick": False,
}
ROW = {"model": "deep", "task": "sinc", "seed": 1, "seconds": 2.5, "backend": "xla:cpu", "train_loss": 1e-5}
WIDE = "<table><thead><tr>{}</tr></thead><tbody><tr>{}</tr></tbody></table>".format(
    "".join(f'<th scope="col">Quantity {i}</th>' for i in range(10)), "<td>1.25 (1.2 – 1.3)</td>" * 10
)
FORMULA = "## What\n\nText $x$ and a long formula:\n\n$$" + " + ".join(f"x_{{{i}}}^2" for i in range(40)) + "$$"


def sample_report(folder: Path) -> Path:
    """A report of three parts with one of everything, made in a folder; returns the report's own."""
    parts = [Part(folder / f"{name}.ipynb") for name in ("1-1-first", "1-2-second", "2-1-third")]
    cells = [
        v4.new_markdown_cell(FORMULA),
        code("// A network.\nvar spec = hw1.Spec{Epochs: 20_000}"),
        code("%%\n// Train.\nf()", display({"text/html": "<div>Trained</div>"}, kind="progress"), figure(), reading()),
        code("%%\nfmt.Println()", v4.new_output("stream", name="stdout", text="x" * 300)),
        code("%%\ng()", display({"image/png": png(400, 200)}, kind="figure", alt="x", caption="Digits", csv="x\n")),
        code("%%\nh()", table(csv="x\n"), display({"text/html": WIDE}, kind="table", caption="Wide", csv="x\n")),
    ]
    for part in parts:
        nbformat.write(notebook(*cells, title=f"# {part.key} Sample\n\nAbout $f(x)$."), part.path)
    report = Report(folder / "report", parts)
    for part in parts:
        page, files, _ = build(part, part.read())
        page.provenance = PROVENANCE
        page.runs = [runs.Run("f00d" * 16, [ROW | {"seed": seed} for seed in range(60)])]
        report.add(page, files)
    return report.folder


# What tells on a page when and how fast it was made.
VOLATILE = re.compile(r'<div class="hw1-progress">.*?</div>|<p class="made">.*?</p>', re.DOTALL)


def lasting(report: Path) -> dict[str, str]:
    """The pages, figures, data and runs of a report, without what tells when and how fast they were made."""
    files = {}
    for path in sorted(report.rglob("*.*")):
        if path.name not in ("appendix.html", "runs.csv", "index.html", ".lock") and path.suffix != ".json":
            files[path.name] = VOLATILE.sub("", path.read_bytes().decode("latin-1"))
    with (report / "runs.csv").open(newline="") as file:
        rows = [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]
    files["runs.csv"] = json.dumps(rows)
    return files


def assert_same_results(test: unittest.TestCase, first: Path, second: Path) -> None:
    """Two exports came to the same."""
    files, others = lasting(first), lasting(second)
    test.assertEqual(sorted(files), sorted(others))
    test.assertGreater(len(files), 5)
    for name, content in files.items():
        test.assertTrue(content == others[name], f"{name} of {first} and {second} differ")


class FolderCase(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
