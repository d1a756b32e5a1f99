"""What the tests share: notebooks as the kernel leaves them, and a folder to work in."""

import base64
import json
import signal
import struct
import tempfile
import unittest
import zlib
from pathlib import Path

from nbformat import v4

AXES = (
    '{"x":{"label":"epoch","ends":[0,200],"at":[30,270],"log":false},'
    '"y":{"label":"loss","ends":[0.01,100],"at":[20,140],"log":true}}'
)
LINE = '<path d="{}" style="fill:none;stroke:{}"/>'
# Two curves against a logarithmic axis, with their legend, as package figure draws them.
SVG = (
    '<?xml version="1.0"?><!DOCTYPE svg><svg width="300pt" height="150pt" viewBox="0 0 300 150"'
    ' xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    '<defs><path id="a" d="M0 0L9 9"/><clipPath id="c"><rect width="9" height="9"/></clipPath></defs>'
    '<g clip-path="url(#c)" style="fill:url(#c)"><use xlink:href="#a"/><text>loss &lt; 1</text></g>'
    f"""<g transform="scale(1, -1) translate(0, -150)"><g data-axes='{AXES}'>"""
    f"{LINE.format('M30,140L150,110L270,80', '#0072B2')}{LINE.format('M30,80L150,50L270,20', '#D55E00')}</g>"
    f'{LINE.format("M200,135L224,135", "#0072B2")}<text x="228" y="-132" transform="scale(1, -1)">deep</text>'
    f'{LINE.format("M200,121L224,121", "#D55E00")}<text x="228" y="-118" transform="scale(1, -1)">shallow</text>'
    "</g></svg>"
)
VERDICT = {"claim": "The deep net is best", "answer": "true", "evidence": "1e-5 against 2e-5"}
VERDICT |= {"source": "", "denies": False, "seeds": 0, "here": "", "own": False}
FINDING = VERDICT | {"source": "Deep nets are better", "seeds": 5, "here": "1e-5 against 2e-5 on <sinc>"}
BAR = VERDICT | {"claim": "The loss is below 1e-5", "own": True}


def heed_signals() -> None:
    """To be called in a child: signals end it, also where the tests run in the background or under nohup, which ignore some."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


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


PROVENANCE = {"commit": "abc", "versions": {"Go": "1.26"}, "cpu": "A", "plugins": {"p.so": "f00d"}, "system": "B"}
PROVENANCE |= {"date": "2026-01-01", "quick": False}
ROW = {"model": "deep", "task": "sinc", "seed": 1, "seconds": 2.5, "backend": "xla:cpu", "train_loss": 1e-5}


class FolderCase(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
