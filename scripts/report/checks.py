"""What every page must be: offline, valid, small, with all its links leading somewhere.

    python checks.py report/

checks a whole report; the exporter calls `remote` and `too_big` for each page it writes.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

MAX_BYTES = 5_000_000
LOADING = {"src", "srcset", "poster", "background", "data", "action", "formaction"}
FOLLOWING = {"link", "image", "use", "feimage", "base", "script", "pattern"}


class Page(HTMLParser):
    """Collects what a browser would load, the links, ids and figures of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.images: list[dict] = []
        self.style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        values = {name: value or "" for name, value in attrs}
        self.style = tag == "style"
        self.ids += [values["id"]] if "id" in values else []
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag in ("img", "svg"):
            self.images.append(values)
        for name, value in values.items():
            if name in LOADING or (tag in FOLLOWING and name in ("href", "xlink:href")):
                self.loads.append(value)
            self.loads += re.findall(r"url\(\s*['\"]?([^'\")]+)", value)

    def handle_data(self, data: str) -> None:
        if self.style:
            self.loads += re.findall(r"url\(\s*['\"]?([^'\")]+)", data)
            self.loads += re.findall(r"@import\s+['\"]?([^'\";]+)", data)

    def handle_endtag(self, tag: str) -> None:
        self.style = False


def remote(text: str) -> list[str]:
    """What a page would load that isn't in the page itself."""
    return [load for load in Page(text).loads if not load.startswith(("data:", "#"))]


def too_big(text: str) -> str:
    """A complaint about a page over 5 MB."""
    size = len(text.encode())
    return f"{size / 1e6:.1f} MB, more than {MAX_BYTES / 1e6:.0f}" if size > MAX_BYTES else ""


def invalid(text: str) -> list[str]:
    """Syntax errors, as the HTML standard defines them."""
    import html5lib  # only the tests need it

    parser = html5lib.HTMLParser()
    parser.parse(text)
    lines = text.splitlines()
    return [f"{code} in line {line}: {lines[line - 1][:120]}" for (line, _), code, _ in parser.errors]


def problems(path: Path) -> list[str]:
    """All that is wrong with a page of a report."""
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    found = [f"loads {load[:80]}" for load in remote(text)] + invalid(text)
    found += [too_big(text)] if too_big(text) else []
    found += [f"id {i} twice" for i in sorted({i for i in page.ids if page.ids.count(i) > 1})]
    for link in page.links:
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        if re.match(r"\w+:", link):
            continue
        if not target.exists():
            found.append(f"link to {link}: no such file")
        elif anchor and "=" not in anchor and anchor not in Page(target.read_text(encoding="utf-8")).ids:
            found.append(f"link to {link}: no such place")
    unnamed = [i for i in page.images if not (i.get("alt") or i.get("aria-label") or "aria-hidden" in i)]
    return found + ["image without alternative text"] * len(unnamed)


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "report")
    pages = sorted(folder.glob("*.html"))
    found = [f"{page}: {problem}" for page in pages for problem in problems(page)]
    print("\n".join(found) or f"{len(pages)} pages, all fine")
    return 1 if found or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
