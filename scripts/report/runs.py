"""The run store, as far as the report needs it: what each run was and what came out."""

import csv
import io
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

COLUMNS = ["part", "model", "task", "seed", "parameters", "epochs", "stop", "seconds", "backend"]
COLUMNS += ["train_loss", "test_loss", "train_accuracy", "test_accuracy", "key"]


@dataclass
class Run:
    """One entry of the store: a training run, with a row a seed, or the result of an analysis, without rows."""

    key: str
    rows: list[dict] = field(default_factory=list)
    versions: dict = field(default_factory=dict)
    took: float = 0.0  # seconds
    analysis: str = ""

    def backends(self) -> set[str]:
        return {row["backend"] for row in self.rows if row.get("backend")}


class MissingRun(ValueError):
    """A notebook used a run that the store doesn't have."""


def read(store: Path, keys: list[str]) -> list[Run]:
    """The runs with these keys, or beginnings of keys, in this order."""
    found: dict[str, Run] = {}
    for key in keys:
        folders = [p for p in store.glob(f"{key}*") if (p / "meta.json").is_file()]
        if len(folders) != 1:
            count = "no entry" if not folders else f"{len(folders)} entries"
            raise MissingRun(f"a figure uses run {key}, and {store} has {count} of that name")
        meta = json.loads((folders[0] / "meta.json").read_text(encoding="utf-8"))
        name = folders[0].name
        took = float(meta.get("seconds") or 0)
        found[name] = Run(name, meta.get("rows") or [], meta.get("versions") or {}, took, meta.get("analysis") or "")
    return list(found.values())


# What a run says it was trained with, as the appendix names it.
NAMES = {"go": "Go", "gomlx": "GoMLX", "go-xla": "go-xla", "compute": "compute", "os": "on"}


def versions(runs: list[Run]) -> dict[str, list[str]]:
    """What the runs were trained with: mostly one version of each, more where the store has older runs."""
    found = {name: sorted({short(run.versions[name]) for run in runs if name in run.versions}) for name in NAMES}
    return {NAMES[name]: values for name, values in found.items() if values}


def short(version: str) -> str:
    """go1.26.8 and v0.28.2 without what says that they are versions."""
    return re.sub(r"^(go|v)(?=\d)", "", version)


def table(part: str, runs: list[Run]) -> list[dict]:
    """A row a run for runs.csv; an empty field where a column does not apply."""
    rows = [row | {"part": part, "key": run.key} for run in runs for row in run.rows]
    return [{name: "" if row.get(name) is None else row[name] for name in COLUMNS} for row in rows]


def to_csv(rows: list[dict]) -> str:
    """The text of runs.csv."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
