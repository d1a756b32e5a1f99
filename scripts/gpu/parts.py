"""The trainings of parts of a report, for BenchmarkPart: `parts.py REPORT STORE PART…` prints, as JSON, the Spec of each
and the scores that it has in the run store. Those on Fashion-MNIST are left out: a GPU pack has MNIST alone."""

import csv
import json
import sys
from pathlib import Path


def trainings(report: Path, store: Path, part: str) -> list[dict]:
    with (report / "runs.csv").open(newline="") as table:
        keys = dict.fromkeys(row["key"] for row in csv.DictReader(table) if row["part"] == part)
    found = []
    for key in keys:
        spec, meta = (json.loads((store / key / name).read_text()) for name in ("spec.json", "meta.json"))
        if spec["task"] == "MNIST":
            found.append({"spec": spec, "rows": meta["rows"]})
    if not found:
        sys.exit(f"{report} has no trainings of part {part}: run scripts/export.sh --only {part}")
    return found


if __name__ == "__main__":
    report, store, *parts = sys.argv[1:]
    try:
        print(json.dumps({part: trainings(Path(report), Path(store), part) for part in parts}))
    except OSError as error:
        sys.exit(f"{error.filename} cannot be read: run scripts/export.sh --only {','.join(parts)}")
