"""Where a page comes from: commit, versions, machine, date."""

import hashlib
import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from notebooks import ROOT

MODULES = {
    "github.com/gomlx/gomlx": "GoMLX",
    "github.com/gomlx/go-xla": "go-xla",
    "github.com/janpfeifer/gonb": "GoNB",
    "gonum.org/v1/gonum": "gonum",
    "gonum.org/v1/plot": "gonum/plot",
}


def output(*command: str) -> str:
    """What a command prints, nothing when it can't run."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def commit() -> str:
    """The commit, and whether files differ from it or are new."""
    if output("git", "rev-parse", "--show-toplevel") != str(ROOT):  # no checkout, or one within another's
        return "unknown"
    name = output("git", "rev-parse", "--short=12", "HEAD")
    changed = output("git", "status", "--porcelain")
    return f"{name} with local changes" if name and changed else name or "unknown"


def versions() -> dict[str, str]:
    """Go and the modules that matter, as go.mod pins them."""
    found = {"Go": output("go", "env", "GOVERSION").removeprefix("go")}
    for module in json.loads(output("go", "mod", "edit", "-json") or "{}").get("Require", []):
        if module["Path"] in MODULES:
            found[MODULES[module["Path"]]] = module["Version"].removeprefix("v")
    return {name: version for name, version in found.items() if version}


def cpu() -> str:
    """The processor and how many cores this process may use."""
    names = []
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else output("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {cores} core{'s' if cores != 1 else ''}"


@cache
def plugins() -> dict[str, str]:
    """The PJRT plugins (XLA) that GoMLX finds, with their SHA-256."""
    folders = [Path(p) for p in os.environ.get("PJRT_PLUGIN_LIBRARY_PATH", "").split(":") if p]
    found = {}
    for file in (file for folder in folders for file in sorted(folder.glob("*pjrt*.so"))):
        with file.open("rb") as content:
            found.setdefault(file.name, hashlib.file_digest(content, "sha256").hexdigest())
    return found


def collect(quick: bool) -> dict:
    return {
        "commit": commit(),
        "versions": versions(),
        "plugins": plugins(),
        "cpu": cpu(),
        "system": f"{platform.system()} {platform.machine()}",
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "quick": quick,
    }
