import { V7Generator } from "uuidv7";
import type { Ids } from "../ports/random.ts";

/** How far the clock may step back within one generator before its ids stop rising. */
const ROLLBACK_MS = 10_000;

/** Ids from the platform's cryptographic generator: UUIDv7 that rise within one process. */
export function createIds(): Ids {
  const generator = new V7Generator();
  return { next: (nowMs) => generator.generateOrResetCore(nowMs, ROLLBACK_MS).toString() };
}
