"""What the terminal shows while notebooks run: one updating line, or now and then a plain one."""

import shutil
import time
from typing import TextIO

REFRESH_SECONDS = 0.2
PLAIN_SECONDS = 10.0


def duration(seconds: float) -> str:
    """42 s, 3 min 05 s, 1 h 02 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class Status:
    """Prints progress. On a terminal the current line is rewritten, elsewhere lines are sparse."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.live = stream.isatty()
        self.started = time.monotonic()
        self.where = self.doing = ""
        self.shown_at = 0.0

    def start(self, where: str) -> None:
        """A new notebook."""
        self.started = self.shown_at = time.monotonic()
        self.where, self.doing = where, ""
        self.line(where)

    def cell(self, doing: str) -> None:
        """A new cell."""
        self.where, self.doing = doing, ""
        self.tick()

    def training(self, text: str) -> None:
        """News from the running cell."""
        self.doing = text
        self.tick()

    def tick(self) -> None:
        """Show where we are, unless that was just done."""
        now = time.monotonic()
        if now - self.shown_at < (REFRESH_SECONDS if self.live else PLAIN_SECONDS):
            return
        self.shown_at = now
        elapsed = duration(int(now - self.started))
        text = " · ".join(filter(None, [self.where, elapsed, self.doing]))
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            self.stream.write(f"\r\x1b[2K{text[:width]}")
            self.stream.flush()
        else:
            self.line(f"  {text}")

    def line(self, text: str) -> None:
        """A line that stays."""
        clear = "\r\x1b[2K" if self.live else ""
        self.stream.write(f"{clear}{text}\n")
        self.stream.flush()
