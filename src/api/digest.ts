import { createHash, timingSafeEqual } from "node:crypto";

/** SHA-256 in lower-case hex. The parts are joined by a byte that none of them contains. */
export function sha256Hex(...parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\u0000")).digest("hex");
}

/** Compares two digests without telling by the time it takes where they differ. */
export function isSameDigest(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
