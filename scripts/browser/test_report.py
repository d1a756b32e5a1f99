"""The exported report in a real browser, from its files and offline.

HW1_REPORT names the report's folder; without it a small one is made. See browser.py for the browser.
"""

import io
import os
import sys
import tempfile
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
from nbformat import v4
from pypdf import PdfReader

from browser import Browser, leaves

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "report"))

import checks
import runs
from fixture import PROVENANCE, ROW, code, display, figure, notebook, png, reading, table
from notebooks import Part
from pages import build
from report_folder import Report

WIDTHS = {"desktop": 1280, "phone": 390}
SCHEMES = ("light", "dark")
PAPER = (672, 986)  # A4 within the margins of the style sheet, in CSS pixels
MOST_TABS = 200

LINKS = "() => [...document.querySelectorAll('a[href]')].map((link) => link.href)"
# A place on the page, or in the playground, knobs that are as the address says.
AT_TARGET = """() => document.querySelector(':target') !== null || (typeof knobs === 'function' &&
    [...new URLSearchParams(location.hash.slice(1))].every(([name, value]) => [knobs()[name]].flat().join('-') === value))"""
CODES_SHOWN = "() => [...document.querySelectorAll('details.code > pre')].map((code) => code.checkVisibility())"
WIDE = "<table><thead><tr>{}</tr></thead><tbody><tr>{}</tr></tbody></table>".format(
    "".join(f'<th scope="col">Quantity {i}</th>' for i in range(10)), "<td>1.25 (1.2 – 1.3)</td>" * 10
)
FORMULA = "## What\n\nText $x$ and a long formula:\n\n$$" + " + ".join(f"x_{{{i}}}^2" for i in range(40)) + "$$"


def sample_report(folder: Path) -> Path:
    """A report of three parts with one of everything, made in a folder; returns the report's own."""
    parts = [Part(folder / f"{name}.ipynb") for name in ("1-1-first", "1-2-second", "2-1-third")]
    cells = [
        v4.new_markdown_cell(FORMULA),
        code("// A network.\nvar spec = hw1.Spec{Epochs: 20_000}"),
        code("%%\n// Train.\nf()", display({"text/html": "<div>Trained</div>"}, kind="progress"), figure(), reading()),
        code("%%\nfmt.Println()", v4.new_output("stream", name="stdout", text="x" * 300)),
        code("%%\ng()", display({"image/png": png(400, 200)}, kind="figure", alt="x", caption="Digits", csv="x\n")),
        code("%%\nh()", table(csv="x\n"), display({"text/html": WIDE}, kind="table", caption="Wide", csv="x\n")),
    ]
    for part in parts:
        nbformat.write(notebook(*cells, title=f"# {part.key} Sample\n\nAbout $f(x)$."), part.path)
    report = Report(folder / "report", parts)
    for part in parts:
        page, files, _ = build(part, part.read())
        page.provenance = PROVENANCE
        page.runs = [runs.Run("f00d" * 16, [ROW | {"seed": seed} for seed in range(60)])]
        report.add(page, files)
    return report.folder


def script(name: str) -> str:
    """A function in JavaScript, to be called in a page."""
    return (HERE / name).read_text(encoding="utf-8").rstrip().rstrip(";")


def flat(text: str) -> str:
    """Text without its spaces, which a PDF may set as distances."""
    return "".join(text.split())


class ReportCase(unittest.TestCase):
    """The report's pages in reading order, and a browser."""

    @classmethod
    def setUpClass(cls) -> None:
        folder = Path(os.environ.get("HW1_REPORT") or cls.small_report()).resolve()
        cls.index, cls.appendix = folder / "index.html", folder / "appendix.html"
        cls.parts = sorted(folder.glob("[0-9]*.html"))
        cls.pages = [cls.index, *cls.parts, cls.appendix]
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    @classmethod
    def small_report(cls) -> Path:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        return sample_report(Path(folder.name))

    @contextmanager
    def opened(self, path: Path, **options) -> Iterator:
        """A page in a tab of its own, offline; whatever the browser complains of is a failure."""
        with self.browser.tab(offline=True, **options) as tab:
            tab.page.goto(path.as_uri())
            yield tab.page
            self.assertEqual(tab.complaints, [], path.name)


class Layout(ReportCase):
    def test_every_page_is_fit_to_be_read(self):
        survey = script("survey.js")
        for path in self.pages:
            with self.subTest(path.stem), self.opened(path) as page:
                for (device, width), scheme in product(WIDTHS.items(), SCHEMES):
                    page.set_viewport_size({"width": width, "height": 900})
                    page.emulate_media(color_scheme=scheme)
                    with self.subTest(device=device, scheme=scheme):
                        self.assertEqual(page.evaluate(survey), [])

    def test_there_are_parts_and_none_is_too_big(self):
        self.assertTrue(self.parts)
        for path in self.pages:
            self.assertEqual(checks.too_big(path.read_text(encoding="utf-8")), "", path.name)


class Ways(ReportCase):
    def test_every_link_leads_somewhere(self):
        with self.opened(self.index) as page:
            targets = set()
            for path in self.pages:
                page.goto(path.as_uri())
                targets |= {url for url in page.evaluate(LINKS) if not leaves(url)}
            for url in sorted(targets):
                with self.subTest(url.rpartition("/")[2]):
                    self.follow(page, url)

    def follow(self, page, url: str) -> None:
        parts = urlsplit(url)
        file = Path(unquote(parts.path))
        self.assertTrue(file.is_file() and file.stat().st_size, f"no file {file}")
        if file.suffix == ".html":
            page.goto(url)
            self.assertTrue(not parts.fragment or page.evaluate(AT_TARGET), "no such place on the page")

    def test_next_and_previous_go_through_the_report(self):
        with self.opened(self.index) as page:
            page.click("article.part h3 a")
            for path in [*self.parts[1:], self.appendix]:
                page.click("a[rel=next]")
                page.wait_for_url(path.as_uri())
            for path in reversed([self.index, *self.parts]):
                page.click("a[rel=prev]")
                page.wait_for_url(path.as_uri())

    def test_contents_unfold_on_a_phone(self):
        with self.opened(self.parts[0], width=WIDTHS["phone"]) as page:
            self.assertFalse(page.is_visible("nav"))
            self.press(page, "details.menu > summary", "Enter")
            page.click("details.menu a:has-text('Appendix')")
            page.wait_for_url(self.appendix.as_uri())

    def test_one_switch_shows_all_code_and_is_remembered(self):
        with self.opened(self.parts[0]) as page:
            self.assertEqual(set(page.evaluate(CODES_SHOWN)), {False})
            self.press(page, "button.switch", "Enter")
            self.assertEqual(set(page.evaluate(CODES_SHOWN)), {True})
            page.goto(self.parts[-1].as_uri())
            self.assertEqual(set(page.evaluate(CODES_SHOWN)), {True})
            self.press(page, "button.switch", " ")
            self.assertEqual(set(page.evaluate(CODES_SHOWN)), {False})

    def press(self, page, selector: str, key: str) -> None:
        """Go to an element with the Tab key alone, and press a key there."""
        for _ in range(MOST_TABS):
            page.keyboard.press("Tab")
            if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                page.keyboard.press(key)
                return
        self.fail(f"the keyboard does not reach {selector}")


class Paper(ReportCase):
    def test_nothing_is_cut_or_left_over(self):
        printed = script("printed.js")
        for path in self.pages:
            with self.subTest(path.stem), self.opened(path, width=PAPER[0], height=PAPER[1]) as page:
                page.emulate_media(media="print")
                self.assertEqual(page.evaluate(printed, PAPER), [])

    def test_pdf_has_every_figure_and_no_code(self):
        for path in self.parts:
            with self.subTest(path.stem), self.opened(path, color_scheme="dark") as page:
                page.click("button.switch")  # open code is not printed either
                labels = page.locator("figcaption .number").all_inner_texts()
                codes = [max(code.split("\n"), key=len) for code in page.locator("details.code code").all_inner_texts()]
                sheets = [sheet.extract_text() for sheet in PdfReader(io.BytesIO(page.pdf(format="A4"))).pages]
                self.assertNotIn("", [sheet.strip() for sheet in sheets], "an empty sheet")
                text = flat("\n".join(sheets))
                self.assertEqual([label for label in labels if flat(label) not in text], [])
                self.assertEqual([code for code in codes if flat(code) in text], [])


if __name__ == "__main__":
    unittest.main()
