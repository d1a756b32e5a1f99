"""From an executed notebook to a page and its files."""

import base64
import unittest

import nbformat
from nbformat import v4

import execute
from execute import ExportError
from fixture import SVG, VERDICT, FolderCase, code, display, figure, notebook, png, reading, table
from notebooks import Part, UnknownPart, find, select, strip_number
from pages import Page, build


class Expected(unittest.TestCase):
    def test_counts_calls_that_run(self):
        source = 'func f() { hw1.Show() }\n%%\nhw1.Show(a, "hw1.Show(")\nhw1.ShowTable(t)\n// hw1.ShowReading()\nhw1.ShowImages(x)'
        self.assertEqual(execute.expected(source), {"figure": 2, "table": 1})

    def test_declarations_show_nothing(self):
        self.assertEqual(execute.expected("func f() { hw1.Show() }"), {})

    def test_missing(self):
        cell = code("%%\nhw1.Show(a)\nhw1.Show(b)\nhw1.ShowReading(c)", figure())
        self.assertEqual(execute.missing(cell), ["1 of 2 figures", "0 of 1 reading"])

    def test_title_of_a_cell(self):
        source = 'import "fmt"\n\n// The three networks of\n// Part 1. All the same.\nvar x = 1 // x\n// no'
        self.assertEqual(execute.comment_title(source), "The three networks of Part 1")
        self.assertEqual(execute.comment_title("x := 1\n\t// inside"), "")

    def test_error_text_is_readable(self):
        shreds = [
            v4.new_output("stream", name="stderr", text=text) for text in ("\x1b[31mlearning ", "rate -1\x1b[0m\n")
        ]
        error = v4.new_output("error", ename="ERROR", evalue="x", traceback=["<p>exit &lt;1&gt;</p>"])
        self.assertEqual(execute.error_text(code("", *shreds, error)), "learning rate -1\nexit <1>")


class Build(FolderCase):
    def build(self, *cells, **options):
        path = self.folder / "1-1-simulate-a-function.ipynb"
        book = notebook(*cells, **options)
        nbformat.write(book, path)
        return build(Part(path), book)

    def test_numbers_figures_and_tables(self):
        page, files, _ = self.build(code("%%", figure("loss"), table()), code("%%", figure("loss")))
        blocks = [(b.kind, b.label, b.id) for b in page.blocks if b.kind in ("figure", "table")]
        expected = [("figure", "Figure 1", "figure-loss"), ("table", "Table 1", "table-errors")]
        self.assertEqual(blocks, [*expected, ("figure", "Figure 2", "figure-loss-2")])
        self.assertEqual((page.figures, page.tables), (2, 1))
        self.assertEqual(files["1-1-simulate-a-function-loss.csv"], b"x,y\n")
        self.assertEqual(files["1-1-simulate-a-function-loss-2.svg"], SVG.encode())
        self.assertIn("<math", page.blocks[-1].caption)

    def test_long_names_are_those_of_files(self):
        """Names of figures have those of their runs in them."""
        _, files, _ = self.build(
            code("%%", figure(f"paths-{'a-long-label-' * 40}"), figure(f"paths-{'a-long-label-' * 50}"))
        )
        self.assertEqual(len(files), 4)
        for file, content in files.items():
            self.folder.joinpath(file).write_bytes(content)

    def test_pictures_are_in_the_page(self):
        """Those pasted into a Markdown cell, and those that lie beside the notebook."""
        (self.folder / "my picture.png").write_bytes(base64.b64decode(png(3)))
        texts = ("![a](attachment:im%20age.png)", '![b](my%20picture.png) <img src="my picture.png" alt="c">')
        pasted = v4.new_markdown_cell(texts[0], attachments={"im age.png": {"image/png": png()}})
        page, _, _ = self.build(pasted, v4.new_markdown_cell(texts[1]))
        html = "".join(block.html for block in page.blocks)
        self.assertEqual(html.count(f'src="data:image/png;base64,{png()}"'), 1)
        self.assertEqual(html.count(f'src="data:image/png;base64,{png(3)}"'), 2)

    def test_whatever_is_wrong_names_its_cell(self):
        for text in ("![a](attachment:lost.png)", "$\\frac{1$"):
            with (
                self.subTest(text),
                self.assertRaisesRegex(ExportError, "^1-1-simulate-a-function.ipynb: cell 2: [^\n]+$"),
            ):
                self.build(v4.new_markdown_cell(text))
        with self.assertRaisesRegex(ExportError, "text loads lost.png"):
            self.build(v4.new_markdown_cell("![a](lost.png)"))

    def test_title_lead_and_contents(self):
        page, _, _ = self.build(v4.new_markdown_cell("## Loss\n\n### More"))
        self.assertEqual(page.title, "Simulate a function")
        self.assertTrue(page.lead.startswith('Three nets fit <span class="short"><math'))
        self.assertEqual([(h["level"], h["id"]) for h in page.contents], [(2, "loss"), (3, "more")])
        self.assertFalse(any("<h1" in block.html for block in page.blocks))

    def test_captions_and_verdicts_are_text(self):
        verdict = VERDICT | {"claim": "a<b, 5*3*2", "answer": "false", "evidence": "<img src=x onerror=f()>"}
        caption = "Loss *of* <b onmouseover=f()>all</b>"
        page, _, _ = self.build(code("%%", figure(caption=caption), table(caption=caption), reading(verdict)))
        figure_block, table_block, reading_block = page.blocks[-3:]
        for block in (figure_block, table_block):
            self.assertEqual(block.caption, "Loss <em>of</em> &lt;b onmouseover=f()&gt;all&lt;/b&gt;")
        self.assertIn(
            '<li id="verdict-1">✗ a&lt;b, 5*3*2: <strong>false</strong> (&lt;img src=x onerror=f()&gt;)</li>',
            reading_block.html,
        )

    def test_verdicts_runs_and_time(self):
        page, _, keys = self.build(code("%%", reading(), figure(runs="abc, def"), table(runs="abc")))
        self.assertEqual(page.verdicts, [VERDICT | {"id": "verdict-1"}])
        self.assertEqual(keys, ["abc", "def"])
        self.assertEqual(page.seconds, 1.5)

    def test_caption_for_jupyterlab_is_dropped_and_progress_folded_with_the_code(self):
        caption = display({"text/markdown": "*Loss*"}, kind="caption")
        progress = display({"text/html": "<div>Trained in 3 s</div>"}, kind="progress")
        empty = display({"text/html": ""}, kind="progress")
        page, _, _ = self.build(code("%%", progress, caption, empty))
        self.assertEqual([b.kind for b in page.blocks], ["text", "code"])
        self.assertEqual(page.blocks[1].notes, ["<div>Trained in 3 s</div>"])

    def test_text_output_is_joined_and_escaped(self):
        shreds = [v4.new_output("stream", name="stdout", text=text) for text in ("a <", "b\n")]
        page, _, _ = self.build(code("%%", *shreds))
        self.assertEqual(page.blocks[-1].html, "a &lt;b\n")

    def test_thumbnail_is_the_first_figure_or_the_chosen_one(self):
        cell = code("%%", figure("loss", alt="loss curve"), figure("fit", alt="the fit"))
        page, _, _ = self.build(cell)
        self.assertIn("loss curve", page.thumbnail)
        self.assertIn(f'id="{page.slug}-figure-loss-a"', page.thumbnail)
        book = notebook(cell)
        book.metadata["hw1.thumbnail"] = "fit"
        page, _, _ = build(Part(self.folder / "1-1-simulate-a-function.ipynb"), book)
        self.assertIn("the fit", page.thumbnail)

    def test_png(self):
        page, files, _ = self.build(code("%%", display({"image/png": png()}, kind="figure", alt="digits")))
        self.assertIn('src="data:image/png;base64,', page.blocks[-1].html)
        self.assertIn("1-1-simulate-a-function-figure-1.png", files)

    def test_refused(self):
        bad = {
            "remote image": v4.new_markdown_cell('<img src="https://example.org/a.png" alt="a">'),
            "remote image in Markdown": v4.new_markdown_cell("![a](https://example.org/a.png)"),
            "formula": v4.new_markdown_cell("$\\nonsense$"),
            "script": code("%%", display({"text/html": "<script>1</script>"})),
            "handler": code("%%", display({"text/html": '<p onclick="x()">'})),
            "no alternative text": code("%%", display({"image/png": png()}, kind="figure")),
            "remote style": code("%%", display({"text/html": '<p style="background:url(//a.b/c)">x</p>'})),
        }
        for name, cell in bad.items():
            with self.subTest(name), self.assertRaises(ExportError):
                self.build(cell)

    def test_survives_storage(self):
        page, _, _ = self.build(code("%%", figure(), reading()))
        self.assertEqual(Page.from_dict(page.to_dict()), page)


class Parts(FolderCase):
    def test_order_and_selection(self):
        for name in ("10-1-z", "2-1-b", "1-2-b", "1-1-a", "notes"):
            (self.folder / f"{name}.ipynb").touch()
        parts = find(self.folder)
        self.assertEqual([part.key for part in parts], ["1-1", "1-2", "2-1", "10-1"])
        self.assertEqual([part.key for part in select(parts, "2-1, 1-1")], ["1-1", "2-1"])
        with self.assertRaisesRegex(UnknownPart, "9-9; the parts are 1-1, 1-2"):
            select(parts, "1-1,9-9")
        with self.assertRaises(UnknownPart):
            select(parts, ",")

    def test_titles(self):
        for title in ("Part 1-1: Simulate a function", "1-1 Simulate a function", "Simulate a function"):
            self.assertEqual(strip_number(title), "Simulate a function")


if __name__ == "__main__":
    unittest.main()
