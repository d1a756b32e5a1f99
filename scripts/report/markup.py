"""Markdown to HTML with anchored headings and formulas as MathML, and highlighted Go code."""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import GoLexer

MATHML = "{http://www.w3.org/1998/Math/MathML}"
ARITY = {"mfrac": 2, "msup": 2, "msub": 2, "mroot": 2, "mover": 2, "munder": 2}
ARITY |= {"msubsup": 3, "munderover": 3}
LEFTOVERS = set("\\{}&$")
UNBROKEN = r'<span class="short">\g<0></span>'  # what a match becomes that stays on one line


class FormulaError(ValueError):
    """A formula that has no MathML form."""


def mathml(latex: str, display: bool = False) -> str:
    """A LaTeX formula as MathML. The converter lets some mistakes through; they end here."""
    source = latex.strip().replace("{aligned}", "{split}")
    try:
        markup = convert(source, display="block" if display else "inline")
        root = ET.fromstring(markup)
    except Exception as error:
        raise FormulaError(f"formula {latex!r}: {type(error).__name__} {error}") from error
    for node in root.iter():
        name, text = node.tag.removeprefix(MATHML), node.text or ""
        if name == "mi" and LEFTOVERS & set(text):
            raise FormulaError(f"formula {latex!r}: {text} isn't understood")
        if len(node) != ARITY.get(name, len(node)):
            raise FormulaError(f"formula {latex!r}: incomplete (check its braces)")
    # The bars of a norm grow with what is between \left and \right, not with a fraction that stands beside them.
    return markup.replace("<mo>&#x02016;</mo>", '<mo stretchy="false">&#x02016;</mo>')


def unbroken(markup: str) -> str:
    """Text in which a line doesn't end within a number such as 8.2e-05, or before its per cent sign."""
    markup = re.sub(r"(?<=\d) %", "&nbsp;%", markup)
    return re.sub(r"\b\d[\d.]*e-\d+\b(&nbsp;%)?", UNBROKEN, markup)


def held(markup: str) -> str:
    """Text in which a line doesn't end between a formula and the full stop or the bracket beside it."""
    formula = r'<math [^>]*display="inline">(?:(?!</math>).)*</math>'
    return re.sub(rf"\(?{formula}[).,;:?!]+", UNBROKEN, markup, flags=re.DOTALL)


def slugify(text: str) -> str:
    """A heading's text as an id."""
    return re.sub(r"[^\w]+", "-", re.sub(r"<[^>]*>|&\w+;", "", text).lower()).strip("-") or "section"


def go_code(source: str) -> str:
    """Highlighted Go, for a <pre>."""
    return highlight(source.strip("\n"), GoLexer(), HtmlFormatter(nowrap=True)).rstrip("\n")


@dataclass
class Heading:
    level: int
    id: str
    html: str


@dataclass
class Names:
    """Gives out ids that are unique in a page."""

    taken: set[str] = field(default_factory=set)

    def unique(self, wanted: str) -> str:
        name, number = wanted, 2
        while name in self.taken:
            name, number = f"{wanted}-{number}", number + 1
        self.taken.add(name)
        return name


class Renderer(IPythonRenderer):
    """Markdown as in Jupyter, but with MathML and our own heading anchors."""

    def __init__(self, names: Names, folder: Path, html: bool) -> None:
        super().__init__(escape=not html, embed_images=html, path=str(folder))
        self.names = names
        self.headings: list[Heading] = []

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return super().image(text, unquote(url) if url.startswith("attachment:") else url, title)

    def _src_to_base64(self, src: str) -> str | None:
        return super()._src_to_base64(unquote(src))  # "my%20picture.png"

    def text(self, text: str) -> str:
        return unbroken(super().text(text))

    def block_math(self, body: str) -> str:
        return mathml(body, display=True)

    def latex_environment(self, name: str, body: str) -> str:
        return mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", display=True)

    def inline_math(self, body: str) -> str:
        return mathml(body)

    def heading(self, text: str, level: int, **attrs) -> str:
        heading = Heading(level, self.names.unique(slugify(text)), text)
        self.headings.append(heading)
        anchor = f'<a class="anchor" href="#{heading.id}" aria-label="Link to this section">#</a>'
        return f'<h{level} id="{heading.id}">{text} {anchor}</h{level}>\n'

    def table(self, text: str) -> str:
        return f'<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>\n{text}</table></div>\n'


class Markdown:
    """Renders the Markdown of one page and remembers its headings. HTML in it counts, or is text like any other. Pictures
    that lie in the folder become part of it."""

    def __init__(self, folder: Path, names: Names | None = None, html: bool = True) -> None:
        self.renderer = Renderer(names or Names(), folder, html)
        self.markdown = MarkdownWithMath(self.renderer)

    @property
    def headings(self) -> list[Heading]:
        return self.renderer.headings

    def block(self, source: str, attachments: dict | None = None) -> str:
        """With the pictures that have been pasted into its cell."""
        self.renderer.attachments = attachments or {}
        return held(self.markdown.render(source).strip())

    def inline(self, source: str) -> str:
        """One paragraph without its <p>, for captions."""
        return re.sub(r"^<p>(.*)</p>$", r"\1", self.block(source), flags=re.DOTALL)
