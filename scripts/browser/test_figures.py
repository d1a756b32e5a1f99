"""Figures that answer: curves read by pointer, finger and keys, and switched off in the legend, in a real browser."""

import os
import unittest
from itertools import product
from unittest import mock

from test_report import SCHEMES, WIDTHS, ReportCase, script

SHOWN = "() => [...document.querySelectorAll('svg [data-axes] > path')].map((path) => getComputedStyle(path).display !== 'none')"
WITH_CURVES = "figure.card:has(g[data-axes] > path):not(#figure-confusion)"  # that is a matrix


def corner(page, share_x: float, share_y: float) -> tuple[float, float]:
    """A place on the small report's drawing, in pixels of the window, by its 300 × 150 points from the lower left."""
    box = page.locator("figure.card svg").first.bounding_box()
    return box["x"] + box["width"] * share_x / 300, box["y"] + box["height"] * (1 - share_y / 150)


class Small(ReportCase):
    """The figure of fixture.py: deep falls from 100 at epoch 0 to 1 at epoch 200, shallow lies a thousand times lower at the end."""

    @classmethod
    def setUpClass(cls) -> None:
        with mock.patch.dict(os.environ):
            os.environ.pop("HW1_REPORT", None)
            super().setUpClass()

    def figure(self, **options):
        return self.opened(self.parts[0], **options)

    def test_a_pointer_reads_the_nearest_point(self):
        with self.figure() as page:
            for x, y, said in (
                (30, 138, "deep: epoch 0, loss 100"),
                (152, 108, "deep: epoch 100, loss 10"),
                (265, 24, "shallow: epoch 200, loss 0.01"),
                (215, 93, "deep: epoch 200, loss 1"),  # by the curve, far from its points
            ):
                page.mouse.move(*corner(page, x, y))
                self.assertEqual(page.get_by_role("status").inner_text(), said)
            page.mouse.move(*corner(page, 100, 20))  # far from both
            self.assertEqual(page.get_by_role("status").inner_text(), "")
            page.mouse.move(*corner(page, 150, 110))
            page.mouse.move(1, 1)
            self.assertEqual(page.get_by_role("status").inner_text(), "")

    def test_a_finger_reads_it_and_it_stays(self):
        with self.figure(width=WIDTHS["phone"], has_touch=True) as page:
            page.locator("figure.card svg").first.scroll_into_view_if_needed()
            page.touchscreen.tap(*corner(page, 150, 50))
            self.assertEqual(page.get_by_role("status").inner_text(), "shallow: epoch 100, loss 0.1")

    def test_keys_go_along_a_curve_and_to_the_next(self):
        with self.figure() as page:
            page.get_by_role("application", name="Figure 1").focus()
            for key, said in (
                ("ArrowRight", "deep: epoch 0, loss 100"),
                ("ArrowRight", "deep: epoch 100, loss 10"),
                ("ArrowDown", "shallow: epoch 100, loss 0.1"),
                ("End", "shallow: epoch 200, loss 0.01"),
                ("ArrowRight", "shallow: epoch 200, loss 0.01"),
                ("ArrowUp", "deep: epoch 200, loss 1"),
                ("Home", "deep: epoch 0, loss 100"),
                ("Escape", ""),
            ):
                page.keyboard.press(key)
                self.assertEqual(page.get_by_role("status").inner_text(), said, key)

    def test_an_entry_of_the_legend_switches_its_curves(self):
        with self.figure() as page:
            deep = page.get_by_role("button", name="deep")
            self.assertEqual(page.evaluate(SHOWN), [True, True])
            deep.click()
            self.assertEqual((page.evaluate(SHOWN), deep.get_attribute("aria-pressed")), ([False, True], "false"))
            page.mouse.move(*corner(page, 150, 110))
            self.assertEqual(page.get_by_role("status").inner_text(), "")
            page.get_by_role("application", name="Figure 1").focus()
            page.keyboard.press("ArrowDown")
            self.assertEqual(page.get_by_role("status").inner_text(), "shallow: epoch 0, loss 1")
            deep.focus()
            page.keyboard.press("Space")
            self.assertEqual((page.evaluate(SHOWN), deep.get_attribute("aria-pressed")), ([True, True], "true"))

    def test_on_paper_all_is_as_drawn(self):
        with self.figure() as page:
            page.get_by_role("button", name="deep").click()
            page.mouse.move(*corner(page, 150, 50))
            page.emulate_media(media="print")
            self.assertEqual(page.evaluate(SHOWN), [True, True])
            for left in (".readout", ".marker", ".entry"):
                self.assertFalse(page.locator(left).first.is_visible(), left)

    def test_without_scripts_there_is_the_drawing_alone(self):
        with self.figure(java_script_enabled=False) as page:
            self.assertTrue(page.locator("figure.card svg").first.is_visible())
            self.assertEqual(page.locator(".plot, .readout, .entry").count(), 0)


class Real(ReportCase):
    """Figures as package figure draws them: those of HW1_REPORT, if there is one."""

    def test_every_figure_with_curves_answers_where_it_is_seen(self):
        survey = script("survey.js")
        for path in self.parts:
            with self.opened(path) as page:
                for (device, width), scheme in product(WIDTHS.items(), SCHEMES):
                    page.set_viewport_size({"width": width, "height": 900})
                    page.emulate_media(color_scheme=scheme)
                    page.wait_for_function(f"() => innerWidth === {width}")
                    with self.subTest(path.stem, device=device, scheme=scheme):
                        for figure in page.locator(WITH_CURVES).all():
                            self.ask(page, figure, width)
                        self.assertEqual(page.evaluate(survey), [])

    def ask(self, page, figure, width: int) -> None:
        """The end of a figure's first curve, by the keys: what is said is on the screen."""
        figure.locator(".plot").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("End")
        readout = figure.get_by_role("status")
        self.assertRegex(readout.inner_text(), r"\d", figure.get_attribute("id"))
        box = readout.bounding_box()
        self.assertGreaterEqual(box["x"], 0)
        self.assertLessEqual(box["x"] + box["width"], width)

    def test_every_entry_switches_what_it_names_off_and_on(self):
        for path in self.parts:
            with self.subTest(path.stem), self.opened(path) as page:
                before = page.evaluate(SHOWN)
                for entry in page.locator(".entry").all():
                    entry.press("Enter")
                    self.assertNotEqual(page.evaluate(SHOWN), before, entry.get_attribute("aria-label"))
                    entry.press("Enter")
                    self.assertEqual(page.evaluate(SHOWN), before)


if __name__ == "__main__":
    unittest.main()
