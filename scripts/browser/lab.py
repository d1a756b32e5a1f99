"""JupyterLab for the tests: started by scripts/lab.sh with a home, notebooks and a run store of its own."""

import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from urllib.request import Request, urlopen

import nbformat
import psutil
from nbformat import v4

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
STABLE_SECONDS = 1
# All cells stay in the page, and nobody is asked about news.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


def environment(home: Path) -> dict[str, str]:
    """An environment in which nothing of the user's is met but Go's caches."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("JUPYTER", "HW1_", "XDG_"))}
    go = json.loads(subprocess.check_output(["go", "env", "-json", "GOCACHE", "GOMODCACHE", "GOPATH"], text=True))
    return {**kept, **go, "HOME": str(home), "HW1_RUNS": str(home / "runs")}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listeners(port: int) -> set[str]:
    """The addresses that something listens on at a port."""
    sockets = psutil.net_connections("tcp")
    return {socket.laddr.ip for socket in sockets if socket.status == psutil.CONN_LISTEN and socket.laddr.port == port}


class Lab:
    """JupyterLab on copies of the notebooks, at quick budgets."""

    def __init__(self, folder: Path) -> None:
        self.home, self.notebooks, self.port = folder / "home", folder / "notebooks", free_port()
        shutil.copytree(ROOT / "notebooks", self.notebooks, ignore=shutil.ignore_patterns(".*"))
        for name, settings in SETTINGS.items():
            path = self.home / f".jupyter/lab/user-settings/@jupyterlab/{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(settings))
        self.log = (folder / "lab.log").open("w+")
        options = ["--no-browser", "--allow-root", f"--port={self.port}", "--ServerApp.port_retries=0"]
        self.process = subprocess.Popen(
            [ROOT / "scripts/lab.sh", *options, f"--ServerApp.root_dir={self.notebooks}"],
            env={**environment(self.home), "HW1_QUICK": "1"},
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self.token = self.wait_for_token()
        self.wait_for_answer()

    def wait_for_token(self) -> str:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            for path in self.home.glob(".local/share/jupyter/runtime/jpserver-*.json"):
                try:
                    return json.loads(path.read_text())["token"]
                except ValueError:  # half written
                    break
            time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"JupyterLab did not start:\n{self.said()}")

    def wait_for_answer(self) -> None:
        for _ in range(100):
            try:
                self.get("api/status")
                return
            except OSError:
                time.sleep(0.1)

    def said(self) -> str:
        self.log.seek(0)
        return self.log.read()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    def get(self, path: str) -> bytes:
        """What the server answers to somebody with its token."""
        request = Request(self.url(path), headers={"Authorization": f"token {self.token}"})
        with urlopen(request, timeout=10) as answer:
            return answer.read()

    def write(self, name: str, *cells: str) -> str:
        """Writes a notebook of code cells for the Go kernel."""
        kernel = {"kernelspec": {"name": "gonb", "display_name": "Go (gonb)", "language": "go"}}
        notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells], metadata=kernel)
        nbformat.write(notebook, self.notebooks / name)
        return name

    def stop(self) -> None:
        """Ends the server, which ends its kernels."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def ended(cell: dict) -> bool:
    """Whether a cell has run: it has a number."""
    return any(letter.isdigit() for letter in cell["prompt"])


class Notebook:
    """A notebook that is open in JupyterLab."""

    CELLS = """() => [...document.querySelectorAll('.jp-NotebookPanel .jp-CodeCell')].map((cell) => ({
        prompt: cell.querySelector('.jp-InputPrompt').textContent,
        text: cell.querySelector('.jp-OutputArea').innerText,
        failed: cell.querySelector('[data-mime-type="application/vnd.jupyter.stderr"]') !== null,
        curves: cell.querySelectorAll('.hw1-progress polyline').length,
        figures: [...cell.querySelectorAll('.jp-RenderedSVG *, .jp-RenderedImage img')]
            .map((figure) => figure.getBoundingClientRect())
            .filter((box) => box.width > 100 && box.height > 100).length,
    }))"""

    def __init__(self, page, lab: Lab, name: str) -> None:
        self.page, self.file = page, lab.notebooks / name
        page.goto(lab.url(f"lab/workspaces/{Path(name).stem}/tree/{name}?token={lab.token}"))
        page.locator(".jp-NotebookPanel .jp-CodeCell").first.wait_for()
        self.wait_for_kernel(lab, name)

    def wait_for_kernel(self, lab: Lab, name: str) -> None:
        """JupyterLab may start a kernel and replace it at once: waits for one that stays."""
        before, since = None, time.monotonic()
        while before is None or time.monotonic() - since < STABLE_SECONDS:
            self.page.wait_for_timeout(100)
            found = [s["kernel"] for s in json.loads(lab.get("api/sessions")) if s["path"] == name]
            ids = [k["id"] for k in found if k["execution_state"] == "idle" and k["connections"]] or None
            if ids != before:
                before, since = ids, time.monotonic()
            if time.monotonic() - since > START_SECONDS:
                raise AssertionError(f"no kernel for {name}: {found}")

    def cells(self) -> list[dict]:
        return self.page.evaluate(self.CELLS)

    def menu(self, menu: str, item: str) -> None:
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        self.page.get_by_role("menuitem", name=item, exact=True).click()

    def select(self, index: int):
        cell = self.page.locator(".jp-NotebookPanel .jp-CodeCell").nth(index)
        cell.locator(".jp-InputPrompt").click()
        return cell

    def start(self, index: int) -> None:
        """Runs a cell as Ctrl-Enter does, and returns when it has begun."""
        before = self.cells()[index]["prompt"]
        self.select(index)
        self.page.keyboard.press("Control+Enter")
        self.wait(index, lambda cell: cell["prompt"] != before)

    def run(self, index: int, seconds: float = 60) -> tuple[dict, float]:
        """Runs a cell to its end; returns it and the seconds that it took."""
        begin = time.monotonic()
        self.start(index)
        return self.wait(index, ended, seconds), time.monotonic() - begin

    def interrupt(self) -> None:
        self.page.locator("[data-command='notebook:interrupt-kernel']").first.click()

    def write(self, index: int, source: str) -> None:
        """Replaces the source of a cell."""
        self.select(index).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Escape")

    def wait_for_file(self, done, seconds: float = 60) -> None:
        """Waits until the saved notebook is as it should be."""
        end = time.monotonic() + seconds
        while not done(self.file.read_text(encoding="utf-8")):
            if time.monotonic() > end:
                raise AssertionError(f"after {seconds} s {self.file} is not so")
            time.sleep(0.1)

    def wait(self, index: int, done, seconds: float = 60) -> dict:
        """The cell once it is as it should be."""
        end = time.monotonic() + seconds
        while True:
            cell = self.cells()[index]
            if done(cell):
                return cell
            if time.monotonic() > end:
                raise AssertionError(f"after {seconds} s the cell is {cell}")
            time.sleep(0.05)
