// What would be wrong with this page on paper of a given width and height in pixels: a list of complaints.
([width, height]) => {
  const found = [];
  const named = (element) => element.id || element.className || element.textContent.trim().slice(0, 40);
  for (const left of document.querySelectorAll("details.code, nav, .switch, .files, .anchor")) {
    if (left.checkVisibility()) found.push(`printed: <${left.localName} class="${left.className}">`);
  }
  for (const box of document.querySelectorAll("figure, .thumbnail, li")) {
    const { height: tall } = box.getBoundingClientRect();
    if (!box.checkVisibility()) continue;
    const table = box.querySelector("table"); // a long one goes on on the next page
    if (tall > height && !table) found.push(`${named(box)} is ${Math.round(tall)} px high`);
    if (tall <= height && getComputedStyle(box).breakInside !== "avoid") found.push(`${named(box)} may be cut`);
  }
  for (const inner of document.querySelectorAll("main *")) {
    const { right } = inner.getBoundingClientRect();
    if (right > width + 1 && !inner.closest("svg, math")) {
      found.push(`${inner.closest("figure")?.id || inner.localName} is ${Math.round(right - width)} px too wide`);
      break;
    }
  }
  return found;
};
