"""A real browser for the tests, driven by Playwright: Chromium or Chrome as the machine has it, never one downloaded.

    python browser.py

prints which browser the tests would take, or how to install one, with exit status 1.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
HINT = (
    "No browser: on Debian, apt-get install chromium; elsewhere any Chromium or Chrome, which HW1_BROWSER=PATH names "
    "where it is not on the PATH."
)
# What keeps a browser from talking to its maker, and makes it run as root and without a graphics card.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
ARGUMENTS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
LOCAL_SCHEMES = {"file", "data", "blob", "about", "chrome-error"}
LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
TIMEOUT = 30_000  # ms


class NoBrowser(RuntimeError):
    """There is no browser here; the message says how to get one."""


def find() -> str:
    """The path of the browser; HW1_BROWSER goes first."""
    for name in filter(None, [os.environ.get("HW1_BROWSER"), *NAMES, MAC]):
        if path := shutil.which(name):
            return path
    raise NoBrowser(HINT)


def leaves(url: str) -> bool:
    """Whether a request for it would leave this machine."""
    parts = urlsplit(url)
    return parts.scheme not in LOCAL_SCHEMES and parts.hostname not in LOCAL_HOSTS


@dataclass
class Tab:
    """An open page, and all that went wrong in it."""

    page: object  # playwright.sync_api.Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(TIMEOUT)
        self.page.on("console", self.on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", self.on_request)
        self.page.on("requestfailed", lambda request: self.complaints.append(f"not loaded: {request.url[:100]}"))

    def on_console(self, message) -> None:
        if message.type == "error":
            self.complaints.append(f"console: {message.text}")

    def on_request(self, request) -> None:
        if leaves(request.url):
            self.complaints.append(f"request to {request.url[:100]}")


class Browser:
    """The browser while the tests of a module run."""

    def __init__(self) -> None:
        from playwright.sync_api import sync_playwright  # not needed to say that there is no browser

        executable = find()
        self.playwright = sync_playwright().start()
        self.browser = self.playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)

    @contextmanager
    def tab(self, width: int = 1280, height: int = 900, **options) -> Iterator[Tab]:
        """A tab without cookies or memory; `options` are Playwright's, such as color_scheme="dark"."""
        context = self.browser.new_context(viewport={"width": width, "height": height}, **options)
        try:
            yield Tab(context.new_page())
        finally:
            context.close()

    def close(self) -> None:
        self.browser.close()
        self.playwright.stop()


if __name__ == "__main__":
    try:
        print(find())
    except NoBrowser as error:
        sys.exit(str(error))
