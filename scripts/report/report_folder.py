"""The report on disk. Each part is stored as data when it is done; the pages are drawn from what is stored."""

import contextlib
import fcntl
import hashlib
import itertools
import json
import os
import platform
import sys
import threading
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

import checks
import playground
import runs
from execute import ExportError
from findings import findings, tally
from markup import unbroken
from notebooks import CHAPTERS, ROOT, TITLE, Part
from pages import Page
from progress import duration

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
# Stored pages are data of the shape that these modules give it; data of another shape is made anew.
SHAPE = hashlib.sha256(
    b"".join((HERE / f"{name}.py").read_bytes() for name in ("pages", "outputs", "runs"))
).hexdigest()
# Half a file is deleted when it is as old as this: until then another export could be writing it.
LEFTOVER_SECONDS = 3600


@dataclass(frozen=True)
class Entry:
    """A part in the contents: its page, once there is one, and otherwise why there is none."""

    part: Part
    title: str
    page: Page | None
    note: str = ""

    @property
    def href(self) -> str:
        return f"{self.part.slug}.html"


def write(path: Path, content: str | bytes) -> None:
    """All of a file or nothing: readers never see half a page."""
    data = content.encode() if isinstance(content, str) else content
    temporary = path.with_name(f".{path.name}.{platform.node()}.{os.getpid()}.part")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class Report:
    """A folder with index.html, a page per part, appendix.html, runs.csv and data/.

    Several exports can write into one folder, also on several machines: each draws what any of them has stored.
    """

    def __init__(self, folder: Path, parts: list[Part]) -> None:
        self.folder, self.data = folder, folder / "data"
        self.parts = parts
        self.notes: dict[str, str] = {}  # slug → why its page is missing or old
        self.titles = {part.slug: part.title() for part in parts}
        self.data.mkdir(parents=True, exist_ok=True)
        self.lock = threading.Lock()
        self.complaints: set[str] = set()  # what was said about stored pages
        self.remove_leftovers()
        self.pages: dict[str, Page] = {}
        self.read()
        options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
        self.templates = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(), **options)
        self.templates.filters |= {"duration": duration, "tally": tally}
        self.templates.filters["unbroken"] = lambda text: Markup(unbroken(str(escape(text))))

    def remove_leftovers(self) -> None:
        """Deletes files that killed exports left half written."""
        for path in [*self.folder.glob(".*.part"), *self.data.glob(".*.part")]:
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > LEFTOVER_SECONDS:
                    path.unlink()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One thread at a time, and one export, where the file system has locks."""
        with self.lock, (self.data / ".lock").open("w") as file:
            with contextlib.suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def read(self) -> None:
        """The pages as they are stored now."""
        self.pages = {part.slug: page for part in self.parts if (page := self.stored(part))}

    def stored(self, part: Part) -> Page | None:
        """A part's page from this or an earlier export."""
        file = self.data / f"{part.slug}.json"
        if not file.exists():
            return None
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            if data.get("shape") == SHAPE:
                page = Page.from_dict(data["page"])
                page.key = part.key  # which changes with the notebooks beside it
                return page
            problem = "was made by another version"
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            problem = f"is malformed ({error})"
        complaint = f"{shown(file)} {problem}: part {part.key} has to be exported again"
        if complaint not in self.complaints:
            print(complaint, file=sys.stderr)
        self.complaints.add(complaint)
        return None

    def add(self, page: Page, files: dict[str, bytes]) -> None:
        """Store a finished part and draw the report with it."""
        text = self.draw_part(page)
        if complaint := checks.too_big(text):
            raise ExportError(f"{page.slug}.html: {complaint}")
        with self.locked():
            for name, content in files.items():
                write(self.data / name, content)
            write(self.data / f"{page.slug}.json", json.dumps({"shape": SHAPE, "page": page.to_dict()}))
            self.remove_old_files(page.slug, files.keys())
        self.notes.pop(page.slug, None)
        self.draw()

    def remove_old_files(self, slug: str, kept: Collection[str]) -> None:
        """Deletes the files of figures and tables that a part no longer has, and none of a part with a longer name."""
        others = [part.slug for part in self.parts if part.slug.startswith(f"{slug}-")]
        for old in self.data.glob(f"{slug}-*"):
            if old.name not in kept and not old.name.startswith(tuple(others)):
                old.unlink(missing_ok=True)

    def entry(self, part: Part) -> Entry:
        return Entry(part, self.titles[part.slug], self.pages.get(part.slug), self.notes.get(part.slug, ""))

    def chapters(self) -> list[dict]:
        """The contents by chapter."""
        return [
            {"number": number, "title": CHAPTERS.get(number, ""), "entries": [self.entry(part) for part in parts]}
            for number, parts in itertools.groupby(self.parts, key=lambda part: part.chapter)
        ]

    def draw(self) -> None:
        """Write every page that there is data for, the index, the appendix and runs.csv."""
        with self.locked():
            self.read()
            for page in self.pages.values():
                write(self.folder / f"{page.slug}.html", self.draw_part(page))
            write(self.folder / "index.html", self.render("index.html", findings=findings(self.ready())))
            write(self.folder / "appendix.html", self.render("appendix.html", **self.appendix()))
            write(self.folder / "runs.csv", runs.to_csv(self.rows()))

    def appendix(self) -> dict:
        """What only the appendix shows."""
        trained = [run for page in self.pages.values() for run in page.runs]
        bars = [bar for page in self.ready() for bar in page.bars()]
        return {"columns": runs.COLUMNS, "rows": self.rows(), "training_versions": runs.versions(trained), "bars": bars}

    def ready(self, *new: Page) -> list[Page]:
        """The pages that there are, with a new one in its place, in the order of the parts."""
        pages = self.pages | {page.slug: page for page in new}
        return [pages[part.slug] for part in self.parts if part.slug in pages]

    def rows(self) -> list[dict]:
        return [row for page in self.ready() for row in runs.table(page.key, page.runs)]

    def draw_part(self, page: Page) -> str:
        slugs = [None, *(ready.slug for ready in self.ready(page)), None]
        here = slugs.index(page.slug)
        return self.render("part.html", page, previous=slugs[here - 1], following=slugs[here + 1])

    def render(self, template: str, page: Page | None = None, **values) -> str:
        """A page with everything inside: style and script are part of it."""
        return self.templates.get_template(template).render(
            site=TITLE,
            chapters=self.chapters(),
            titles=self.titles,
            pages=self.ready(*filter(None, [page])),
            page=page,
            playground=playground.NAME if (self.folder / playground.NAME).exists() else "",
            **values,
        )


def shown(path: Path) -> str:
    """A path as short as can be."""
    for base in (Path.cwd(), ROOT):
        if path.is_relative_to(base):
            return str(path.relative_to(base))
    return str(path)
