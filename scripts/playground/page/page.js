// The page: it shows what the worker computes, and asks it for more.
"use strict";
const $ = (id) => document.getElementById(id);
const report = JSON.parse($("report").textContent);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const trouble = (text) => { $("trouble").textContent = text; $("trouble").hidden = !text; };
const say = (text) => { $("said").textContent = text; };
const short = (v) => (v === 0 ? "0" : Math.abs(v) >= 0.01 && Math.abs(v) < 1e4 ? String(+v.toPrecision(3)) : v.toExponential(2));

let worker;
const send = (message) => worker.postMessage(message);

// --- the knobs, and the address that remembers them

const fields = ["points", "noise", "activation", "optimizer", "rate", "decay", "batch", "seed"];
const first = { function: "sinc", points: 500, noise: 0, hidden: [5, 10, 10, 10, 10, 10, 5], activation: "leaky-relu", optimizer: "adam", rate: 0.001, decay: 0, batch: 0, seed: 1 };

function knobs() {
  const read = { function: $("function").value || $("own").value, hidden: [...document.querySelectorAll("#layers input")].map((i) => i.valueAsNumber || 0) };
  for (const name of fields) read[name] = $(name).type === "number" ? $(name).valueAsNumber || 0 : $(name).value;
  return read;
}

function setKnobs(k) {
  const named = [...$("function").options].some((o) => o.value && o.value === k.function);
  $("function").value = named ? k.function : "";
  if (!named) $("own").value = k.function;
  $("own-row").hidden = named;
  for (const name of fields) {
    $(name).value = k[name];
    if ($(name).value === "") $(name).value = first[name]; // a link had an unknown value
  }
  $("layers").replaceChildren();
  k.hidden.forEach(addLayer);
}

function addLayer(width) {
  const row = document.createElement("div"), n = $("layers").children.length + 1;
  row.innerHTML = `<input type="number" min="1" max="1000"><button type="button">−</button>`;
  row.firstChild.value = width;
  row.firstChild.setAttribute("aria-label", `Width of layer ${n}`);
  row.lastChild.setAttribute("aria-label", `Remove layer ${n}`);
  row.lastChild.addEventListener("click", () => {
    const rest = knobs().hidden.filter((_, i) => i !== [...$("layers").children].indexOf(row));
    setKnobs({ ...knobs(), hidden: rest });
    ($("layers").lastChild?.lastChild ?? $("add")).focus();
    changed();
  });
  $("layers").append(row);
}

const address = (k) => new URLSearchParams({ ...k, hidden: k.hidden.join("-") }).toString();

function fromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)), k = { ...first };
  for (const [name, value] of given) {
    if (name === "hidden") k.hidden = value.split("-").filter(Boolean).map(Number);
    else if (name in k) k[name] = typeof first[name] === "number" ? Number(value) : value;
  }
  return k;
}

// --- the training that is shown

let shown = null; // its opening, epochs, losses, norms, fit
let ghost = null; // a kept training
let stored = null; // the report's curves of this experiment
let shownKnobs = null; // the knobs of shown
let running = false;
let dirty = false;

function opened(opening) {
  const wrong = opening.error ?? "";
  setRunning(false);
  trouble(wrong);
  for (const id of ["start", "step", "reset", "keep"]) $(id).disabled = Boolean(wrong);
  if (wrong && !shown) $("numbers").textContent = "";
  if (wrong) return;
  shownKnobs = knobs();
  shown = { opening, epochs: [], losses: [], norms: [], every: 1, last: opening, rates: [] };
  stored = report.curves.find((c) => c.identity === opening.identity) ?? null;
  $("behind").textContent = stored ? `· behind it, ${stored.losses.length} seeds from the report, trained by XLA` : "";
  $("go").textContent = opening.go;
  dirty = true;
}

// Adds what is new. In long trainings, every second point is dropped, again and again.
const mostPoints = 3000;
function took(state) {
  const losses = state.losses ?? [], from = state.epoch - losses.length - (state.ended ? 1 : 0);
  losses.forEach((loss, i) => {
    const epoch = from + i + 1;
    if (epoch % shown.every && epoch !== 1) return;
    shown.epochs.push(epoch); shown.losses.push(loss); shown.norms.push(state.norms[i]);
  });
  if (shown.epochs.length > mostPoints) {
    shown.every *= 2;
    const kept = shown.epochs.map((e, i) => (e % shown.every === 0 || e === 1 ? i : -1)).filter((i) => i >= 0);
    for (const name of ["epochs", "losses", "norms"]) shown[name] = kept.map((i) => shown[name][i]);
  }
  shown.loss = losses.at(-1) ?? shown.loss;
  if (state.error || state.ended) {
    trouble(state.error ?? state.ended);
    setRunning(false);
  } else {
    shown.last = state;
    shown.rates = [...shown.rates.slice(-9), state.rate];
  }
  dirty = true;
}

function setRunning(on) {
  if (running && !on && shown?.losses.length) say(`Paused at epoch ${shown.last.epoch}, loss ${short(shown.loss)}.`);
  running = on;
  $("start").textContent = on ? "Pause" : "Start";
}

// --- charts

const hidden = { show: false };
const axis = (more) => ({ stroke: () => colour("soft"), grid: { stroke: () => colour("line"), width: 1 }, ticks: { show: false }, font: "12px system-ui", size: 48, ...more });
const powers = (_, values) => values.map((v) => (v === null ? "" : Math.log10(v) % 1 === 0 ? (v >= 1e-3 && v <= 1e4 ? String(v) : `1e${Math.log10(v)}`) : ""));

function chart(id, series, log) {
  const holder = $(id);
  const made = new uPlot({
    width: 300, height: 230, legend: { show: true, live: true }, cursor: { y: false, drag: { x: false, y: false } },
    scales: log ? { x: { time: false, distr: 3, range: (_, __, most) => [1, Math.max(100, most ?? 100)] }, y: { distr: 3 } } : { x: { time: false } },
    axes: log ? [axis({ values: powers, size: 30 }), axis({ values: powers })] : [axis({ size: 30 }), axis()],
    series: [{ label: log ? "epoch" : "x", value: (_, v) => (v == null ? "–" : short(v)) }, ...series.map((s) => ({ value: (_, v) => (v == null ? "–" : short(v)), points: hidden, ...s }))],
  }, [[], ...series.map(() => [])], holder);
  new ResizeObserver(() => made.setSize({ width: holder.clientWidth, height: 230 })).observe(holder);
  return made;
}

const line = (label, name, more) => ({ label, stroke: () => colour(name), width: 2, ...more });
const ghostly = { width: 1.5, dash: [4, 3] };
const isMine = (i) => stored && stored.knobs.seed + i === shownKnobs?.seed;
const behind = [0, 1, 2, 3, 4].map((i) => line("", "stored", { stroke: () => colour(isMine(i) ? "soft" : "stored"), width: 1, spanGaps: true }));
const points = { show: true, size: 3, fill: () => colour("points"), stroke: () => colour("points") };
let charts;

function makeCharts() {
  charts = {
    fit: chart("chart-fit", [line("function", "truth", { width: 1 }), { label: "points", stroke: () => colour("points"), paths: () => null, points, spanGaps: false }, line("ghost", "ghost", ghostly), line("fit", "fit")]),
    residual: chart("chart-residual", [line("ghost", "ghost", ghostly), line("residual", "fit")]),
    loss: chart("chart-loss", [...behind, line("ghost", "ghost", { ...ghostly, spanGaps: true }), line("loss", "fit", { spanGaps: true })], true),
    norm: chart("chart-norm", [line("ghost", "ghost", { ...ghostly, spanGaps: true }), line("norm", "norm", { spanGaps: true })], true),
  };
  for (const made of Object.values(charts)) label(made, []);
}

// Shows in a chart's legend only the curves that it has.
function label(made, names) {
  const rows = [...made.root.querySelectorAll(".u-legend .u-series")].slice(1);
  rows.forEach((row, i) => {
    row.hidden = !names[i];
    if (names[i]) row.querySelector(".u-label").textContent = names[i];
  });
}

const minus = (a, b) => a.map((v, i) => v - b[i]);
const nothing = [[], []];

// What a logarithmic axis can show: uPlot searches forever for ticks far below 1e-16.
const positive = (values) => values.map((v) => (v > 1e-16 ? v : null));

// Several curves on one axis, each with its own x.
const joined = (...tables) => uPlot.join(tables.map(([x, ...ys]) => (x.length ? [x, ...ys] : [[1], ...ys.map(() => [null])])));

function draw() {
  dirty = false;
  const { opening, last } = shown;
  const grid = opening.grid, g = ghost && ghost.opening;
  charts.fit.setData(joined([grid, opening.truth], [opening.x, opening.y], g ? [grid, ghost.last.fit] : nothing, [grid, last.fit]));
  charts.residual.setData([grid, g ? minus(ghost.last.fit, g.truth) : grid.map(() => null), minus(last.fit, opening.truth)]);
  const old = behind.map((_, i) => (stored?.losses[i] ? [stored.epochs.slice(0, stored.losses[i].length), stored.losses[i]] : nothing));
  charts.loss.setData(joined(...old, g ? [ghost.epochs, positive(ghost.losses)] : nothing, [shown.epochs, positive(shown.losses)]));
  charts.norm.setData(joined(g ? [ghost.epochs, positive(ghost.norms)] : nothing, [shown.epochs, positive(shown.norms)]));
  const kept = g && "ghost", seeds = behind.map((_, i) => stored?.losses[i] && `seed ${stored.knobs.seed + i}`);
  label(charts.fit, ["function", "points", kept, "fit"]);
  label(charts.residual, [kept, "residual"]);
  label(charts.loss, [...seeds, kept, "here"]);
  label(charts.norm, [kept, "here"]);
  drawPath($("chart-path"), last.path ?? [], last.shares);
  const rate = shown.rates.reduce((a, b) => a + b, 0) / Math.max(1, shown.rates.length);
  const loss = shown.losses.length ? `loss ${short(shown.loss)} · test ${short(last.test)} · ` : "";
  $("numbers").textContent = `${opening.parameters} parameters · epoch ${last.epoch} · ${loss}${rate ? `${Math.round(rate)} epochs/s` : "not trained yet"}`;
  describe();
}

function describe() {
  const { last, opening } = shown;
  const worst = Math.max(...minus(last.fit, opening.truth).map(Math.abs));
  $("chart-fit").setAttribute("aria-label", `The fit after ${last.epoch} epochs, off by at most ${short(worst)}`);
  $("chart-residual").setAttribute("aria-label", `The residual, at most ${short(worst)}`);
  $("chart-loss").setAttribute("aria-label", shown.losses.length ? `The loss, from ${short(shown.losses[0])} to ${short(shown.loss)}` : "No loss yet");
  $("chart-norm").setAttribute("aria-label", shown.norms.length ? `The gradient's norm, now ${short(shown.norms.at(-1))}` : "No gradient yet");
  $("chart-path").setAttribute("aria-label", last.shares ? `The path of the weights; its plane holds ${Math.round(100 * (last.shares[0] + last.shares[1]))} % of its variance` : "No path yet");
}

function drawPath(canvas, path, shares) {
  const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== width * ratio || canvas.height !== height * ratio) { canvas.width = width * ratio; canvas.height = height * ratio; }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  $("shares").textContent = shares ? `(${Math.round(100 * shares[0])} and ${Math.round(100 * shares[1])} % of its variance)` : "";
  if (path.length < 3) return;
  const [left, right] = [Math.min(...path.map((p) => p[0])), Math.max(...path.map((p) => p[0]))];
  const [low, high] = [Math.min(...path.map((p) => p[1])), Math.max(...path.map((p) => p[1]))];
  const scale = Math.min((width - 30) / (right - left || 1), (height - 30) / (high - low || 1));
  const at = ([x, y]) => [width / 2 + scale * (x - (left + right) / 2), height / 2 - scale * (y - (low + high) / 2)];
  pen.strokeStyle = colour("fit");
  pen.lineWidth = 2;
  pen.beginPath();
  path.forEach((p) => pen.lineTo(...at(p)));
  pen.stroke();
  for (const [p, name] of [[path[0], "points"], [path.at(-1), "norm"]]) {
    pen.fillStyle = colour(name);
    pen.beginPath();
    pen.arc(...at(p), 5, 0, 7);
    pen.fill();
  }
}

function frame() {
  if (dirty && shown && charts) draw();
  requestAnimationFrame(frame);
}

// --- what the buttons do

let waiting;
function changed() {
  clearTimeout(waiting);
  history.replaceState(null, "", `#${address(knobs())}`);
  waiting = setTimeout(() => send({ do: "open", knobs: knobs() }), 150);
}

const copy = async (text, button) => {
  const before = button.textContent;
  try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; } catch { button.textContent = "Not allowed: select it by hand"; }
  setTimeout(() => { button.textContent = before; }, 1500);
};

function listen() {
  report.curves.forEach((c, i) => $("preset").add(new Option([c.name, c.knobs.function, c.knobs.decay && `weight decay ${c.knobs.decay}`, c.knobs.batch && `batch ${c.knobs.batch}`].filter(Boolean).join(", "), i)));
  $("preset-row").hidden = report.curves.length === 0;
  $("preset").addEventListener("change", (event) => {
    event.stopPropagation();
    if ($("preset").value === "") return;
    setKnobs(report.curves[$("preset").value].knobs);
    changed();
  });
  $("function").addEventListener("change", () => { $("own-row").hidden = $("function").value !== ""; });
  $("add").addEventListener("click", () => { addLayer(10); changed(); });
  $("knobs").addEventListener("submit", (event) => event.preventDefault());
  $("knobs").addEventListener("change", () => { $("preset").value = ""; changed(); });
  $("start").addEventListener("click", () => {
    const on = !running;
    setRunning(on);
    if (on) say("Training.");
    send({ do: on ? "run" : "pause" });
  });
  $("step").addEventListener("click", () => {
    setRunning(false);
    send({ do: "pause" });
    send({ do: "step", epochs: 1 });
  });
  $("reset").addEventListener("click", () => send({ do: "open", knobs: knobs() }));
  $("keep").addEventListener("click", () => {
    ghost = { ...shown };
    say("Kept. The next training is drawn over it.");
    dirty = true;
  });
  $("copy").addEventListener("click", () => copy($("go").textContent, $("copy")));
  $("link").addEventListener("click", () => copy(`${location.href.split("#")[0]}#${address(knobs())}`, $("link")));
  addEventListener("hashchange", () => { setKnobs(fromAddress()); changed(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { dirty = true; digits?.draw(); });
}

const answers = {
  ready: () => {
    send({ do: "open", knobs: knobs() });
    if (report.networks.length) send({ do: "networks", networks: report.networks });
  },
  opening: opened,
  state: took,
  networks: (answer) => (answer.error ? trouble(answer.error) : digits?.ready()),
  reading: (answer) => digits?.show(answer),
  trouble: (answer) => trouble(answer.error),
};

function begin() {
  setKnobs(fromAddress());
  listen();
  const missing = ["WebAssembly", "Worker", "DecompressionStream"].find((name) => typeof globalThis[name] === "undefined");
  if (missing) {
    $("numbers").textContent = "";
    trouble(`This browser has no ${missing}, which training here needs; a newer Chrome, Edge, Firefox or Safari has it.`);
    return;
  }
  makeCharts();
  const code = [$("worker").textContent];
  worker = new Worker(URL.createObjectURL(new Blob(code, { type: "text/javascript" })));
  worker.onmessage = ({ data }) => answers[data.about](data.answer);
  worker.onerror = (event) => trouble(`The training cannot run here: ${event.message}`);
  send({ do: "start", wasm: $("wasm").textContent.trim() });
  requestAnimationFrame(frame);
}
