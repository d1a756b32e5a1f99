"""Executes a notebook headless, one cell after the other, and reports its progress."""

import asyncio
import contextlib
import html
import itertools
import re
import tempfile
import textwrap
import time
from collections import Counter

import nbformat
import psutil
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert.filters import strip_ansi
from pygments.lexers import GoLexer
from pygments.token import Comment, String

from notebooks import Part
from progress import Progress

GRACE_SECONDS = 5
# A line of GoNB's display of what the compiler says, without the code around it.
DIAGNOSTIC = re.compile(r'<div style="white-space: pre-wrap;">(.*?)</?div', re.DOTALL)
KINDS = {"Table": "table", "Reading": "reading"}


class Stopped(RuntimeError):
    """The user wants to stop."""


class ExportError(Exception):
    """A notebook can't become a page; the message says why."""


def plain(markup: str) -> str:
    """The text of a little HTML, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def comment_title(source: str) -> str:
    """The first sentence of a code cell's first comment, as its title."""
    comment = re.search(r"^//.*(\n//.*)*", source, re.MULTILINE)
    text = " ".join(line.lstrip("/ ").rstrip() for line in comment[0].splitlines()) if comment else ""
    sentence = re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]
    return textwrap.shorten(sentence.rstrip("."), 100, placeholder="…")


def expected(source: str) -> dict[str, int]:
    """How many figures, tables and readings a cell's own `hw1.Show…` calls promise."""
    start = re.search(r"^(%%.*|func main\(\).*)$", source, re.MULTILINE)
    if not start:
        return {}  # declarations only: nothing runs
    tokens = GoLexer().get_tokens(source[start.end() :])
    code = "".join(text for kind, text in tokens if kind not in Comment and kind not in String)
    return Counter(KINDS.get(name, "figure") for name in re.findall(r"\bhw1\.Show(\w*)\(", code))


def missing(cell: nbformat.NotebookNode) -> list[str]:
    """What a cell promised to show and didn't."""
    shown = [output.get("metadata", {}).get("hw1.kind") for output in cell.outputs]
    return [
        f"{shown.count(kind)} of {count} {kind}{'s' if count > 1 else ''}"
        for kind, count in expected(cell.source).items()
        if shown.count(kind) < count
    ]


def error_text(cell: nbformat.NotebookNode, lines: int = 40) -> str:
    """What a failed cell said: the end of its stderr, the compiler's messages as GoNB displays them, then the error."""
    streams = [o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stderr"]
    displays = [o.data.get("text/html", "") for o in cell.outputs if o.output_type == "display_data"]
    streams += [f"\n{plain(line)}" for line in DIAGNOSTIC.findall("".join(displays)) if plain(line)]
    errors = ["\n".join(o.traceback) or o.evalue for o in cell.outputs if o.output_type == "error"]
    text = strip_ansi("".join(streams).rstrip() + "\n" + "\n".join(errors))
    if re.search(r"</\w+>", text):
        text = html.unescape(re.sub(r"<[^>]*>", "", text))
    shown = [line for line, _ in itertools.groupby(text.strip().splitlines())]  # GoNB says some things twice
    return "\n".join(shown[-lines:])


def excerpt(source: str, lines: int = 12) -> str:
    """The first lines of a cell, indented."""
    shown = source.strip().splitlines()
    more = [f"… {len(shown) - lines} more lines"] if len(shown) > lines else []
    return "\n".join(f"    {line}" for line in shown[:lines] + more)


def resident_bytes(pid: int) -> int:
    """The resident memory of a process and its descendants; what they share counts for each."""
    total = 0
    with contextlib.suppress(psutil.Error):
        top = psutil.Process(pid)
        for process in [top, *top.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):  # it has just ended
                total += process.memory_info().rss
    return total


class Runner(NotebookClient):
    """A notebook client that reports progress, times cells and ends cleanly when it is stopped, from any thread."""

    def __init__(self, part: Part, progress: Progress) -> None:
        resources = {"metadata": {"path": str(part.path.parent)}}
        super().__init__(part.read(), timeout=None, kernel_name="gonb", resources=resources)
        self.part, self.progress = part, progress
        self.heading = ""
        self.stopping = False
        self.memory = 0  # bytes, the most that the kernel and the processes under it held at once
        self.loop: asyncio.AbstractEventLoop | None = None  # while it runs
        self.tasks: list[asyncio.Task] = []
        self.kernel_log = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115 - lives as long as the kernel

    def run(self) -> nbformat.NotebookNode:
        """Executes all cells and returns the notebook with its outputs."""
        try:
            notebook = self.execute()
            notebook.metadata["hw1.memory"] = self.memory
            return notebook
        except CellExecutionError as error:
            self.raise_if_stopped()
            raise ExportError(self.describe("failed", error_text(self.current))) from error
        except (DeadKernelError, Stopped, asyncio.CancelledError) as error:
            self.raise_if_stopped()
            raise ExportError(self.describe("ended the kernel", self.log_tail())) from error
        except NoSuchKernel as error:
            raise ExportError("the gonb kernel isn't installed: run scripts/setup.sh") from error
        except (RuntimeError, OSError) as error:  # of a kernel that doesn't start or answer
            self.raise_if_stopped()
            raise ExportError(f"{self.part.path.name}: the kernel: {error}\n{self.log_tail()}") from error
        finally:
            self.kernel_log.close()

    async def async_start_new_kernel(self, **options) -> None:
        self.loop, self.main = asyncio.get_running_loop(), asyncio.current_task()
        self.tasks.append(self.loop.create_task(self.keep_ticking()))
        await super().async_start_new_kernel(stdout=self.kernel_log, stderr=self.kernel_log, **options)

    async def async_execute_cell(self, cell, cell_index, **options):
        self.raise_if_stopped()
        self.current, self.index = cell, cell_index
        if cell.cell_type == "markdown":
            headings = re.findall(r"^#+\s+(.+)$", cell.source, re.MULTILINE)
            self.heading = headings[-1] if headings else self.heading
        self.announce()
        begin = time.monotonic()
        cell = await super().async_execute_cell(cell, cell_index, **options)
        if cell.cell_type == "code":
            cell.metadata["hw1.seconds"] = round(time.monotonic() - begin, 3)
            cell.metadata["hw1.title"] = self.cell_title()
            if lost := missing(cell):
                raise ExportError(self.describe("lost output", f"shown: {', '.join(lost)}"))
        return cell

    def process_message(self, msg, cell, cell_index):
        if msg["msg_type"] in ("display_data", "update_display_data"):
            content = msg["content"]
            if content["metadata"].get("hw1.kind") == "progress":
                self.progress.training(plain(content["data"].get("text/html", "")))
        return super().process_message(msg, cell, cell_index)

    def announce(self) -> None:
        if self.current.cell_type == "code":
            position = f"cell {self.index + 1}/{len(self.nb.cells)}"
            self.progress.cell(" · ".join(filter(None, [self.part.key, position, self.cell_title()])))

    def cell_title(self) -> str:
        return comment_title(self.current.source) or self.heading

    def describe(self, what: str, detail: str) -> str:
        detail = "\n".join(f"    {line}" for line in detail.splitlines())
        source = excerpt(self.current.source)
        return f"{self.part.path.name}: cell {self.index + 1} {what}\n\n{source}\n\n{detail}\n"

    def log_tail(self) -> str:
        self.kernel_log.seek(0)
        return strip_ansi("".join(self.kernel_log.readlines()[-20:]))

    async def keep_ticking(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            self.progress.tick()
            if self.km is not None and self.km.has_kernel:
                self.memory = max(self.memory, resident_bytes(self.km.provisioner.pid))

    def stop(self) -> None:
        """The first time: ask the cell to stop, so that it can save. A second time, or a deaf cell: end it."""
        again, self.stopping = self.stopping, True
        if self.loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has just been closed
                self.loop.call_soon_threadsafe(self.main.cancel if again else self.interrupt_soon)

    def interrupt_soon(self) -> None:
        self.tasks.append(self.loop.create_task(self.interrupt()))

    async def interrupt(self) -> None:
        if self.km is not None and self.km.has_kernel:
            await self.km.interrupt_kernel()
            await asyncio.sleep(GRACE_SECONDS)
        self.main.cancel()

    def raise_if_stopped(self) -> None:
        if self.stopping:
            raise Stopped

    async def _async_cleanup_kernel(self) -> None:
        for task in self.tasks:
            task.cancel()
        await super()._async_cleanup_kernel()
