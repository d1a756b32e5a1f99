"""Execute the notebooks and write the report.

Every part is written as soon as its notebook is done, and the index grows with it. Finished training runs
are kept, so an export that was stopped goes on where it was.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import notebooks
import playground
import provenance
import runs
from execute import ExportError, Runner
from notebooks import ROOT, Part
from pages import build
from progress import Status, duration
from report_folder import Report, shown, write

INTERRUPTED = 130


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/export.sh",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--quick", action="store_true", help="tiny budgets: a smoke test, not results; every page says so"
    )
    parser.add_argument("--only", metavar="PARTS", help="only these parts, such as 1-1,1-2")
    parser.add_argument(
        "--output", metavar="DIR", type=Path, default=ROOT / "report", help="where to write (default: report/)"
    )
    args = parser.parse_args(argv)
    args.output = args.output.resolve()
    known = notebooks.find()
    if not known:
        parser.error(f"no notebooks in {shown(notebooks.NOTEBOOKS)}")
    try:
        args.parts = notebooks.select(known, args.only)
    except notebooks.UnknownPart as error:
        parser.error(str(error))
    return args


def prepare_environment(quick: bool) -> Path:
    """What the notebooks are told; returns the run store."""
    store = Path(os.environ.get("HW1_RUNS") or ROOT / "runs").resolve()
    # Nobody looks at curves that grow.
    os.environ |= {"HW1_RUNS": str(store), "HW1_EXPORT": "1", "HW1_LIVE": "0"}
    if quick:
        os.environ["HW1_QUICK"] = "1"
    return store


def is_quick() -> bool:
    """Whether the budgets are tiny, as package hw1 understands the variable."""
    return os.environ.get("HW1_QUICK", "") not in ("", "0")


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def export(part: Part, report: Report, store: Path, status: Status) -> str:
    """Execute one notebook and write its page; returns what to tell the user."""
    begin = time.monotonic()
    notebook = Runner(part, status).run()
    page, files, keys = build(part, notebook)
    try:
        page.runs = runs.read(store, keys)
    except (runs.MissingRun, OSError, ValueError) as error:
        raise ExportError(f"{part.path.name}: {error}") from error
    page.playground = playground.place(part.key, store, page.runs)
    page.provenance = provenance.collect(is_quick())
    report.add(page, files)
    count = ", ".join(
        [counted(page.figures, "figure"), counted(page.tables, "table"), counted(len(page.training_runs()), "run")]
    )
    path = shown(report.folder / f"{part.slug}.html")
    return f"  {count} in {duration(time.monotonic() - begin)}, at most {page.memory / 1e6:.0f} MB → {path}"


def export_all(args: argparse.Namespace, report: Report, store: Path, status: Status) -> list[str]:
    """Every chosen part, one after the other; returns what failed."""
    failures = []
    for number, part in enumerate(args.parts, 1):
        status.start(f"[{number}/{len(args.parts)}] {part.key} {report.titles[part.slug]}")
        try:
            status.line(export(part, report, store, status))
        except Exception as error:  # noqa: BLE001 - whatever goes wrong with a part, the others are made
            known = isinstance(error, (ExportError, notebooks.UnreadableNotebook))
            reason = str(error) if known else f"{part.path.name}: {type(error).__name__}: {error}"
            status.line(f"  failed\n\n{reason}")
            failures.append(reason.splitlines()[0])
            report.notes[part.slug] = "failed in the last export"
            report.draw()
    return failures


def build_playground(args: argparse.Namespace, report: Report, status: Status) -> None:
    """Write the playground, where one of its parts was exported; a report without one is whole, too."""
    keys = playground.keys_of(list(report.pages.values()))
    if not keys or not any(part.key in playground.PARTS for part in args.parts):
        return
    begin = time.monotonic()
    status.start("The playground")
    try:
        write(path := report.folder / playground.NAME, playground.build(keys, is_quick()))
    except playground.NoPlayground as error:
        status.line(f"  not built: {error}")
        return
    status.line(f"  in {duration(time.monotonic() - begin)} → {shown(path)}")
    report.draw()


def run(args: argparse.Namespace, status: Status) -> int:
    """The whole export; returns the exit status."""
    begin = time.monotonic()
    store = prepare_environment(args.quick)
    report = Report(args.output, notebooks.find())
    try:
        report.draw()
        failures = export_all(args, report, store, status)
        build_playground(args, report, status)
    except KeyboardInterrupt:
        done = ", ".join(page.key for page in report.pages.values()) or "none yet"
        status.line(f"\nStopped. Pages in {shown(args.output)}: {done}.")
        status.line("Finished training runs are kept; the same command goes on from here.")
        return INTERRUPTED
    if failures:
        status.line("\n".join(["Failed:", *(f"  {failure}" for failure in failures)]))
        return 1
    index = shown(args.output / "index.html")
    status.line(f"Done in {duration(time.monotonic() - begin)}: open {index}")
    return 0


def main(argv: list[str] | None = None) -> int:
    args = arguments(argv)
    status = Status(sys.stdout)
    try:
        return run(args, status)
    except OSError as error:
        status.line(f"The report can't be written: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
