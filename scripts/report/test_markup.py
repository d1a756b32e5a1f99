"""Markdown, formulas and images."""

import re
import unittest
from pathlib import Path

import images
import tables
from fixture import SVG, png
from markup import FormulaError, Markdown, go_code, mathml


class Formulas(unittest.TestCase):
    def test_converted(self):
        for latex in (
            r"\frac{1}{n}\sum_{i=1}^n (f_\theta(x_i)-y_i)^2",
            r"\begin{aligned}a&=b\\c&=d\end{aligned}",
            "a<b",
        ):
            self.assertTrue(mathml(latex).startswith("<math "), latex)

    def test_bars_of_a_norm_keep_their_height(self):
        self.assertEqual(mathml(r"\frac{1}{2} \lVert x\rVert").count('<mo stretchy="false">&#x02016;</mo>'), 2)

    def test_mistakes_are_errors(self):
        for latex in (r"\foo x", r"\frac{1", "x}", "x^2^3", r"\left(x"):
            with self.subTest(latex), self.assertRaises(FormulaError):
                mathml(latex)


class Text(unittest.TestCase):
    def setUp(self):
        self.markdown = Markdown(Path())

    def test_formulas_in_text(self):
        text = self.markdown.block("A $x^2$ and\n\n$$\\sum x$$\n\nbut `$x$` and \\$5.")
        self.assertEqual(text.count("<math "), 2)
        self.assertIn("<code>$x$</code>", text)
        self.assertNotIn("$$", text)

    def test_numbers_stay_whole(self):
        text = self.markdown.block("Lowest 8.2e-05, at 36.6 % of `1e-4 %`, in part 1-2.")
        self.assertIn('Lowest <span class="short">8.2e-05</span>, at 36.6&nbsp;% of', text)
        self.assertIn("<code>1e-4 %</code>, in part 1-2.", text)

    def test_formulas_keep_their_full_stop(self):
        text = self.markdown.block("boxes of $a$ and $b$. If ($c$), $d$ is large")
        held = re.findall(r'<span class="short">(.*?)</span>', text)
        self.assertEqual([re.sub(r"<[^>]*>", "", part) for part in held], ["b.", "(c),"])

    def test_headings_have_unique_anchors(self):
        text = self.markdown.block("## Loss <0.1\n\n## Loss <0.1\n\n### Ende, Größe")
        self.assertEqual([h.id for h in self.markdown.headings], ["loss-0-1", "loss-0-1-2", "ende-größe"])
        self.assertIn('href="#loss-0-1-2"', text)

    def test_caption_has_no_paragraph(self):
        self.assertEqual(self.markdown.inline("*Loss* of a & b"), "<em>Loss</em> of a &amp; b")

    def test_tables_scroll(self):
        self.assertIn(
            '<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>',
            self.markdown.block("|a|\n|-|\n|1|"),
        )

    def test_code_is_highlighted_and_escaped(self):
        self.assertIn('<span class="kd">func</span>', go_code("func f() {}"))
        self.assertIn("&lt;", go_code("a < b"))


class Images(unittest.TestCase):
    def test_svg_is_made_for_the_page(self):
        svg = images.inline_svg(SVG, "fig-a", "falling curves")
        self.assertTrue(svg.startswith("<svg "))
        for part in ('id="fig-a-c"', "url(#fig-a-c)", 'href="#fig-a-a"', 'role="img"', 'aria-label="falling curves"'):
            self.assertIn(part, svg)
        self.assertIn('width="400" height="200"', svg)
        self.assertIn("loss &lt; 1", svg)

    def test_svg_with_something_else_is_refused(self):
        bad = [
            "<script>1</script>",
            '<image href="https://example.org/x.png"/>',
            '<g onclick="1"/>',
            '<g style="fill:url(https://example.org/x)"/>',
        ]
        for inside in bad:
            with self.subTest(inside), self.assertRaises(images.ImageError):
                images.inline_svg(SVG.replace("</svg>", inside + "</svg>"), "x", "alt")
        with self.assertRaises(images.ImageError):
            images.inline_svg("<svg", "x", "alt")

    def test_png_has_size_and_alt(self):
        self.assertIn('alt="a &lt; b" width="2" height="1">', images.inline_png(png(4, 2), "a < b"))


class Tables(unittest.TestCase):
    def test_numbers(self):
        for text in (
            "571",
            "20,000",
            "2.1e-5",
            "−3",
            "99.1 %",
            "2e-5 (1e-5 … 3e-5)",
            "0.3 ± 0.1",
            "2.1 × 10⁻⁵",
            "1 – 2",
            "–",
            "12.3 s",
        ):
            self.assertTrue(tables.NUMBER.fullmatch(text), text)
        for text in ("1-190-1", "deep", "3 of 5", "converged (3)"):
            self.assertFalse(tables.NUMBER.fullmatch(text), text)

    def test_columns(self):
        cells = "<tr><td>deep</td><td>571</td><td>{}</td></tr>"
        head = '<table><thead><tr><th scope="col">Model</th><th scope="col">N</th><th scope="col">Stop</th></tr></thead><tbody>'
        text = tables.typeset(head + cells.format("yes") + cells.format("2") + "</tbody></table>")
        self.assertEqual(text.count('<td class="number short">571</td>'), 2)
        self.assertIn('<th class="number" scope="col">N</th>', text)
        self.assertEqual(text.count('<th class="short" scope="row">deep</th>'), 2)
        self.assertIn('<td class="short">2</td>', text)

    def test_ranges_break_before_their_bracket(self):
        text = tables.typeset("<table><tr><td>0.00024 (0.000033 – 0.0029)</td></tr><tr><td>n (a b)</td></tr></table>")
        self.assertIn('>0.00024 <span class="short">(0.000033 – 0.0029)</span>', text)
        self.assertIn(">n (a b)<", text)
        text = tables.typeset("<table><tr><td>0.23 (0.22 – 0.24)</td></tr></table>")
        self.assertEqual(
            text, '<table><tr><td class="number">0.23 <span class="short">(0.22 – 0.24)</span></td></tr></table>'
        )

    def test_names_break_at_spaces(self):
        text = tables.typeset("<table><tr><td>CNN-1, 2 dense layers</td><td>784-16-10 and others</td></tr></table>")
        self.assertIn(
            'scope="row"><span class="short">CNN-1,</span> 2 dense layers</th><td>784-16-10 and others</td>', text
        )

    def test_words_are_kept_on_a_line_where_they_are_few(self):
        text = tables.typeset("<table><tr><td>a</td><td>gradient descent</td><td>0 of 5</td></tr></table>")
        self.assertIn('<td>gradient descent</td><td class="short">0 of 5</td>', text)


if __name__ == "__main__":
    unittest.main()
