// Files that travel packed.

import { unlzma } from "./lzma.js";

/** unpacked returns the bytes of a file that was packed. */
export async function unpacked(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname}: the server answers ${response.status}`);
  return unlzma(new Uint8Array(await response.arrayBuffer()));
}
