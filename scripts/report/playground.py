"""The playground: one page that trains networks in the reader's browser, made from the report's runs by a Go program."""

import json
import re
import subprocess
from pathlib import Path
from urllib.parse import urlencode

from notebooks import ROOT
from pages import Page
from runs import Run

NAME = "playground.html"
CHARTS = ROOT / ".venv" / "share" / "uplot"
FUNCTIONS = ("sinc", "signed decay", "square wave")
# The page's names for a run's settings; settings that a run does not have keep the page's defaults.
KNOBS = {"function": "task", "points": "train_size", "hidden": "hidden", "activation": "activation"}
KNOBS |= {"optimizer": "optimizer", "rate": "learning_rate", "decay": "weight_decay", "batch": "batch", "seed": "seed"}
# In a Spec, what a cell declared: a network, an activation, a loss or an optimizer. No page has it.
OWN = re.compile(r'"own[ "]')
# Parts whose loss curves and networks the playground has, and whose pages link to it.
PARTS = ("1-1", "1-2", "2-1", "2-4")


class NoPlayground(RuntimeError):
    """It can't be built; the message says why."""


def keys_of(pages: list[Page]) -> list[str]:
    """The keys of the runs that it is made from."""
    return [run.key for page in pages if page.key in PARTS for run in page.training_runs()]


def build(keys: list[str], quick: bool) -> str:
    """The page."""
    command = ["go", "run", "./scripts/playground", "-charts", str(CHARTS)]
    command += ["-quick"] * quick + keys
    try:
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, encoding="utf-8").stdout
    except FileNotFoundError as error:
        raise NoPlayground("go is not on the PATH") from error
    except subprocess.CalledProcessError as error:
        lines = [line for line in error.stderr.splitlines() if line and not line.startswith("exit status")]
        raise NoPlayground(lines[-1] if lines else f"the program exited with status {error.returncode}") from error


def place(key: str, store: Path, runs: list[Run]) -> str:
    """Where in the playground a part's networks are: those that read digits, or the first that it can repeat."""
    if key not in PARTS:
        return ""
    if key == "1-2":
        return "digits"
    for run in runs:
        text = (store / run.key / "spec.json").read_text(encoding="utf-8") if not run.analysis else "{}"
        spec = json.loads(text)
        if spec.get("task") in FUNCTIONS and not spec["float64"] and not OWN.search(text):
            spec["hidden"] = "-".join(map(str, spec["arch"]["dense"][:-1]))
            return urlencode({knob: spec[name] for knob, name in KNOBS.items() if name in spec})
    return "fit"
