"""An executed notebook as a page: its parts, drawn, numbered and collected, as plain data that can be stored."""

import re
from dataclasses import asdict, dataclass, field

import nbformat

import checks
import images
from execute import ExportError, comment_title
from markup import Markdown, Names, go_code
from notebooks import Part
from outputs import Block, Outputs
from runs import Run

RESERVED = {"top", "contents", "appendix"}


@dataclass
class Page:
    """What the templates need of a part. Everything is a string, a number, or a list or dict of them."""

    slug: str
    key: str
    title: str
    blocks: list[Block]
    lead: str = ""
    contents: list[dict] = field(default_factory=list)  # level, id, html
    thumbnail: str = ""
    verdicts: list[dict] = field(default_factory=list)  # as hw1.Verdict, each with its id on the page
    cells: list[dict] = field(default_factory=list)  # number, title, seconds
    memory: int = 0  # bytes, the most at once
    figures: int = 0
    tables: int = 0
    runs: list[Run] = field(default_factory=list)
    provenance: dict = field(default_factory=dict)
    playground: str = ""  # where in the playground its networks are
    fingerprint: str = ""  # of what it was made from, empty where that can't be told

    @property
    def seconds(self) -> float:
        return sum(cell["seconds"] for cell in self.cells)

    @property
    def quick(self) -> bool:
        return bool(self.provenance.get("quick"))

    def findings(self) -> list[dict]:
        """The verdicts but those about bars that the report sets itself."""
        return [verdict for verdict in self.verdicts if not verdict["own"]]

    def bars(self) -> list[dict]:
        return [verdict for verdict in self.verdicts if verdict["own"]]

    def training_runs(self) -> list[Run]:
        return [run for run in self.runs if not run.analysis]

    def training_seconds(self) -> float:
        return sum(run.took for run in self.training_runs())

    def analysis_seconds(self) -> float:
        return sum(run.took for run in self.runs if run.analysis)

    def backends(self) -> list[str]:
        return sorted(set().union(*(run.backends() for run in self.runs)))

    def to_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict) -> "Page":
        page = cls(**data)
        page.blocks = [Block(**block) for block in page.blocks]
        page.runs = [Run(**run) for run in page.runs]
        return page


def build(part: Part, notebook: nbformat.NotebookNode) -> tuple[Page, dict[str, bytes], list[str]]:
    """The page of an executed notebook, the files that go beside it, and the keys of the runs that it used."""
    names = Names(set(RESERVED))
    markdown = Markdown(part.path.parent, names)
    outputs = Outputs(part.slug, Markdown(part.path.parent, names, html=False), Names())
    page = Page(part.slug, part.key, part.title(), [])
    for number, cell in enumerate(notebook.cells, 1):
        try:
            page.blocks += cell_blocks(cell, markdown, outputs)
        except Exception as error:  # of whatever draws a formula, a picture, a table
            raise ExportError(f"{part.path.name}: cell {number}: {error or type(error).__name__}") from error
        if "hw1.seconds" in cell.metadata:
            title, seconds = cell.metadata["hw1.title"], cell.metadata["hw1.seconds"]
            page.cells.append({"number": number, "title": title, "seconds": seconds})
    page.memory = notebook.metadata.get("hw1.memory", 0)
    page.figures, page.tables = outputs.figures, outputs.tables
    page.verdicts = outputs.verdicts
    page.contents = [asdict(heading) for heading in markdown.headings if heading.level in (2, 3)]
    page.lead = lead(page.blocks)
    page.thumbnail = thumbnail(page, notebook.metadata.get("hw1.thumbnail", ""))
    refuse_remote(part, page)
    return page, outputs.files, outputs.runs


def cell_blocks(cell: nbformat.NotebookNode, markdown: Markdown, outputs: Outputs) -> list[Block]:
    """A Markdown cell is text; a code cell is its outputs below its code, which is folded with the word on how it ran."""
    if cell.cell_type == "markdown":
        source = re.sub(r"^#\s.*\n?", "", cell.source, count=1, flags=re.MULTILINE)  # the page has its title
        return [Block("text", markdown.block(source, cell.get("attachments")))] if source.strip() else []
    if cell.cell_type != "code" or not cell.source.strip():
        return []
    code = Block("code", go_code(cell.source), label=comment_title(cell.source))
    shown = outputs.blocks(cell.outputs)
    code.notes = [block.html for block in shown if block.kind == "progress"]
    return [code, *(block for block in shown if block.kind != "progress")]


def lead(blocks: list[Block]) -> str:
    """The first paragraph."""
    for block in blocks:
        if block.kind == "text" and (paragraph := re.search(r"<p>(.*?)</p>", block.html, re.DOTALL)):
            return paragraph[1]
    return ""


def thumbnail(page: Page, name: str) -> str:
    """The figure called `name`, or the first, with ids of its own so that the index can hold many."""
    figures = [block for block in page.blocks if block.kind == "figure"]
    chosen = next((block for block in figures if block.name == name), figures[0] if figures else None)
    if chosen is None:
        return ""
    if not chosen.html.startswith("<svg"):
        return chosen.html
    return images.inline_svg(chosen.html, page.slug, images.label(chosen.html))


def refuse_remote(part: Part, page: Page) -> None:
    for block in page.blocks:
        if found := checks.remote(block.html + block.caption):
            raise ExportError(f"{part.path.name}: {block.label or block.kind} loads {found[0][:100]}")
