import { BoundedMap } from "../core/bounded-map.ts";

const FRESH_MS = 1_000;
const KEYS_MAX = 100;

/** Answers everybody who asks the same within a second by one asking, however many they are. */
export class OnceASecond<T> {
  readonly #held = new BoundedMap<string, { readonly atMs: number; readonly answer: Promise<T> }>(
    KEYS_MAX,
  );

  /** `ask` must not reject: what it answers is held whatever it is. */
  of(key: string, nowMs: number, ask: () => Promise<T>): Promise<T> {
    const held = this.#held.get(key);
    if (held !== undefined && Math.abs(nowMs - held.atMs) < FRESH_MS) return held.answer;
    const answer = ask();
    this.#held.set(key, { atMs: nowMs, answer });
    return answer;
  }
}
