// Draws a digit, and shows how the networks read it.
const side = 28;

const digits = $("pad") && (() => {
  let pixels = new Float32Array(side * side), last = null, cursor = null, asked = false, again = false, alive = false;
  const pad = $("pad"), pen = pad.getContext("2d");

  // One request at a time: of what is drawn meanwhile, only the last counts.
  const ask = () => {
    if (!alive || asked) { again = asked; return; }
    asked = true;
    send({ do: "read", pixels: [...pixels], centre: $("centre").checked });
  };

  // Ink around a point in pixels, softer at its rim.
  const ink = (x, y, amount = 1) => {
    for (let j = Math.floor(y) - 2; j <= y + 2; j++) {
      for (let i = Math.floor(x) - 2; i <= x + 2; i++) {
        if (i < 0 || j < 0 || i >= side || j >= side) continue;
        const value = Math.max(0, Math.min(1, 1.7 - Math.hypot(i + 0.5 - x, j + 0.5 - y)));
        const at = j * side + i;
        pixels[at] = amount > 0 ? Math.max(pixels[at], value) : value > 0.5 ? 0 : pixels[at];
      }
    }
  };

  const stroke = (x, y) => {
    const from = last ?? [x, y], steps = Math.ceil(2 * Math.hypot(x - from[0], y - from[1])) || 1;
    for (let s = 1; s <= steps; s++) ink(from[0] + ((x - from[0]) * s) / steps, from[1] + ((y - from[1]) * s) / steps);
    last = [x, y];
    draw();
    ask();
  };

  const paint = (canvas, colours) => {
    const own = new OffscreenCanvas(side, side), data = new ImageData(side, side);
    colours.forEach((c, i) => data.data.set(c, 4 * i));
    own.getContext("2d").putImageData(data, 0, 0);
    const to = canvas.getContext("2d");
    to.imageSmoothingEnabled = false;
    to.drawImage(own, 0, 0, canvas.width, canvas.height);
  };
  const grey = (v) => { const c = Math.round(255 * (1 - v)); return [c, c, c, 255]; };

  function draw() {
    paint(pad, [...pixels].map(grey));
    if (!cursor || document.activeElement !== pad) return;
    pen.strokeStyle = "#d03020";
    pen.lineWidth = 2;
    pen.strokeRect(cursor[0] * 10 + 1, cursor[1] * 10 + 1, 8, 8);
  }

  const place = (event) => {
    const box = pad.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * side, ((event.clientY - box.top) / box.height) * side];
  };

  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const key = (event) => {
    cursor ??= [side / 2, side / 2];
    const move = moves[event.key];
    if (move) cursor = cursor.map((v, i) => Math.max(0, Math.min(side - 1, v + move[i])));
    else if (event.key === " ") { ink(cursor[0] + 0.5, cursor[1] + 0.5); ask(); }
    else if (event.key === "Delete" || event.key === "Backspace") { ink(cursor[0] + 0.5, cursor[1] + 0.5, -1); ask(); }
    else return;
    if (move && event.shiftKey) { ink(cursor[0] + 0.5, cursor[1] + 0.5); ask(); }
    event.preventDefault();
    draw();
  };

  const rows = [];
  function makeTable() {
    const head = $("answers").createTHead().insertRow();
    head.innerHTML = `<th scope="col">digit</th>${report.networks.map(() => `<th scope="col"></th>`).join("")}`;
    report.networks.forEach((n, i) => { head.cells[i + 1].textContent = n.name; $("whose").add(new Option(n.name, i)); });
    const body = $("answers").createTBody();
    for (let digit = 0; digit < 10; digit++) {
      const row = body.insertRow();
      row.innerHTML = `<th scope="row">${digit}</th>${report.networks.map(() => `<td><span class="bar"></span><span class="share"></span></td>`).join("")}`;
      rows.push(row);
    }
  }

  let reading = null;
  const best = (answer) => answer.probabilities.indexOf(Math.max(...answer.probabilities));
  function show(answer) {
    asked = false;
    if (again) { again = false; ask(); }
    if (answer.error) { trouble(answer.error); return; }
    reading = answer;
    answer.answers.forEach((a, n) => a.probabilities.forEach((p, digit) => {
      const cell = rows[digit].cells[n + 1];
      cell.className = digit === best(a) ? "best" : "";
      cell.firstChild.style.width = `${(100 * p).toFixed(1)}%`;
      cell.lastChild.textContent = `${(100 * p).toFixed(1)} %`;
      cell.dataset.p = p;
    }));
    $("read").textContent = answer.answers.map((a, n) => `${report.networks[n].name}: ${best(a)}`).join(" · ");
    paint($("seen"), answer.image.map(grey));
    showGradient();
  }

  function showGradient() {
    if (!reading) return;
    const gradient = reading.answers[$("whose").value || 0].gradient, most = Math.max(...gradient.map(Math.abs)) || 1;
    paint($("gradient"), gradient.map((v, i) => {
      const strength = Math.abs(v) / most, shade = 235 - 60 * reading.image[i];
      const other = Math.round(shade * (1 - strength));
      return v > 0 ? [Math.round(shade), other, other, 255] : [other, other, Math.round(shade), 255];
    }));
  }

  function makeDisputed() {
    report.images.forEach((image, i) => {
      const bytes = Uint8Array.from(atob(image.pixels), (c) => c.charCodeAt(0));
      const button = document.createElement("button"), canvas = document.createElement("canvas");
      button.type = "button";
      canvas.width = canvas.height = 56;
      paint(canvas, [...bytes].map((v) => grey(v / 255)));
      button.append(canvas, `a ${image.label}, read as ${image.said.join(", ")}`);
      button.addEventListener("click", () => {
        pixels = Float32Array.from(bytes, (v) => v / 255);
        $("centre").checked = false; // it is centred already
        draw();
        ask();
      });
      $("disputed").append(button);
    });
  }

  pad.addEventListener("pointerdown", (event) => { event.preventDefault(); pad.focus(); pad.setPointerCapture(event.pointerId); last = null; cursor = null; stroke(...place(event)); });
  pad.addEventListener("pointermove", (event) => { if (event.buttons) stroke(...place(event)); });
  pad.addEventListener("keydown", key);
  pad.addEventListener("focus", draw);
  pad.addEventListener("blur", draw);
  $("clear").addEventListener("click", () => { pixels = new Float32Array(side * side); $("centre").checked = true; draw(); ask(); });
  $("centre").addEventListener("change", ask);
  $("whose").addEventListener("change", showGradient);
  makeTable();
  makeDisputed();
  draw();
  return { show, draw, last: () => reading, settled: () => reading !== null && !asked && !again, ready: () => { alive = true; ask(); } };
})();

begin();
