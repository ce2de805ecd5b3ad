// The Worker in which the engine runs. A message {id, name, arg} is a call of the engine's bridge; the answer is
// {id, answer, bytes}. The page ends the Worker where a call takes too long.

import "../wasm_exec.js";
import { unpacked } from "./unpack.js";

async function start() {
  const go = new Go();
  const { instance } = await WebAssembly.instantiate(await unpacked(new URL("../engine.wasm.lzma", import.meta.url)), go.importObject);
  // The program runs for as long as the Worker: it only ends where it fails, such as for lack of memory.
  const ended = () => postMessage({ ended: true });
  go.run(instance).then(ended, ended);
  postMessage({ ready: true });
}

const started = start().catch((err) => postMessage({ failed: String(err.message ?? err) }));

onmessage = async ({ data: { id, name, arg } }) => {
  await started;
  const { text, bytes } = self.chainrule.call(name, JSON.stringify(arg ?? {}));
  postMessage({ id, answer: JSON.parse(text), bytes }, bytes ? [bytes.buffer] : []);
};
