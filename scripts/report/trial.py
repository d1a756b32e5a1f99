"""Tries what the notebooks will do: the kernel runs a cell that trains one step. Says on which backend, or what is wrong."""

import io
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbformat import v4

from execute import ExportError, Runner
from notebooks import Part
from progress import Status

CELL = """import "hw1/pkg/hw1"

%%
// A network of two parameters, for an epoch.
fmt.Println(hw1.Check(hw1.TrainOne(hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 1), Epochs: 1})).Backend)"""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"HW1_RUNS": f"{folder}/runs", "HW1_EXPORT": "1"}
        path = Path(folder) / "0-0-trial.ipynb"
        nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(CELL)]), path)
        try:
            [cell] = Runner(Part(path), Status(io.StringIO()).start("")).run().cells
        except ExportError as error:
            print(error)
            return 1
    print("trained on", *(output.text.strip() for output in cell.outputs if output.get("name") == "stdout"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
