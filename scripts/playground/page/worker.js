// Runs in a worker, behind Go's own wasm_exec.js: starts the program and passes requests on to it.
"use strict";
let training = 0; // the number of the loop that trains, 0 for none
let loops = 0;

const unpacked = (base64) => {
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")), { headers: { "content-type": "application/wasm" } });
};

const ask = (request) => JSON.parse(globalThis.hw1(JSON.stringify(request)));

// Trains in short turns, between which the worker listens: a stopped loop must not go on when the next starts.
const train = (loop) => {
  if (training !== loop) return;
  const state = ask({ train: 80, epochs: 1e6 });
  if (state.ended || state.error) training = 0;
  postMessage({ about: "state", answer: state });
  setTimeout(train, 0, loop);
};

const actions = {
  start: async ({ wasm }) => {
    const go = new Go();
    go.env = { GOMLX_BACKEND: "go:ops_sequential" };
    const { instance } = await WebAssembly.instantiateStreaming(unpacked(wasm), go.importObject);
    go.run(instance);
    postMessage({ about: "ready" });
  },
  open: ({ knobs }) => {
    training = 0;
    postMessage({ about: "opening", answer: ask({ open: knobs }) });
  },
  run: () => {
    training = ++loops;
    train(training);
  },
  pause: () => { training = 0; },
  step: ({ epochs }) => postMessage({ about: "state", answer: ask({ train: 1e6, epochs }) }),
  networks: ({ networks }) => postMessage({ about: "networks", answer: ask({ networks }) }),
  read: ({ pixels, centre }) => postMessage({ about: "reading", answer: ask({ read: pixels, centre }) }),
};

onmessage = async ({ data }) => {
  try {
    await actions[data.do](data);
  } catch (error) {
    postMessage({ about: "trouble", answer: { error: String(error.message ?? error) } });
  }
};
