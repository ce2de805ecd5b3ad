// What the packer of this page's server packs, LZMA, as Igor Pavlov's specification has it (LZMA SDK, lzma-specification,
// 2015). It is an LZ77 code, "copy n bytes from d bytes ago", whose every bit is guessed from what came before it and
// written by a range coder in the fewer places the better the guess was.

const fullProb = 2048, half = fullProb / 2, moveBits = 5; // probabilities of a 0, in 11 bits, and how fast they learn
const top = 2 ** 24; // the range is widened when it falls below
const states = 12; // of what the last steps were: literals, matches and repeated matches

const probabilities = (n) => new Uint16Array(n).fill(half);

/** unlzma returns the bytes that were packed. It throws an Error where the packed bytes are not whole. */
export function unlzma(packed) {
  const head = new DataView(packed.buffer, packed.byteOffset, 13);
  const properties = head.getUint8(0);
  const lc = properties % 9, lp = Math.floor(properties / 9) % 5, pb = Math.floor(properties / 45);
  const size = head.getUint32(5, true) + head.getUint32(9, true) * 2 ** 32;
  if (properties >= 225 || size > 2 ** 30) throw new Error("the file is not one that was packed by LZMA");
  const out = new Uint8Array(size);

  // The range coder: code lies in the range, which a bit cuts in two.
  let at = 14, range = 0xffffffff, code = 0;
  for (; at < 18; at++) code = ((code << 8) | packed[at]) >>> 0;

  function widen() {
    if (range >= top) return;
    range = (range << 8) >>> 0;
    code = ((code << 8) | packed[at++]) >>> 0;
  }

  function bit(probs, i) {
    const bound = (range >>> 11) * probs[i];
    if (code < bound) {
      range = bound;
      probs[i] += (fullProb - probs[i]) >> moveBits;
      widen();
      return 0;
    }
    range -= bound;
    code -= bound;
    probs[i] -= probs[i] >> moveBits;
    widen();
    return 1;
  }

  // evenBits reads n bits for which there is no guess.
  function evenBits(n) {
    let v = 0;
    for (; n > 0; n--) {
      range >>>= 1;
      v *= 2;
      if (code >= range) {
        code -= range;
        v++;
      }
      widen();
    }
    return v;
  }

  // tree reads n bits, the highest first, each guessed from those before it; reversedTree the lowest first.
  function tree(probs, from, n) {
    let m = 1;
    for (let i = 0; i < n; i++) m = (m << 1) | bit(probs, from + m);
    return m - (1 << n);
  }

  function reversedTree(probs, from, n) {
    let m = 1, v = 0;
    for (let i = 0; i < n; i++) {
      const b = bit(probs, from + m);
      m = (m << 1) | b;
      v |= b << i;
    }
    return v;
  }

  const lengths = () => ({ choice: probabilities(2), low: probabilities(16 << 3), middle: probabilities(16 << 3), high: probabilities(256) });

  // length reads the length of a match, less 2.
  function length(probs, place) {
    if (!bit(probs.choice, 0)) return tree(probs.low, place << 3, 3);
    if (!bit(probs.choice, 1)) return 8 + tree(probs.middle, place << 3, 3);
    return 16 + tree(probs.high, 0, 8);
  }

  const literals = probabilities(0x300 << (lc + lp));
  const isMatch = probabilities(states << 4), isRepeat = probabilities(states);
  const isNot0 = probabilities(states), isNot1 = probabilities(states), isNot2 = probabilities(states), isLong = probabilities(states << 4);
  const matchLength = lengths(), repeatLength = lengths();
  const slots = probabilities(4 << 6), special = probabilities(115), align = probabilities(16);

  // distance reads how far back a match is, less 1.
  function distance(n) {
    const slot = tree(slots, Math.min(n, 3) << 6, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const high = (2 | (slot & 1)) * 2 ** bits;
    if (slot < 14) return high + reversedTree(special, high - slot, bits);
    return high + evenBits(bits - 4) * 16 + reversedTree(align, 0, 4);
  }

  // literal reads a byte. After a match it is guessed from the byte that would have come next in it, as far as they agree.
  function literal(position, state, back) {
    const before = position > 0 ? out[position - 1] : 0;
    const from = 0x300 * (((position & ((1 << lp) - 1)) << lc) + (before >> (8 - lc)));
    let m = 1;
    if (state >= 7) {
      let expected = out[position - back - 1];
      while (m < 0x100) {
        const e = (expected >> 7) & 1;
        expected <<= 1;
        const b = bit(literals, from + ((1 + e) << 8) + m);
        m = (m << 1) | b;
        if (e !== b) break;
      }
    }
    while (m < 0x100) m = (m << 1) | bit(literals, from + m);
    return m & 0xff;
  }

  let state = 0, position = 0;
  let d0 = 0, d1 = 0, d2 = 0, d3 = 0; // the last four distances, less 1
  while (position < size) {
    if (at > packed.length + 8) throw new Error("the packed file ends too early");
    const place = position & ((1 << pb) - 1);
    if (!bit(isMatch, (state << 4) + place)) {
      out[position] = literal(position, state, d0);
      position++;
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    let n;
    if (!bit(isRepeat, state)) {
      n = length(matchLength, place) + 2;
      d3 = d2;
      d2 = d1;
      d1 = d0;
      d0 = distance(n - 2);
      state = state < 7 ? 7 : 10;
    } else {
      let single = false; // a single byte, at the last distance
      if (!bit(isNot0, state)) single = !bit(isLong, (state << 4) + place);
      else if (!bit(isNot1, state)) [d0, d1] = [d1, d0];
      else if (!bit(isNot2, state)) [d0, d1, d2] = [d2, d0, d1];
      else [d0, d1, d2, d3] = [d3, d0, d1, d2];
      n = single ? 1 : length(repeatLength, place) + 2;
      state = state >= 7 ? 11 : single ? 9 : 8;
    }
    if (d0 >= position || position + n > size) throw new Error("the packed file is damaged");
    for (const end = position + n; position < end; position++) out[position] = out[position - d0 - 1];
  }
  return out;
}
