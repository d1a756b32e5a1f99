// Interactive figures: a pointer, a finger or an arrow key reads the points of a curve, and an entry of the legend hides its
// curves. All that this needs is in the drawing: a group of curves says where its axes are (data-axes), and a curve has the
// name of the legend's entry that is drawn in the same style, as for a reader. None of it is printed.
(() => {
  const DOT = 14; // the largest dot, in the drawing's points
  const near = (pointer) => (pointer === "touch" ? 60 : 40); // how far from a curve still selects it, in pixels

  // --- what is drawn

  const vertices = (path) => path.getAttribute("d").match(/[MLA][^MLAZQC]*/g).map((step) => step.slice(1).split(/[\s,]+/).slice(-2).map(Number));
  const extent = (points, i) => Math.max(...points.map((p) => p[i])) - Math.min(...points.map((p) => p[i]));

  const same = (a, b) => a.every((channel, i) => Math.abs(channel - b[i]) <= 2); // colours, up to rounding
  const alike = (a, b, ...traits) => traits.every((trait) => (trait === "color" ? same(a.color, b.color) : a[trait] === b[trait]));

  // A path as a line, a dot (whose one point is its middle) or an area, or its outline, with the style that tells it from others.
  const drawn = (path) => {
    const { stroke, fill, strokeOpacity, fillOpacity, strokeDasharray } = path.style;
    const stroked = stroke !== "" && stroke !== "none";
    let points = vertices(path);
    const dot = extent(points, 0) < DOT && extent(points, 1) < DOT;
    const closed = points.length > 2 && points[0].join() === points.at(-1).join();
    const shape = path.getAttribute("d").replace(/[^MLAZ]/g, "");
    if (dot) {
      const corners = [...new Map(points.map((p) => [p.join(), p])).values()];
      points = [[0, 1].map((i) => corners.reduce((sum, p) => sum + p[i], 0) / corners.length)];
    }
    return {
      path, points, kind: dot ? "dot" : stroked && !closed ? "line" : "area",
      color: (stroked ? stroke : fill).match(/[\d.]+/g).map(Number), opacity: (stroked ? strokeOpacity : fillOpacity) || "1", pattern: dot ? shape : strokeDasharray || "none",
    };
  };

  // The entries of the legend after a group of curves, up to the next panel's background.
  const entriesBehind = (group) => {
    const entries = [];
    let thumbs = [];
    for (let next = group.nextElementSibling; next && next.style.fill !== "rgb(255, 255, 255)"; next = next.nextElementSibling) {
      if (next.localName === "path") thumbs.push(next);
      if (next.localName === "text" && thumbs.length > 0) {
        entries.push({ label: next.textContent, text: next, thumbs, style: drawn(thumbs.at(-1)), panel: group });
        thumbs = [];
      }
    }
    return entries;
  };

  // The entries that name a curve, from its panel's legend or else from another panel's: those of its colour that are most like it,
  // and those that stand for its pattern, in a colour that its panel does not use.
  const naming = (curve, entries, all) => {
    const search = (legend) => {
      const own = [["color", "kind", "pattern", "opacity"], ["color", "kind", "pattern"], ["color", "kind"], ["color"]];
      const found = own.map((traits) => legend.filter(({ style }) => alike(style, curve, ...traits))).find((names) => names.length > 0) || [];
      const beside = all.filter(({ panel }) => panel === curve.panel);
      return [found, legend.filter(({ style }) => alike(style, curve, "kind", "pattern") && !beside.some(({ color }) => same(color, style.color)))];
    };
    const [here, shapes] = search(entries.filter(({ panel }) => panel === curve.panel));
    const [there, others] = search(entries);
    const names = here.length > 0 ? here : there;
    return [...names, ...(shapes.length > 0 ? shapes : names.length > 0 && (names === there || curve.kind === "dot") ? others : [])];
  };

  const right = (group) => group.parentElement.closest("g[data-axes]"); // the panel whose right axis it is against, if any

  // What a figure contains: its curves in order, each with its axes and entries, and the entries.
  const read = (svg) => {
    const groups = [...svg.querySelectorAll("g[data-axes]")];
    const entries = groups.filter((group) => !right(group)).flatMap(entriesBehind);
    const all = groups.flatMap((group) => {
      const axes = JSON.parse(group.dataset.axes);
      return [...group.children].filter((child) => child.localName === "path").map((path) => ({ ...drawn(path), group, axes, panel: right(group) || group }));
    });
    all.forEach((curve) => { curve.entries = naming(curve, entries, all); });
    all.forEach((curve, i) => { // a band belongs to its line, which follows; dots on a line belong to it, and it precedes them
      const of = (line) => line && line.kind === "line" && alike(line, curve, "color", "group");
      const mate = curve.kind === "area" ? all[i + 1] : curve.kind === "dot" && all.slice(0, i).findLast(of);
      if (of(mate) && !curve.entries.some(({ style }) => style.kind === "dot")) Object.assign(curve, { entries: mate.entries, mate });
    });
    const named = groups.map(({ dataset }) => JSON.parse(dataset.axes).x).find(({ label }) => label) || {};
    all.forEach(({ axes: { x } }) => { if (x.ends.join() === named.ends?.join()) x.label = named.label; }); // panels that share an axis
    return { all, entries };
  };

  // Curves to be read: all dots of one style as one curve, and lines, except one that only smooths another.
  const readable = (all) => {
    const curves = [];
    for (const curve of all.filter(({ kind, mate }) => kind !== "area" && !mate)) {
      const other = curves.find((c) => alike(c, curve, "kind", "group", "color", "pattern"));
      if (other && curve.kind === "dot") other.points.push(...curve.points);
      else if (!other || other.opacity === curve.opacity || other.entries[0] !== curve.entries[0]) curves.push(curve);
    }
    curves.filter(({ kind }) => kind === "dot").forEach(({ points }) => points.sort((a, b) => a[0] - b[0]));
    return curves;
  };

  // --- numbers

  const value = ({ ends: [low, high], at: [from, to], log }, position) => {
    const share = (position - from) / (to - from);
    if (log) return Number((low * (high / low) ** share).toPrecision(3));
    const step = 10 ** Math.floor(Math.log10((high - low) / 1000));
    return Number((Math.round((low + share * (high - low)) / step) * step).toPrecision(6));
  };
  const words = (number) => {
    const size = Math.abs(number);
    const text = size === 0 || (size >= 1e-3 && size < 1e7) ? size.toLocaleString("en", { maximumSignificantDigits: 6 }) : size.toExponential().replace("+", "");
    return (number < 0 ? "−" : "") + text;
  };
  const sentence = ({ axes, entries }, point) => {
    const names = [...new Set(entries.map(({ label }) => label))].join(", ");
    const figures = [axes.x, axes.y].map((axis, i) => axis.label && `${axis.label} ${words(value(axis, point[i]))}`).filter(Boolean);
    return [names, figures.join(", ")].filter(Boolean).join(": ");
  };

  // --- a figure

  const set = (element, attributes) => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };

  const answer = (picture, svg, label) => {
    const { all, entries } = read(svg);
    const curves = readable(all);
    if (curves.length === 0) return;
    const plot = set(document.createElement("div"), { class: "plot", tabindex: 0, role: "application", "aria-label": `${label}: arrow keys read its curves` });
    const readout = set(document.createElement("div"), { class: "readout", role: "status" });
    const marker = set(document.createElementNS(svg.namespaceURI, "circle"), { class: "marker", r: 4 });
    picture.append(plot);
    plot.append(svg, readout);

    let at = null; // the curve that is read, and the number of its point
    const hide = () => { at = null; readout.textContent = ""; marker.remove(); };
    const visible = () => curves.filter(({ path }) => !path.classList.contains("off"));
    const show = (curve, number) => {
      at = { curve, number };
      const point = curve.points[number];
      set(marker, { cx: point[0], cy: point[1] });
      curve.group.append(marker);
      readout.textContent = sentence(curve, point);
      place();
    };
    // Above the point, or below it if there is no room, within the visible part of the picture.
    const place = () => {
      const [box, seen, spot] = [plot, picture, marker].map((element) => element.getBoundingClientRect());
      const [first, last] = [Math.max(box.left, seen.left), Math.min(box.right, seen.right) - readout.offsetWidth];
      const left = Math.max(first, Math.min(last, spot.left + spot.width / 2 - readout.offsetWidth / 2));
      const above = spot.top - readout.offsetHeight - 6;
      readout.style.left = `${left - box.left}px`;
      readout.style.top = `${(above < box.top ? spot.bottom + 6 : above) - box.top}px`;
    };

    for (const [moved, how] of [[picture, "scroll"], [window, "resize"]]) moved.addEventListener(how, () => { if (at) place(); });

    // --- the pointer

    const distance = ([x, y], [ax, ay], [bx, by]) => { // from a point to a segment of a line
      const [dx, dy] = [bx - ax, by - ay];
      const along = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
      return Math.hypot(x - ax - along * dx, y - ay - along * dy);
    };
    const gap = (p, q) => Math.hypot(p[0] - q[0], p[1] - q[1]);
    const nearest = (points, far) => points.reduce((best, p, i) => (far(p) < far(points[best]) ? i : best), 0);
    const point = (event) => {
      let best = { far: Infinity };
      for (const curve of visible()) {
        const matrix = curve.group.getScreenCTM();
        const local = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
        const here = [local.x, local.y];
        if (["x", "y"].some((axis, i) => here[i] < curve.axes[axis].at[0] - DOT || here[i] > curve.axes[axis].at[1] + DOT)) continue;
        const number = nearest(curve.points, (p) => gap(p, here));
        const stretches = curve.kind === "line" ? curve.points.slice(1).map((p, i) => distance(here, curve.points[i], p)) : [];
        const far = Math.min(gap(curve.points[number], here), ...stretches) * matrix.a;
        if (far < best.far) best = { far, curve, number };
      }
      if (best.far <= near(event.pointerType)) show(best.curve, best.number);
      else hide();
    };
    svg.addEventListener("pointermove", point);
    svg.addEventListener("pointerdown", point);
    svg.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") hide(); });

    // --- the keys

    const step = (by) => show(at.curve, Math.max(0, Math.min(at.curve.points.length - 1, at.number + by)));
    const turn = (by) => {
      const list = visible();
      const next = list[(list.indexOf(at.curve) + by + list.length) % list.length];
      const here = at.curve.points[at.number];
      show(next, nearest(next.points, (p) => Math.abs(p[0] - here[0])));
    };
    const keys = {
      ArrowRight: (fast) => step(fast), ArrowLeft: (fast) => step(-fast), ArrowDown: () => turn(1), ArrowUp: () => turn(-1),
      Home: () => step(-Infinity), End: () => step(Infinity), Escape: hide,
    };
    plot.addEventListener("keydown", (event) => {
      if (event.target !== plot || !keys[event.key] || event.ctrlKey || event.altKey || event.metaKey || visible().length === 0) return;
      event.preventDefault();
      if (at) keys[event.key](event.shiftKey ? 10 : 1);
      else if (event.key !== "Escape") show(visible()[0], 0);
      if (!at) return;
      marker.scrollIntoView({ block: "nearest", inline: "nearest" });
      place();
    });
    plot.addEventListener("blur", hide);

    // --- the legend

    const named = entries.filter((entry) => all.some((curve) => curve.entries.includes(entry)));
    const box = svg.getBoundingClientRect();
    for (const label of new Set(named.map((entry) => entry.label))) {
      const twins = named.filter((entry) => entry.label === label);
      const buttons = twins.map(({ text, thumbs }) => {
        const spots = [text, ...thumbs].map((part) => part.getBoundingClientRect());
        const [left, top] = [Math.min(...spots.map((s) => s.left)), Math.min(...spots.map((s) => s.top))];
        const [right, bottom] = [Math.max(...spots.map((s) => s.right)), Math.max(...spots.map((s) => s.bottom))];
        const button = set(document.createElement("button"), { class: "entry", type: "button", "aria-label": label });
        Object.assign(button.style, {
          left: `${(100 * (left - box.left)) / box.width}%`, top: `${(100 * (top - box.top)) / box.height}%`,
          width: `${(100 * (right - left)) / box.width}%`, height: `${(100 * (bottom - top)) / box.height}%`,
        });
        return button;
      });
      const toggle = (shown) => {
        buttons.forEach((button) => button.setAttribute("aria-pressed", shown));
        twins.forEach((entry) => { entry.off = !shown; [entry.text, ...entry.thumbs].forEach((part) => part.classList.toggle("dim", !shown)); });
        all.forEach((curve) => curve.path.classList.toggle("off", curve.entries.some(({ off }) => off)));
        if (at && at.curve.path.classList.contains("off")) hide();
      };
      buttons.forEach((button) => button.addEventListener("click", () => toggle(twins[0].off === true)));
      toggle(true);
      plot.append(...buttons);
    }
  };

  for (const picture of document.querySelectorAll("figure.card .picture")) {
    const svg = picture.querySelector("svg");
    if (svg) answer(picture, svg, picture.closest("figure").querySelector("figcaption .number").textContent.replace(/\.$/, ""));
  }
})();
