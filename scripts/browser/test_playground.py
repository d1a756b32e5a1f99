"""The playground in a real browser: it trains, reads digits, remembers, and says what is wrong."""

import json
import os
import subprocess
import tempfile
import unittest
from contextlib import contextmanager
from pathlib import Path

from browser import Browser

ROOT = Path(__file__).parents[2]
PHONE = {"width": 390, "height": 800}
KNOBS = {"function": "x^3 - x", "points": 40, "hidden": "6-4", "activation": "tanh", "rate": 0.02, "seed": 3}
READY = "() => !document.getElementById('start').disabled"
EPOCH = "() => shown.last.epoch"


def setUpModule() -> None:
    global browser, page_file
    given = os.environ.get("HW1_REPORT")
    page_file = Path(given, "playground.html") if given else built()
    browser = Browser()
    unittest.addModuleCleanup(browser.close)


def built() -> Path:
    """A playground without a report."""
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    charts = ROOT / ".venv" / "share" / "uplot"
    file = Path(folder.name, "playground.html")
    with file.open("wb") as page:
        subprocess.run(["go", "run", "./scripts/playground", "-charts", charts], cwd=ROOT, check=True, stdout=page)
    return file


class PlaygroundCase(unittest.TestCase):
    @contextmanager
    def opened(self, ready: bool = True, knobs: dict | None = None, **options):
        """The page in a tab; no request leaves, and nothing is complained of."""
        with browser.tab(**options) as tab:
            address = "&".join(f"{name}={value}" for name, value in (knobs or {}).items())
            tab.page.goto(f"{page_file.as_uri()}#{address}")
            if ready:
                tab.page.wait_for_function(READY)
            yield tab.page
            self.assertEqual(tab.complaints, [])

    def trained(self, page, epochs: int) -> dict:
        """What is shown after so many epochs, taken one by one."""
        for epoch in range(1, epochs + 1):
            page.click("#step")
            page.wait_for_function(f"() => shown.last.epoch === {epoch}")
        return page.evaluate(
            "() => ({losses: shown.losses, norms: shown.norms, go: shown.opening.go, fit: shown.last.fit})"
        )


class Training(PlaygroundCase):
    def test_losses_fall_while_it_trains_and_stay_when_it_is_paused(self):
        with self.opened(knobs=KNOBS) as page:
            page.click("#start")
            page.wait_for_function("() => shown.last.epoch > 300")
            self.assertEqual(page.inner_text("#start"), "Pause")
            page.click("#start")
            page.wait_for_function("() => document.getElementById('said').textContent.startsWith('Paused')")
            page.wait_for_timeout(300)  # what was under way
            first, last, epoch = page.evaluate("() => [shown.losses[0], shown.losses.at(-1), shown.last.epoch]")
            self.assertLess(last, first / 10)
            page.wait_for_timeout(300)
            self.assertEqual(page.evaluate(EPOCH), epoch)
            self.assertEqual(page.inner_text("#start"), "Start")
            page.click("#reset")
            page.wait_for_function("() => shown.last.epoch === 0")

    def test_losses_are_those_of_the_same_backend_outside(self):
        with self.opened(knobs=KNOBS) as page:
            here = self.trained(page, 5)
            asked = page.evaluate("() => knobs()")
        there = outside({"open": asked}, {"train": 1_000_000, "epochs": 5})
        self.assertEqual(here["losses"], there["losses"])
        self.assertEqual(here["norms"], there["norms"])

    def test_loss_of_0_is_on_no_logarithmic_axis(self):
        with self.opened(knobs={"function": "0", "hidden": "", "optimizer": "sgd", "rate": 0.5, "points": 10}) as page:
            page.click("#start")
            page.wait_for_function("() => shown.loss === 0")
            page.wait_for_timeout(500)  # it is drawn
            page.click("#start")
            self.assertIn("loss 0 ", page.inner_text("#numbers"))

    def test_ghost_stays_behind_the_next_training(self):
        with self.opened(knobs=KNOBS) as page:
            self.trained(page, 3)
            page.click("#keep")
            page.fill("#rate", "0.001")
            page.press("#rate", "Enter")
            page.wait_for_function("() => shown.last.epoch === 0")
            self.trained(page, 2)
            self.assertEqual(page.evaluate("() => [ghost.losses.length, shown.losses.length]"), [3, 2])
            self.assertIn("ghost", page.inner_text("#chart-loss"))

    def test_divergence_is_said(self):
        with self.opened(
            knobs=KNOBS | {"function": "100x", "activation": "relu", "optimizer": "sgd", "rate": 10}
        ) as page:
            page.click("#start")
            page.wait_for_function("() => !document.getElementById('trouble').hidden")
            self.assertIn("lower the learning rate", page.inner_text("#trouble"))
            self.assertEqual(page.inner_text("#start"), "Start")


def outside(*requests: dict) -> dict:
    """The last answer of the same program outside the browser, to requests one after the other."""
    lines = "".join(f"{json.dumps(request)}\n" for request in requests)
    result = subprocess.run(
        ["go", "run", "./scripts/playground/worker"],
        cwd=ROOT,
        env=os.environ | {"GOMLX_BACKEND": "go"},
        input=lines,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(result.stdout.splitlines()[-1])


class Knobs(PlaygroundCase):
    def test_address_remembers_every_knob(self):
        with self.opened() as page:
            page.select_option("#function", "")
            page.fill("#own", "sin(9x) + 0.1")
            page.fill("#points", "70")
            page.fill("#noise", "0.25")
            page.click("#layers div:last-child button")
            page.click("#add")
            page.fill("#layers div:last-child input", "13")
            page.select_option("#activation", "silu")
            page.select_option("#optimizer", "adamw")
            page.fill("#rate", "0.003")
            page.fill("#decay", "0.02")
            page.fill("#batch", "35")
            page.fill("#seed", "11")
            page.press("#seed", "Enter")
            page.wait_for_function("() => shown && shown.opening.go.includes('Seed: 11,')")
            asked, address = page.evaluate("() => [knobs(), location.hash]")
        with browser.tab() as tab:
            tab.page.goto(page_file.as_uri() + address)
            tab.page.wait_for_function(READY)
            self.assertEqual(tab.page.evaluate("() => knobs()"), asked)
            code = tab.page.inner_text("#go")
        for part in [
            "MLP(1, 5, 10, 10, 10, 10, 10, 13, 1)",
            '"silu"',
            '"adamw"',
            "LearningRate: 0.003",
            "WeightDecay: 0.02",
            "Noise: 0.25",
            "Batch: 35,",
        ]:
            self.assertIn(part, code)

    def test_mistakes_are_said_and_mended(self):
        with self.opened() as page:
            page.select_option("#function", "")
            page.fill("#own", "sin(x")
            page.press("#own", "Enter")
            page.wait_for_function("() => !document.getElementById('trouble').hidden")
            self.assertIn("closing bracket", page.inner_text("#trouble"))
            self.assertTrue(page.is_disabled("#start"))
            page.fill("#own", "sin(x)")
            page.press("#own", "Enter")
            page.wait_for_function(READY)
            self.assertTrue(page.is_hidden("#trouble"))

    def test_page_of_a_wrong_formula_waits_for_nothing(self):
        with self.opened(ready=False, knobs={"function": "sqrt(x)"}) as page:
            page.wait_for_function("() => !document.getElementById('trouble').hidden")
            self.assertEqual(page.inner_text("#numbers"), "")  # and no longer that it is unpacked

    def test_knobs_that_there_are_not(self):
        with self.opened(knobs={"activation": "relu6", "optimizer": "lion", "points": "many"}) as page:
            asked = page.evaluate("() => knobs()")
        self.assertEqual([asked["activation"], asked["optimizer"], asked["points"]], ["leaky-relu", "adam", 500])
        with self.opened(ready=False, knobs={"hidden": "2.5"}) as page:
            page.wait_for_function("() => !document.getElementById('trouble').hidden")
            self.assertIn("hidden has a number 2.5; give it a whole number", page.inner_text("#trouble"))

    def test_keyboard_alone_trains(self):
        with self.opened(knobs=KNOBS) as page:
            for _ in range(60):
                page.keyboard.press("Tab")
                if page.evaluate("() => document.activeElement.id === 'start'"):
                    break
            page.keyboard.press("Enter")
            page.wait_for_function("() => shown.last.epoch > 20")
            page.keyboard.press("Enter")
            page.wait_for_function("() => document.getElementById('start').textContent === 'Start'")


class Looks(PlaygroundCase):
    def test_nothing_is_wider_than_a_phone(self):
        for scheme in ("light", "dark"):
            with self.opened(knobs=KNOBS, color_scheme=scheme, **PHONE) as page:
                self.trained(page, 3)
                self.assertLessEqual(page.evaluate("() => document.documentElement.scrollWidth"), PHONE["width"])

    def test_every_control_and_picture_has_a_name(self):
        with self.opened() as page:
            unnamed = page.evaluate(
                """() => [...document.querySelectorAll("input, select, button, canvas[role], [role=img]")].filter((e) =>
                  !e.closest("[hidden]") && !e.ariaLabel && !e.labels?.length && !e.textContent.trim()).map((e) => e.outerHTML.slice(0, 80))"""
            )
            self.assertEqual(unnamed, [])

    def test_browser_without_webassembly_is_told(self):
        with browser.tab() as tab:
            tab.page.add_init_script("delete globalThis.WebAssembly")
            tab.page.goto(page_file.as_uri())
            tab.page.wait_for_function("() => !document.getElementById('trouble').hidden")
            self.assertIn("has no WebAssembly", tab.page.inner_text("#trouble"))
            self.assertEqual(tab.complaints, [])


class Digits(PlaygroundCase):
    def setUp(self):
        if 'id="pad"' not in page_file.read_text(encoding="utf-8"):
            self.skipTest("this report has no networks that read digits")

    def shares(self, page) -> list[list[float]]:
        """The probabilities that are shown, [network][digit], once all that was drawn has been read."""
        page.wait_for_function("() => digits.settled()")
        return page.evaluate("() => digits.last().answers.map((a) => a.probabilities)")

    def test_disputed_image_is_read_as_in_the_report(self):
        with self.opened() as page:
            said = page.evaluate("() => report.images[0].said")
            page.click("#disputed button")
            shares = self.shares(page)
            for digit, here in zip(said, shares, strict=True):
                self.assertEqual(here.index(max(here)), digit)
                self.assertAlmostEqual(sum(here), 1, places=5)

    def test_stroke_is_read_by_mouse_and_by_keyboard(self):
        with self.opened(knobs=KNOBS) as page:
            self.shares(page)
            box = page.locator("#pad").bounding_box()
            page.mouse.move(box["x"] + 140, box["y"] + 40)
            page.mouse.down()
            page.mouse.move(box["x"] + 140, box["y"] + 240, steps=20)
            page.mouse.up()
            drawn = self.shares(page)
            networks, image = page.evaluate("() => [report.networks, digits.last().image]")
            native = outside({"networks": networks}, {"read": image})["answers"]
            for here, there in zip(drawn, native, strict=True):
                for a, b in zip(here, there["probabilities"], strict=True):
                    self.assertAlmostEqual(a, b, delta=1e-5)
            page.click("#clear")
            page.focus("#pad")
            for _ in range(10):
                page.keyboard.press("ArrowUp")
            for _ in range(20):
                page.keyboard.press("Shift+ArrowDown")
            self.assertNotEqual(page.inner_text("#read"), "")
            typed = self.shares(page)
            self.assertNotEqual(typed, drawn)
            self.assertEqual(len(typed), len(networks))


if __name__ == "__main__":
    unittest.main()
