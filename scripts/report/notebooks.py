"""The parts of the report: one notebook each, in the order of their names."""

import contextlib
import functools
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
TITLE = "How deep networks fit, train and generalize"
CHAPTERS = {"1": "Deep against shallow", "2": "Optimization", "3": "Generalization", "4": "Cost", "5": "Your own"}


class UnknownPart(ValueError):
    """A part was asked for that no notebook has."""


class UnreadableNotebook(ValueError):
    """A notebook's file is damaged, or something else."""


@dataclass(frozen=True)
class Part:
    """One notebook: `1-1-simulate-a-function.ipynb` is part 1-1."""

    path: Path
    twin: bool = False  # an earlier notebook has the same number, as one that was duplicated

    @property
    def slug(self) -> str:
        """The name of its page, which links and ids can contain as it is."""
        return re.sub(r"[^\w.-]+", "-", self.path.stem)

    @property
    def key(self) -> str:
        """Its number, or its name where that is another part's number."""
        return self.slug if self.twin else "-".join(self.slug.split("-")[:2])

    @property
    def chapter(self) -> str:
        return self.slug.split("-")[0]

    def read(self) -> nbformat.NotebookNode:
        """The notebook; an UnreadableNotebook says why it can't be read."""
        try:
            notebook = nbformat.read(self.path, as_version=4)
            nbformat.validate(notebook)
            return notebook
        except (OSError, ValueError, AttributeError, nbformat.ValidationError) as error:
            reason = str(error).splitlines()[0][:200]
            raise UnreadableNotebook(f"{self.path.name} can't be read as a notebook: {reason}") from error

    @functools.cached_property
    def metadata(self) -> dict:
        """The notebook's, empty where it can't be read."""
        with contextlib.suppress(UnreadableNotebook):
            return self.read().metadata
        return {}

    def minutes(self) -> float:
        """About how long it takes on two cores, if its metadata say so."""
        minutes = self.metadata.get("hw1.minutes", 0)
        return minutes if isinstance(minutes, (int, float)) else 0

    def alone(self) -> bool:
        """Whether nothing else may run beside it, because it measures times."""
        return bool(self.metadata.get("hw1.alone"))

    def title(self) -> str:
        """The notebook's first heading without its number; its name where it can't be read."""
        cells = []
        with contextlib.suppress(UnreadableNotebook):
            cells = self.read().cells
        for cell in cells:
            heading = re.search(r"^#\s+(.+)$", cell.source, re.MULTILINE)
            if cell.cell_type == "markdown" and heading:
                return strip_number(heading[1])
        return strip_number(self.slug.replace("-", " "))


def strip_number(title: str) -> str:
    """`Part 1-1: Simulate a function` becomes `Simulate a function`."""
    title = re.sub(r"^(part\s*)?\d+[-\s.]\d+[\s:.·–—-]*", "", title.strip(), flags=re.IGNORECASE)
    return title[:1].upper() + title[1:]


def find(folder: Path = NOTEBOOKS) -> list[Part]:
    """All parts in reading order."""
    paths = [p for p in folder.glob("*.ipynb") if re.match(r"\d+-\d+-", p.name)]
    numbers = {p: [int(n) for n in p.name.split("-")[:2]] for p in paths}
    paths.sort(key=lambda p: (numbers[p], p.stem))
    return [Part(p, i > 0 and numbers[p] == numbers[paths[i - 1]]) for i, p in enumerate(paths)]


def select(parts: list[Part], only: str | None) -> list[Part]:
    """The parts named in a comma-separated list, all of them without one."""
    if only is None:
        return parts
    wanted = {key.strip() for key in only.split(",") if key.strip()}
    known = [part.key for part in parts]
    unknown = sorted(wanted - set(known))
    if unknown or not wanted:
        raise UnknownPart(f"unknown part {', '.join(unknown) or repr(only)}; the parts are {', '.join(known)}")
    return [part for part in parts if part.key in wanted]
