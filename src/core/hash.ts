/**
 * Four well-mixed 32-bit words of a text: MurmurHash3 x86-128 (Austin Appleby, public domain) reduced
 * to UTF-16 code units. Placement, jitter and tick identities stand on it, so it never changes.
 * It is not a cryptographic hash.
 */
export function hash128(text: string): readonly [number, number, number, number] {
  let [a, b, c, d] = [0x3c074a61, 0x0bb0e2e5, 0x5bd1e995, 0x7fb5d329];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ unit, 0x239b961b);
    b = c ^ Math.imul(b ^ unit, 0xab0e9789);
    c = d ^ Math.imul(c ^ unit, 0x38b34ae5);
    d = a ^ Math.imul(d ^ unit, 0xa1e38b93);
  }
  a = mix(a ^ text.length);
  b = mix(b + a);
  c = mix(c + b);
  d = mix(d + c);
  a = mix(a + d);
  return [a >>> 0, b >>> 0, c >>> 0, d >>> 0];
}

/** A whole number in [0, bound), even over texts; `bound` at most 2^48. */
export function hashBelow(text: string, bound: number): number {
  const [high, low] = hash128(text);
  return ((high & 0xffff) * 0x1_0000_0000 + low) % bound;
}

/** The finaliser of MurmurHash3: every bit of the input moves every bit of the output. */
export function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
