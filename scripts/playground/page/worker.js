// Runs in a worker, behind Go's own wasm_exec.js: starts the program, and hands requests on to it.
"use strict";
let training = false;

const unpacked = (base64) => {
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")), { headers: { "content-type": "application/wasm" } });
};

const ask = (request) => JSON.parse(globalThis.hw1(JSON.stringify(request)));

// Trains in short turns, between which the worker listens.
const train = () => {
  if (!training) return;
  const state = ask({ train: 50, epochs: 1e6 });
  training = !state.ended && !state.error;
  postMessage({ about: "state", answer: state });
  setTimeout(train, 0);
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
    training = false;
    postMessage({ about: "opening", answer: ask({ open: knobs }) });
  },
  run: () => {
    if (!training) { training = true; train(); }
  },
  pause: () => { training = false; },
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
