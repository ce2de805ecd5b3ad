// The Worker in which the engine runs. A message {id, name, arg} is a call of the engine's bridge; the answer is
// {id, answer, bytes}. The page ends the Worker where a call takes too long.
"use strict";

importScripts("../wasm_exec.js");

// unpacked returns the program's bytes. A host may have unpacked the file on the way, so what it is decides.
async function unpacked(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: the server answers ${response.status}`);
  const packed = await response.arrayBuffer();
  const head = new Uint8Array(packed, 0, 2);
  if (head[0] !== 0x1f || head[1] !== 0x8b) return packed;
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

async function start() {
  const go = new Go();
  const { instance } = await WebAssembly.instantiate(await unpacked("../engine.wasm.gz"), go.importObject);
  // The program runs for as long as the Worker: it only ends where it fails, such as for lack of memory.
  go.run(instance).then(() => postMessage({ ended: true }), () => postMessage({ ended: true }));
  postMessage({ ready: true });
}

const started = start().catch((err) => postMessage({ failed: String(err.message ?? err) }));

onmessage = async ({ data: { id, name, arg } }) => {
  await started;
  const { text, bytes } = self.chainrule.call(name, JSON.stringify(arg ?? {}));
  postMessage({ id, answer: JSON.parse(text), bytes }, bytes ? [bytes.buffer] : []);
};
