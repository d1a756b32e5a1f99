"""Figures for a page: SVG made safe to inline, PNG as data URI."""

import base64
import re
import struct
import xml.etree.ElementTree as ET
from html import escape

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
UNITS = {"": 1, "px": 1, "pt": 4 / 3, "pc": 16, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96}
ACTIVE = {"script", "foreignObject", "iframe", "object", "embed", "audio", "video"}

ET.register_namespace("", SVG)
ET.register_namespace("xlink", XLINK)


class ImageError(ValueError):
    """An image that can't be in the report."""


def local(name: str) -> str:
    """A tag or attribute name without its namespace."""
    return name.rpartition("}")[2]


def pixels(length: str) -> float:
    """A CSS length in pixels."""
    match = re.fullmatch(r"\s*([\d.]+)\s*(\w*)\s*", length or "")
    if not match or match[2] not in UNITS:
        raise ImageError(f"SVG length {length!r}")
    return float(match[1]) * UNITS[match[2]]


def inline_svg(source: str, prefix: str, alt: str) -> str:
    """An SVG that scales with the page, has unique ids, runs nothing and fetches nothing."""
    try:
        root = ET.fromstring(source.strip())
    except ET.ParseError as error:
        raise ImageError(f"malformed SVG: {error}") from error
    for node in root.iter():
        if local(node.tag) in ACTIVE:
            raise ImageError(f"SVG with <{local(node.tag)}>")
        for name, value in list(node.attrib.items()):
            if local(name).startswith("on"):
                raise ImageError(f"SVG with {local(name)}")
            node.attrib[name] = prefixed(local(name), value, prefix)
    set_size(root)
    root.attrib.pop("version", None)
    root.set("role", "img")
    root.set("aria-label", alt)
    return ET.tostring(root, encoding="unicode")


def set_size(root: ET.Element) -> None:
    """Width and height in pixels, which give the figure its natural size; the style sheet shrinks it where need be."""
    across, down = pixels(root.get("width", "")), pixels(root.get("height", ""))
    if "viewBox" not in root.attrib:
        root.set("viewBox", f"0 0 {across:g} {down:g}")
    root.set("width", f"{across:.0f}")
    root.set("height", f"{down:.0f}")


def prefixed(name: str, value: str, prefix: str) -> str:
    """An attribute's value with the ids it defines or points to made unique."""
    if name == "id":
        return f"{prefix}-{value}"
    if name == "href":
        if value.startswith("#"):
            return f"#{prefix}-{value[1:]}"
        if not value.startswith("data:image/"):
            raise ImageError(f"SVG that points to {value[:80]}")
    if re.search(r"url\((?!['\"]?#)", value):
        raise ImageError(f"SVG that points to {value[:80]}")
    return re.sub(r"url\((['\"]?)#", rf"url(\1#{prefix}-", value)


def label(markup: str) -> str:
    """The alternative text of an inlined SVG."""
    return ET.fromstring(markup).get("aria-label", "")


def inline_png(encoded: str, alt: str) -> str:
    """A PNG as an <img>, drawn at half its pixels: they are made for sharp screens."""
    data = base64.b64decode(encoded)
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ImageError("not a PNG")
    across, down = struct.unpack(">II", data[16:24])
    source = "data:image/png;base64," + "".join(encoded.split())
    return f'<img src="{source}" alt="{escape(alt)}" width="{across / 2:.0f}" height="{down / 2:.0f}">'
