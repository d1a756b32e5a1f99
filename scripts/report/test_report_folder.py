"""The report's folder: pages, index, appendix, runs.csv, and what earlier exports left there."""

import contextlib
import csv
import io
import json
import multiprocessing
import os
import time
import unittest

import nbformat
from nbformat import v4

import checks
import runs
from fixture import BAR, FINDING, PROVENANCE, ROW, VERDICT, FolderCase, code, figure, notebook, reading, table
from notebooks import Part
from pages import build
from report_folder import LEFTOVER_SECONDS, Report


class ReportCase(FolderCase):
    def setUp(self):
        super().setUp()
        self.parts = [Part(self.folder / f"{name}.ipynb") for name in ("1-1-first", "1-2-second", "2-1-third")]
        for part in self.parts:
            nbformat.write(self.notebook(part), part.path)
        self.out = self.folder / "report"
        self.report = Report(self.out, self.parts)

    def notebook(self, part: Part):
        words = part.slug.split("-")[-1]
        cells = [
            v4.new_markdown_cell("## What\n\nText $x$."),
            code("%%\n// Train.\nf()", figure(), table(), reading(VERDICT, FINDING, BAR)),
        ]
        return notebook(*cells, title=f"# {part.key} The {words}\n\nAbout the {words}.")

    def add(self, part: Part, quick: bool = False):
        page, files, _ = build(part, self.notebook(part))
        page.provenance = PROVENANCE | {"quick": quick}
        page.runs = [runs.Run("f00d" * 16, [ROW, ROW | {"seed": 2, "test_accuracy": 0.99}])]
        self.report.add(page, files)

    def text(self, name: str) -> str:
        return (self.out / name).read_text()

    def quietly(self) -> Report:
        with contextlib.redirect_stderr(io.StringIO()):
            return Report(self.out, self.parts)


class Grows(ReportCase):
    def test_index_lists_what_is_pending(self):
        self.report.draw()
        self.assertEqual(self.text("index.html").count("Not exported yet."), 3)
        self.add(self.parts[0])
        self.assertEqual(self.text("index.html").count("Not exported yet."), 2)
        self.assertIn("The deep net is best: <strong>true</strong>", self.text("index.html"))

    def test_previous_and_next_follow(self):
        self.add(self.parts[0])
        self.assertIn('rel="next" href="appendix.html"', self.text("1-1-first.html"))
        self.add(self.parts[2])
        self.assertIn('rel="next" href="2-1-third.html"', self.text("1-1-first.html"))
        self.assertIn('rel="prev" href="1-1-first.html"', self.text("2-1-third.html"))

    def test_pages_of_an_earlier_export_stay(self):
        self.add(self.parts[0])
        self.report = Report(self.out, self.parts)
        self.add(self.parts[1])
        self.assertIn('href="1-1-first.html"', self.text("index.html"))

    def test_failure_is_noted_beside_the_old_page(self):
        self.add(self.parts[0])
        self.report.notes["1-1-first"] = "failed in the last export"
        self.report.draw()
        self.assertIn("from an earlier export: the notebook failed", self.text("index.html"))

    def test_files_of_figures_that_are_gone_go_too(self):
        self.add(self.parts[0])
        old = self.out / "data" / "1-1-first-old.csv"
        old.touch()
        self.add(self.parts[0])
        self.assertFalse(old.exists())
        self.assertTrue((self.out / "data" / "1-1-first-loss.csv").exists())

    def test_files_of_a_copy_of_the_notebook_stay(self):
        copy = Part(self.folder / "1-1-first-Copy1.ipynb")
        nbformat.write(self.notebook(self.parts[0]), copy.path)
        self.parts.insert(0, copy)
        self.report = Report(self.out, self.parts)
        for part in self.parts[:2]:
            self.add(part)
        self.assertEqual(sorted(self.report.pages), ["1-1-first", "1-1-first-Copy1"])
        self.assertTrue((self.out / "data" / "1-1-first-Copy1-loss.csv").exists())


class Found(ReportCase):
    def test_the_first_page_has_a_row_for_each_claim_that_was_asked(self):
        self.report.draw()
        self.assertNotIn("What was found", self.text("index.html"))
        self.add(self.parts[0], quick=True)
        index = self.text("index.html")
        self.assertIn("<strong>1 claim: 1 confirmed.</strong>", index)
        self.assertIn('<strong class="confirmed">Confirmed</strong>, 5 seeds:', index)
        self.assertIn('<span class="short">1e-5</span> against <span class="short">2e-5</span> on &lt;sinc&gt;.', index)
        self.assertRegex(index, r'<a href="1-1-first.html#verdict-2"[^>]*>1-1</a> \(smoke test\)')
        self.assertIn("2 of 3 parts are not exported yet", index)
        self.assertIn('<li id="verdict-2">', self.text("1-1-first.html"))
        for part in self.parts:
            self.add(part)
        self.assertNotIn("not exported yet", self.text("index.html"))
        self.assertEqual(self.text("index.html").count('<th scope="row">'), 1)

    def test_verdicts_of_a_part_are_a_line_that_opens(self):
        self.add(self.parts[0])
        self.assertIn("<summary>2 verdicts: 2 true</summary>", self.text("index.html"))

    def test_bars_of_our_own_are_in_the_appendix(self):
        self.add(self.parts[0])
        for name in ("index.html", "1-1-first.html"):
            self.assertNotIn("The loss is below", self.text(name))
        self.assertIn('1 of 1 of <a href="appendix.html#bars">our own bars</a> met.', self.text("1-1-first.html"))
        self.assertIn('The loss is below <span class="short">1e-5</span>', self.text("appendix.html"))
        self.assertIn("1 bar: 1 true.", self.text("appendix.html"))


class Leftovers(ReportCase):
    def test_damaged_data_counts_as_missing(self):
        for damage in ("{", "[]", json.dumps({"shape": "old", "page": {}})):
            self.add(self.parts[0])
            (self.out / "data" / "1-1-first.json").write_text(damage)
            self.assertEqual(self.quietly().pages, {}, damage)

    def test_damage_is_told_once(self):
        self.add(self.parts[0])
        (self.out / "data" / "1-1-first.json").write_text("{")
        with contextlib.redirect_stderr(io.StringIO()) as said:
            Report(self.out, self.parts).draw()
        self.assertEqual(said.getvalue().count("\n"), 1, said.getvalue())

    def test_half_written_files_are_removed_when_no_export_can_be_at_them(self):
        old, new = self.out / ".index.html.here.123.part", self.out / "data" / ".a.csv.there.123.part"
        for file in (old, new):
            file.touch()
        os.utime(old, (0, time.time() - 2 * LEFTOVER_SECONDS))
        self.quietly()
        self.assertEqual((old.exists(), new.exists()), (False, True))


class Several(ReportCase):
    """Exports that write into one folder at the same time."""

    def test_each_draws_the_parts_of_the_others(self):
        first, second = self.report, Report(self.out, self.parts)
        self.add(self.parts[0])
        self.report = second
        self.add(self.parts[2])
        first.draw()
        for name in ("1-1-first.html", "2-1-third.html"):
            self.assertIn(f'href="{name}"', self.text("index.html"))
        self.assertIn('rel="next" href="2-1-third.html"', self.text("1-1-first.html"))
        self.assertEqual({row["part"] for row in csv.DictReader(io.StringIO(self.text("runs.csv")))}, {"1-1", "2-1"})

    def test_processes_at_once_lose_nothing(self):
        processes = [multiprocessing.get_context("fork").Process(target=self.add_often, args=[i]) for i in (0, 1, 2)]
        for process in processes:
            process.start()
        for process in processes:
            process.join(60)
        self.assertEqual([process.exitcode for process in processes], [0, 0, 0])
        for part in self.parts:
            self.assertIn(f'href="{part.slug}.html"', self.text("index.html"))
            self.assertEqual(checks.problems(self.out / f"{part.slug}.html"), [])
        self.assertEqual(len(self.text("runs.csv").splitlines()), 1 + 2 * len(self.parts))
        self.assertEqual(list(self.out.rglob(".*.part")), [])

    def add_often(self, first: int) -> None:
        """Every process adds every part, beginning with another one."""
        self.report = Report(self.out, self.parts)
        for i in range(3):
            self.add(self.parts[(first + i) % 3])


class Banner(ReportCase):
    def test_quick_pages_say_so(self):
        self.add(self.parts[0], quick=True)
        for name in ("1-1-first.html", "index.html", "appendix.html"):
            self.assertIn("Smoke test.", self.text(name))
        self.add(self.parts[1])
        self.assertNotIn("Smoke test.", self.text("1-2-second.html"))
        self.assertIn("Some of these parts were made with tiny", self.text("index.html"))
        self.add(self.parts[0])
        self.assertNotIn("Smoke test.", self.text("index.html"))


class Runs(ReportCase):
    def test_csv_has_a_row_a_run(self):
        self.add(self.parts[0])
        header = (
            "part,model,task,seed,parameters,epochs,stop,seconds,backend,"
            "train_loss,test_loss,train_accuracy,test_accuracy,key"
        )
        self.assertEqual(self.text("runs.csv").splitlines()[0], header)
        rows = list(csv.DictReader(io.StringIO(self.text("runs.csv"))))
        self.assertEqual(
            [(row["part"], row["seed"], row["test_accuracy"]) for row in rows], [("1-1", "1", ""), ("1-1", "2", "0.99")]
        )
        self.assertEqual(rows[0]["key"], "f00d" * 16)

    def test_store_is_read_by_key_or_its_beginning(self):
        entry = self.folder / ("f00d" * 16)
        entry.mkdir()
        (entry / "meta.json").write_text(json.dumps({"rows": [ROW], "seconds": 2.5, "other": 1}))
        (found,) = runs.read(self.folder, ["f00df00d", "f00d"])
        self.assertEqual((found.key, found.took, found.backends()), (entry.name, 2.5, {"xla:cpu"}))
        with self.assertRaises(runs.MissingRun):
            runs.read(self.folder, ["beef"])

    def test_analyses_are_no_runs(self):
        page, _, _ = build(self.parts[0], self.notebook(self.parts[0]))
        page.runs = [runs.Run("a", [ROW], {}, 2.0), runs.Run("b", [], {}, 30.0, "search")]
        self.assertEqual((len(page.training_runs()), page.training_seconds(), page.analysis_seconds()), (1, 2.0, 30.0))

    def test_versions_of_all_runs(self):
        made = [runs.Run("a", [], {"go": "go1.26", "gomlx": "v1"}), runs.Run("b", [], {"go": "go1.27"}), runs.Run("c")]
        self.assertEqual(runs.versions(made), {"Go": ["1.26", "1.27"], "GoMLX": ["1"]})


class Checked(ReportCase):
    def setUp(self):
        super().setUp()
        self.add(self.parts[0], quick=True)
        self.add(self.parts[1])

    def test_pages_load_nothing_and_scripts_are_ours(self):
        for page in self.out.glob("*.html"):
            self.assertEqual(checks.remote(page.read_text()), [])
            self.assertEqual(page.read_text().count("<script"), 1)

    def test_pages_are_valid_and_links_lead_somewhere(self):
        pages = sorted(self.out.glob("*.html"))
        self.assertEqual(len(pages), 4)
        for page in pages:
            self.assertEqual(checks.problems(page), [], page.name)

    def test_a_notebook_may_have_any_name(self):
        odd = Part(self.folder / "2-2-größer als #1 (Kopie).ipynb")
        nbformat.write(self.notebook(odd), odd.path)
        self.parts.append(odd)
        self.report = Report(self.out, self.parts)
        self.add(odd)
        for name in ("2-2-größer-als-1-Kopie-.html", "index.html", "appendix.html"):
            self.assertEqual(checks.problems(self.out / name), [])

    def test_code_is_folded_without_script(self):
        self.assertIn('<details class="code">', self.text("1-1-first.html"))
        self.assertIn("Train.", self.text("1-1-first.html"))

    def test_checks_find_what_is_wrong(self):
        bad = {
            '<script src="https://a.b/c.js"></script>': "https://a.b/c.js",
            '<link rel="stylesheet" href="a.css">': "a.css",
            "<style>@font-face { src: url(//a.b/f.woff) }</style>": "//a.b/f.woff",
            "<style>@import 'a.css';</style>": "a.css",
            '<svg><image xlink:href="a.png"/></svg>': "a.png",
            '<img srcset="a.png 2x">': "a.png 2x",
        }
        for markup, load in bad.items():
            self.assertEqual(checks.remote(markup), [load])
        self.assertEqual(checks.remote('<a href="https://a.b">x</a><img src="data:,"><p style="fill:url(#a)">'), [])
        self.assertIn("more than 5", checks.too_big("x" * 5_100_000))


if __name__ == "__main__":
    unittest.main()
