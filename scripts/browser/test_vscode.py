"""What VS Code shows of a cell while it trains: its own renderer of notebook outputs, fed with what the kernel sends, in a page like its own."""

import sys
import tempfile
import unittest
from pathlib import Path

from jupyter_client.manager import start_new_kernel

from browser import Browser
from lab import ROOT, environment

RENDERER = Path(sys.prefix) / "share/vscode/renderer.js"
CELL = """import "hw1/pkg/hw1"
import "hw1/pkg/hw1/curves"

%%
run := hw1.Check(hw1.TrainOne(hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 190, 1), Epochs: 100_000}))
hw1.Show(curves.LossPlot("The loss.", curves.Panel{Title: "sinc", Runs: []*hw1.Run{run}}))"""
FOREGROUND = "rgb(204, 204, 204)"
HOME = "http://localhost/"
# The policy, the theme's colours and the updates of an output are those of VS Code 1.139 (workbench.js); outputs are made of messages as its
# Jupyter extension makes them: an update of a display replaces what that one holds, and HTML goes before text.
PAGE = """<!doctype html><html lang="en"><head><title>cell</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline';
 img-src 'self' https: http: data:; font-src 'self' https:; connect-src https:; child-src https: data:;">
<link rel="icon" href="data:,"><style>body { background: #1f1f1f; color: rgb(204, 204, 204); font: 13px sans-serif }</style></head>
<body><div id="container"><div class="cell_container"><div class="output_container"></div></div></div>
<script type="module">
import { activate } from './renderer.js';
const settings = { lineLimit: 30, outputScrolling: true, outputWordWrap: false, linkifyFilePaths: true, minimalError: true };
const renderer = activate({ workspace: { isTrusted: true }, settings, onDidChangeSettings: () => ({ dispose() {} }) });
const displays = new Map();
window.show = async (content) => {
  const mime = ['image/svg+xml', 'text/html', 'image/png', 'text/plain'].find((type) => type in content.data);
  if (!mime) return;
  const id = content.transient?.display_id ?? crypto.randomUUID();
  if (!displays.has(id)) {
    const output = document.createElement('div');
    output.className = 'output';
    document.querySelector('.output_container').append(output);
    displays.set(id, output.appendChild(document.createElement('div')));
  }
  const item = { id, mime, metadata: content.metadata, text: () => content.data[mime] };
  await renderer.renderOutputItem(item, displays.get(id), new AbortController().signal);
};
window.ready = true;
</script></body></html>"""
SEEN = """() => ({
    curves: document.querySelectorAll('.hw1-progress polyline').length,
    epochs: Number([...document.querySelectorAll('.hw1-progress text')].at(-1)?.textContent.replaceAll(',', '')),
    bars: document.querySelectorAll('progress').length,
    text: document.body.innerText,
    colors: [...document.querySelectorAll('.hw1-progress text')].map((label) => getComputedStyle(label).fill),
    figures: [...document.querySelectorAll('.output-image, img')].map((figure) => figure.getBoundingClientRect().width),
})"""


def sent_by_the_cell() -> list[dict]:
    """Runs the cell in a kernel of its own; the displays that it sends, with their updates. (Jupyter's client and Playwright each want the loop.)"""
    displays: list[dict] = []

    def keep(message: dict) -> None:
        if message["msg_type"] in ("display_data", "update_display_data"):
            displays.append(message["content"])

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        kernel, client = start_new_kernel(kernel_name="gonb", cwd=str(ROOT / "notebooks"), env=environment(Path(home)))
        try:
            reply = client.execute_interactive(CELL, timeout=240, output_hook=keep)
        finally:
            client.stop_channels()
            kernel.shutdown_kernel(now=True)
    if reply["content"]["status"] != "ok":
        raise AssertionError(displays[-1:])
    return displays


class VSCode(unittest.TestCase):
    def test_curves_grow_and_one_line_and_the_figure_remain(self):
        displays = sent_by_the_cell()
        browser = Browser()
        self.addCleanup(browser.close)
        with browser.tab() as tab:
            self.open(tab.page)
            seen = []
            for content in displays:
                tab.page.evaluate("(content) => show(content)", content)
                seen.append(tab.page.evaluate(SEEN))
            self.assertEqual(tab.complaints, [])
        drawn = [each for each in seen if each["curves"]]
        self.assertEqual({each["curves"] for each in drawn}, {1})
        self.assertGreater(drawn[-1]["epochs"], drawn[0]["epochs"])
        self.assertEqual({color for each in seen for color in each["colors"]}, {FOREGROUND})
        last = seen[-1]
        self.assertEqual((last["curves"], last["bars"]), (0, 0))
        self.assertEqual(last["text"].count("Done: 1 run trained"), 1)
        self.assertEqual([width > 100 for width in last["figures"]], [True])

    def open(self, page) -> None:
        page.route(HOME, lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        page.route(HOME + "renderer.js", lambda route: route.fulfill(path=RENDERER, content_type="text/javascript"))
        page.goto(HOME)
        page.wait_for_function("window.ready")
