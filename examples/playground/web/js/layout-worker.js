// The Worker in which Graphviz runs. A message {id, dots} is answered with {id, texts}, what Graphviz says in its format
// json0, or with {id, failed}.

import { unpacked } from "./unpack.js";

async function start() {
  const script = await unpacked(new URL("../vendor/viz/viz.js.lzma", import.meta.url));
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const { instance } = await import(address);
  URL.revokeObjectURL(address);
  return instance();
}

const started = start();

onmessage = async ({ data: { id, dots } }) => {
  try {
    const viz = await started;
    postMessage({ id, texts: dots.map((dot) => viz.renderString(dot, { engine: "dot", format: "json0" })) });
  } catch (err) {
    postMessage({ id, failed: String(err.message ?? err) });
  }
};
