"""Executes the notebooks and writes the report, as the head of export.sh says."""

import signal

# Until main() handles it, Ctrl-C during one of these imports would show a Python traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import contextlib
import itertools
import os
import sys
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import notebooks
import playground
import provenance
import runs
import unchanged
from execute import ExportError, Runner, Stopped
from notebooks import ROOT, Part
from pages import Page, build
from progress import Progress, Status, duration
from report_folder import Report, shown, write

INTERRUPTED, UNREAD = 128 + signal.SIGINT, 128 + signal.SIGPIPE


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """The options, which the head of export.sh explains."""
    parser = argparse.ArgumentParser(prog="scripts/export.sh", add_help=False, allow_abbrev=False)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--anew", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--output", type=Path, default=ROOT / "report")
    args = parser.parse_args(argv)
    args.output = args.output.expanduser().resolve()  # the shell leaves the ~ in --output=~/report
    known = notebooks.find()
    if not known:
        parser.error(f"no notebooks in {shown(notebooks.NOTEBOOKS)}")
    try:
        args.parts = notebooks.select(known, args.only)
    except notebooks.UnknownPart as error:
        parser.error(str(error))
    return args


def prepare_environment(quick: bool) -> Path:
    """Sets the environment of the notebooks; returns the run store."""
    store = Path(os.environ.get("HW1_RUNS") or ROOT / "runs").resolve()
    # Nobody watches growing curves.
    os.environ |= {"HW1_RUNS": str(store), "HW1_EXPORT": "1", "HW1_LIVE": "0"}
    if quick:
        os.environ["HW1_QUICK"] = "1"
    return store


def is_quick() -> bool:
    """Whether the budgets are tiny, as package hw1 understands the variable."""
    return os.environ.get("HW1_QUICK", "") not in ("", "0")


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


class Exporter:
    """Makes the pages of parts, each in its own thread, some side by side: compiling and linking a cell of one leaves room for another."""

    def __init__(self, report: Report, store: Path, status: Status) -> None:
        self.report, self.store, self.status = report, store, status
        self.failures: list[str] = []
        self.runners: set[Runner] = set()
        self.stopped = False
        self.numbers = itertools.count(1)
        status.when_lost = self.stop

    def changed(self, parts: list[Part]) -> list[Part]:
        """The parts whose pages are missing or no longer what their notebooks would give; says which others are left."""
        kept = [part for part in parts if self.unchanged(part)]
        if kept:
            names = ", ".join(part.key for part in kept)
            self.status.line(f"Unchanged, so left as they are (--anew executes them all the same): {names}")
        return [part for part in parts if part not in kept]

    def unchanged(self, part: Part) -> bool:
        """Whether a part's page is made from what there is now, and its runs are in the store."""
        page = self.report.pages.get(part.slug)
        if page is None or not page.fingerprint or page.fingerprint != unchanged.fingerprint(part):
            return False
        with contextlib.suppress(runs.MissingRun, OSError, ValueError):
            runs.read(self.store, [run.key for run in page.runs])
            return True
        return False

    def run(self, parts: list[Part]) -> None:
        """All parts. A KeyboardInterrupt stops those that run, and is raised again when they have ended."""
        alone = [part for part in parts if part.alone()]
        waiting = deque(sorted((part for part in parts if part not in alone), key=Part.minutes))
        # The shortest first, so that there is soon a page to read; beside it, the longest.
        self.side_by_side(len(parts), waiting, waiting.popleft, waiting.pop)
        waiting = deque(alone)
        self.side_by_side(len(parts), waiting, waiting.popleft)

    def side_by_side(self, number: int, waiting: deque[Part], *takes: Callable[[], Part]) -> None:
        """Makes the waiting parts, as many at a time as there are functions that take one."""
        with ThreadPoolExecutor(len(takes)) as pool:
            workers = [pool.submit(self.work, take, waiting, number) for take in takes]
            while not all(worker.done() for worker in workers):
                try:
                    wait(workers)
                except KeyboardInterrupt:
                    self.stop()
        for worker in workers:
            worker.result()
        if self.stopped:
            raise KeyboardInterrupt

    def stop(self) -> None:
        self.stopped = True
        for runner in list(self.runners):
            runner.stop()

    def work(self, take: Callable[[], Part], waiting: deque[Part], number: int) -> None:
        while waiting and not self.stopped:
            try:
                part = take()
                self.export(part, f"[{next(self.numbers)}/{number}] {part.key} {self.report.titles[part.slug]}")
            except (IndexError, Stopped):  # the other took the last, or this one was stopped
                return
            except OSError:  # the report can't be written
                self.stop()
                raise

    def export(self, part: Part, where: str) -> None:
        """One part; whatever goes wrong with it, the others are made."""
        progress = self.status.start(where)
        begin = time.monotonic()
        try:
            page = self.page(part, progress)
        except Stopped:
            progress.end()
            raise
        except Exception as error:  # noqa: BLE001
            known = isinstance(error, (ExportError, notebooks.UnreadableNotebook))
            reason = str(error) if known else f"{part.path.name}: {type(error).__name__}: {error}"
            progress.end(f"  {part.key} failed\n\n{reason}")
            self.failures.append(reason.splitlines()[0])
            self.report.notes[part.slug] = "failed in the last export"
            self.report.draw()
            return
        numbers = {"figure": page.figures, "table": page.tables, "run": len(page.training_runs())}
        counts = [counted(number, noun) for noun, number in numbers.items()]
        took, memory = duration(time.monotonic() - begin), f"at most {page.memory / 1e6:.0f} MB"
        path = shown(self.report.folder / f"{part.slug}.html")
        progress.end(f"  {part.key}: {', '.join(counts)} in {took}, {memory} → {path}")

    def page(self, part: Part, progress: Progress) -> Page:
        """Executes a notebook and writes its page."""
        fingerprint = unchanged.fingerprint(part)
        runner = Runner(part, progress)
        self.runners.add(runner)
        try:
            if self.stopped:
                raise Stopped
            page, files, keys = build(part, runner.run())
        finally:
            self.runners.discard(runner)
        try:
            page.runs = runs.read(self.store, keys)
        except (runs.MissingRun, OSError, ValueError) as error:
            raise ExportError(f"{part.path.name}: {error}") from error
        page.playground = playground.place(part.key, self.store, page.runs)
        page.provenance, page.fingerprint = provenance.collect(is_quick()), fingerprint
        self.report.add(page, files)
        return page


def build_playground(args: argparse.Namespace, report: Report, status: Status) -> None:
    """Writes the playground if one of its parts is exported and it has changed; a report without one is complete, too."""
    keys = playground.keys_of(list(report.pages.values()))
    if not keys or not any(part.key in playground.PARTS for part in args.parts):
        return
    path, note = report.folder / playground.NAME, report.data / "playground.sha256"
    fingerprint = unchanged.of_playground(keys)
    if not args.anew and path.exists() and note.exists() and note.read_text() == fingerprint:
        return
    begin = time.monotonic()
    progress = status.start("The playground")
    try:
        write(path, playground.build(keys, is_quick()))
        write(note, fingerprint)
    except playground.NoPlayground as error:
        progress.end(f"  not built: {error}")
        return
    progress.end(f"  in {duration(time.monotonic() - begin)} → {shown(path)}")
    report.draw()


def run(args: argparse.Namespace, status: Status) -> int:
    """The whole export; returns the exit status."""
    begin = time.monotonic()
    store = prepare_environment(args.quick)
    report = Report(args.output, notebooks.find())
    try:
        report.draw()
        exporter = Exporter(report, store, status)
        exporter.run(args.parts if args.anew else exporter.changed(args.parts))
        build_playground(args, report, status)
    except KeyboardInterrupt:
        done = ", ".join(page.key for page in report.pages.values()) or "none yet"
        status.line(f"\nStopped. Pages in {shown(args.output)}: {done}.")
        status.line("Finished training runs are kept; the same command goes on from here.")
        return INTERRUPTED
    if exporter.failures:
        status.line("\n".join(["Failed:", *(f"  {failure}" for failure in exporter.failures)]))
        return 1
    index = shown(args.output / "index.html")
    status.line(f"Done in {duration(time.monotonic() - begin)}: open {index}")
    return 0


def main(argv: list[str] | None = None) -> int:
    args = arguments(argv)
    status = Status(sys.stdout)
    for number in (signal.SIGINT, signal.SIGTERM):  # also where Ctrl-C is ignored, as in the background of a script
        signal.signal(number, signal.default_int_handler)
    try:
        ended = run(args, status)
    except OSError as error:
        status.line(f"The report can't be written: {error}")
        ended = 1
    return unsaid(status.lost) if status.lost else ended


def unsaid(error: OSError) -> int:
    """The exit status if the output is lost: on a full disk, or because a program such as head reads no further."""
    # Python would try again to write what it still holds.
    with contextlib.suppress(OSError), open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return UNREAD
    print(f"The export's output can't be written: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
