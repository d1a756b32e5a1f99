"""What the terminal shows while notebooks run: one updating line, or now and then a plain one."""

import shutil
import threading
import time
from typing import TextIO

REFRESH_SECONDS = 0.2
PLAIN_SECONDS = 10.0
CLEAR = "\r\x1b[2K"
BETWEEN = " | "


def duration(seconds: float) -> str:
    """42 s, 3 min 05 s, 1 h 02 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class Status:
    """Prints progress of the notebooks that run. On a terminal the current line is rewritten, elsewhere lines are sparse."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.live = stream.isatty()
        self.lost: OSError | None = None  # why nothing can be said any more
        self.when_lost = lambda: None
        self.running: list[Progress] = []
        self.lock = threading.RLock()  # notebooks run in threads of their own

    def start(self, where: str) -> "Progress":
        """A new notebook."""
        self.line(where)
        progress = Progress(self, where)
        with self.lock:
            self.running.append(progress)
        return progress

    def line(self, text: str) -> None:
        """A line that stays."""
        self.write(f"{CLEAR if self.live else ''}{text}\n")

    def rewrite(self) -> None:
        """The current line, where those that run share the width."""
        width = shutil.get_terminal_size().columns - 1
        with self.lock:
            share = max(10, (width + len(BETWEEN)) // max(1, len(self.running)) - len(BETWEEN))
            self.write(CLEAR + BETWEEN.join(progress.text()[:share] for progress in self.running)[:width])

    def write(self, text: str) -> None:
        with self.lock:
            if self.lost:
                return
            try:
                self.stream.write(text)
                self.stream.flush()
            except OSError as error:
                self.lost = error
                self.when_lost()


class Progress:
    """Of one notebook."""

    def __init__(self, status: Status, where: str) -> None:
        self.status = status
        self.where, self.doing = where, ""
        self.started = self.shown_at = time.monotonic()

    def cell(self, doing: str) -> None:
        """A new cell."""
        self.where, self.doing = doing, ""
        self.tick()

    def training(self, text: str) -> None:
        """News from the running cell."""
        self.doing = text
        self.tick()

    def text(self) -> str:
        elapsed = duration(int(time.monotonic() - self.started))
        return " · ".join(filter(None, [self.where, elapsed, self.doing]))

    def tick(self) -> None:
        """Show where we are, unless that was just done."""
        now = time.monotonic()
        if now - self.shown_at < (REFRESH_SECONDS if self.status.live else PLAIN_SECONDS):
            return
        self.shown_at = now
        if self.status.live:
            self.status.rewrite()
        else:
            self.status.line(f"  {self.text()}")

    def end(self, *lines: str) -> None:
        """The notebook is done, and these lines stay."""
        with self.status.lock:
            self.status.running.remove(self)
            for text in lines:
                self.status.line(text)
