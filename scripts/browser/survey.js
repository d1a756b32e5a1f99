// What a reader would stumble over in a page as it is laid out now: a list of complaints.
() => {
  const found = [];
  const named = (element) => `<${element.localName}> ${(element.textContent || element.className || "").toString().trim().slice(0, 40)}`;
  const visible = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });

  // --- the page does not scroll sideways: what is wide scrolls in a box of its own
  const page = document.scrollingElement;
  if (page.scrollWidth > page.clientWidth) {
    const wide = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > page.clientWidth + 1);
    found.push(`is ${page.scrollWidth - page.clientWidth} px too wide: ${named(wide.at(-1) || page)}`);
  }

  // --- pictures have loaded, have a size and say what they show; figures have captions
  for (const picture of document.querySelectorAll("main img, main svg[role=img]")) {
    const words = picture.getAttribute("alt") || picture.getAttribute("aria-label") || "";
    const { width, height } = picture.getBoundingClientRect();
    if (words.trim() === "") found.push(`picture without alternative text in ${named(picture.closest("figure") || picture)}`);
    if (width < 40 || height < 40) found.push(`picture of ${width} × ${height} px: ${words}`);
    if (picture.localName === "img" && !(picture.complete && picture.naturalWidth > 0)) found.push(`picture not loaded: ${words}`);
  }
  for (const figure of document.querySelectorAll("figure[id]")) {
    const caption = (figure.querySelector("figcaption")?.textContent || "").replace(/^(Figure|Table) \d+\./, "");
    if (!/\w{2}/.test(caption)) found.push(`no caption: ${figure.id}`);
    if (!figure.querySelector("figcaption a[href$='.csv']")) found.push(`no data: ${figure.id}`);
  }

  // --- text stands out from its ground, by the ratio of the Web Content Accessibility Guidelines
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const over = ([r, g, b, alpha = 1], ground) => [r, g, b].map((value, i) => alpha * value + (1 - alpha) * ground[i]);
  const ground = (element) => {
    if (element === null) return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
    const color = channels(getComputedStyle(element).backgroundColor);
    return color.length === 3 ? color : over(color, ground(element.parentElement));
  };
  const luminance = (color) => {
    const [r, g, b] = color.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (element) => {
    const below = ground(element);
    const pair = [over(channels(getComputedStyle(element).color), below), below].map(luminance).sort((a, b) => b - a);
    return (pair[0] + 0.05) / (pair[1] + 0.05);
  };
  const faint = new Map();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || element.closest("svg, .anchor, script, style") || !visible(element)) continue;
    if (contrast(element) < 4.5) faint.set(`${element.localName}.${element.className}`, `${contrast(element).toFixed(1)} : 1 of ${named(element)}`);
  }
  for (const text of faint.values()) found.push(`faint text, ${text}`);
  return found;
};
