"""The outputs of one page's cells as blocks for the template: the display contract with package hw1.

A display's metadata says what it is: `hw1.kind` is figure, table, reading, progress, notice or caption. Figures and
tables carry `hw1.caption` and `hw1.alt` (Markdown, text), `hw1.name` (a slug) and `hw1.csv` (their data); readings carry
`hw1.verdicts` (JSON, as hw1.Verdict). `hw1.runs` lists the run keys behind any of them.
"""

import base64
import json
import re
from dataclasses import dataclass, field
from html import escape

from nbconvert.filters import strip_ansi

import images
import tables
from markup import Markdown, Names, slugify, unbroken


class OutputError(ValueError):
    """An output that can't be in the report."""


@dataclass
class Block:
    """A piece of a page. `kind` chooses how the template draws it."""

    kind: str
    html: str
    id: str = ""
    label: str = ""
    caption: str = ""
    name: str = ""
    files: list[tuple[str, str]] = field(default_factory=list)  # label, file name
    notes: list[str] = field(default_factory=list)  # of code: how its run went


@dataclass
class Outputs:
    """Turns outputs into blocks; numbers figures and tables; collects files, verdicts and runs."""

    slug: str
    markdown: Markdown
    names: Names
    figures: int = 0
    tables: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    verdicts: list[dict] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)

    def blocks(self, outputs: list) -> list[Block]:
        """The blocks of one cell's outputs."""
        result: list[Block] = []
        for output in outputs:
            if output.output_type == "stream":
                self.add_stream(result, output)
            elif output.output_type in ("display_data", "execute_result"):
                block = self.display(output.data, output.metadata)
                if block is not None and block.html:
                    result.append(block)
        return result

    def add_stream(self, blocks: list[Block], output) -> None:
        """Text joins the text before it; it arrives in shreds."""
        text = escape(strip_ansi(output.text))
        if blocks and blocks[-1].kind == output.name:
            blocks[-1].html += text
        elif text.strip():
            blocks.append(Block(output.name, text))

    def display(self, data: dict, metadata: dict) -> Block | None:
        kind = metadata.get("hw1.kind", "")
        for key in re.split(r"[\s,]+", metadata.get("hw1.runs", "").strip()):
            if key and key not in self.runs:
                self.runs.append(key)
        if kind == "caption":
            return None  # for JupyterLab; here the figure has it
        if kind == "progress":
            return Block("progress", safe(data.get("text/html", "")))
        if kind == "reading":
            return self.reading(json.loads(metadata.get("hw1.verdicts", "[]")))
        if kind == "table":
            return self.table(data, metadata)
        if kind == "figure" or any(mime.startswith("image/") for mime in data):
            return self.figure(data, metadata)
        return Block("notice" if kind == "notice" else "rich", self.rich(data))

    def reading(self, verdicts: list[dict]) -> Block:
        """Verdicts as a list, each with a place; and how many of the report's own bars, which the appendix lists, are met."""
        for number, verdict in enumerate(verdicts, len(self.verdicts) + 1):
            verdict["id"] = f"verdict-{number}"
        self.verdicts += verdicts
        own = [verdict for verdict in verdicts if verdict["own"]]
        html = verdict_list([verdict for verdict in verdicts if not verdict["own"]])
        if own:
            kept = sum(verdict["answer"] == "true" for verdict in own)
            html += f'<p class="note">{kept} of {len(own)} of <a href="appendix.html#bars">our own bars</a> met.</p>'
        return Block("reading", html)

    def figure(self, data: dict, metadata: dict) -> Block:
        alt = metadata.get("hw1.alt") or data.get("text/plain") or metadata.get("hw1.caption", "")
        if not alt:
            raise OutputError("a figure without alternative text (hw1.alt)")
        self.figures += 1
        block = self.numbered("figure", self.figures, metadata)
        if source := data.get("image/svg+xml"):
            block.html = images.inline_svg(source, block.id, alt)
            self.attach(block, "SVG", "svg", source.encode())
        elif source := data.get("image/png"):
            block.html = images.inline_png(source, alt)
            self.attach(block, "PNG", "png", base64.b64decode(source))
        else:
            raise OutputError(f"figure {block.name} is neither SVG nor PNG")
        self.attach(block, "CSV", "csv", metadata.get("hw1.csv", "").encode())
        return block

    def table(self, data: dict, metadata: dict) -> Block:
        self.tables += 1
        block = self.numbered("table", self.tables, metadata)
        block.html = tables.typeset(self.rich(data))
        self.attach(block, "CSV", "csv", metadata.get("hw1.csv", "").encode())
        return block

    def numbered(self, kind: str, number: int, metadata: dict) -> Block:
        """A figure or table with its name, number and caption, which is still empty."""
        slug = slugify(metadata.get("hw1.name") or f"{kind}-{number}")
        name = self.names.unique(slug[:100].rstrip("-"))  # a file's name has 255 bytes at most
        caption = self.markdown.inline(metadata.get("hw1.caption", ""))
        return Block(kind, "", f"{kind}-{name}", f"{kind.capitalize()} {number}", caption, name)

    def attach(self, block: Block, label: str, suffix: str, content: bytes) -> None:
        """A file beside the page, linked under the block."""
        if content:
            file = f"{self.slug}-{block.name}.{suffix}"
            self.files[file] = content
            block.files.append((label, file))

    def rich(self, data: dict) -> str:
        """HTML, else Markdown, else text."""
        if "text/html" in data:
            return safe(data["text/html"])
        if "text/markdown" in data:
            return self.markdown.block(data["text/markdown"])
        text = data.get("text/plain", "").strip()
        return f"<pre>{escape(strip_ansi(text))}</pre>" if text else ""


SIGNS = {"true": "✓", "false": "✗", "open": "?"}


def verdict_list(verdicts: list[dict]) -> str:
    """Verdicts as a list; what they say is text, and no markup."""
    items = []
    for verdict in verdicts:
        claim, answer, evidence = (unbroken(escape(verdict[name])) for name in ("claim", "answer", "evidence"))
        items.append(f'<li id="{verdict["id"]}">{SIGNS[answer]} {claim}: <strong>{answer}</strong> ({evidence})</li>\n')
    return f"<ul>\n{''.join(items)}</ul>" if items else ""


def safe(markup: str) -> str:
    """HTML of a notebook, refused when it runs something: the report works without scripts."""
    if found := re.search(r"<\s*(script|iframe|object|embed)\b|<[^>]+\son\w+\s*=", markup, re.IGNORECASE):
        raise OutputError(f"an output with {found[0]!r}")
    return markup.strip()
