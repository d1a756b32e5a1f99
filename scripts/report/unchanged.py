"""Whether a page is still what its notebook would give: a fingerprint of all that it is made from."""

import functools
import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import provenance
from notebooks import ROOT, Part

# Variables that say where things are, or how a training goes on, and not what comes out of it.
PLACES = {"HW1_RUNS", "HW1_ROOT", "HW1_EXPORT", "HW1_LIVE", "HW1_CHECKPOINT_SECONDS"}
SETTINGS = {"XLA_FLAGS", "GOMLX_BACKEND", "NVIDIA_TF32_OVERRIDE", "CUDA_VISIBLE_DEVICES"}
# Code that can read what the fingerprint does not know: files, the network, other programs, packages from elsewhere. Each
# notebook's first line, by which its imports are found, is none of these.
READS = re.compile(
    r"\b(os|exec|fs|ioutil|http|net|syscall|dataset)\.\w"
    r"|^\s*!(?!\*grep -q hw1 go\.mod)"
    r'|"(?!github\.com/gomlx/|gonum\.org/)\w[\w-]*(\.[\w-]+)+/[^"\n]*"',
    re.MULTILINE,
)


def fingerprint(part: Part) -> str:
    """What a part's page is made from: its notebook, this project's code, the settings and the machine.

    Empty if the notebook reads something else that can change, or is not a notebook.
    """
    try:
        content = part.path.read_bytes()
        cells = json.loads(content)["cells"]
        code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return "" if READS.search(code) else digest(content, *around())


def of_playground(keys: list[str]) -> str:
    """What the playground is made from."""
    return digest(json.dumps(keys).encode(), *around(), *contents(ROOT / "scripts" / "playground"))


def around() -> Iterator[bytes]:
    """All but the notebook."""
    yield json.dumps([settings(), machine()], sort_keys=True).encode()
    for folder in (ROOT / "pkg", ROOT / "scripts" / "report", ROOT / "scripts" / "kernel"):
        yield from contents(folder)
    for name in ("go.mod", "go.sum", "scripts/requirements.txt"):
        yield (ROOT / name).read_bytes()


def settings() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if (name.startswith("HW1_") and name not in PLACES) or name in SETTINGS
    }


@functools.cache
def machine() -> list:
    return [provenance.cpu(), provenance.versions(), provenance.plugins()]


def contents(folder: Path) -> Iterator[bytes]:
    """The names and contents of all files except tests, and except the report's templates, which every export fills in."""
    for path in sorted(folder.rglob("*")):
        test = path.name.startswith("test_") or path.name.endswith("_test.go")
        if path.is_file() and not test and not {"testdata", "templates", "__pycache__"} & {*path.parts}:
            yield str(path.relative_to(ROOT)).encode()
            yield path.read_bytes()


def digest(*pieces: bytes) -> str:
    total = hashlib.sha256()
    for piece in pieces:
        total.update(len(piece).to_bytes(8, "big") + piece)
    return total.hexdigest()
