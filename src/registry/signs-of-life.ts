import type { ExecutorNode } from "../ports/executors.ts";
import type { StoredBeats } from "../ports/executor-storage.ts";
import type { UsedToken } from "../ports/executor-commands.ts";
import { KEEPER_LIMITS } from "./limits.ts";
import { silenceDueMs } from "./node-life.ts";
import { UsedTokens } from "./used-tokens.ts";

/**
 * What comes too often to be a row each time: when nodes were last heard, what they have in flight, which
 * secrets and tokens were used. One row, stored at most every five seconds.
 */
export class SignsOfLife {
  readonly tokens = new UsedTokens();
  readonly #lastBeatMs = new Map<string, number>();
  readonly #inFlight = new Map<string, number>();
  readonly #secretUsedMs = new Map<string, number>();
  /** Since when silence is counted: the last sign of life, or later when nobody could have heard one. */
  readonly #heardMs = new Map<string, number>();
  #writtenMs = 0;
  #isUnwritten = false;

  /** Something is not stored yet. */
  get isUnwritten(): boolean {
    return this.#isUnwritten;
  }

  /** When it is to be stored; null when all is. */
  get dueMs(): number | null {
    return this.#isUnwritten ? this.#writtenMs + KEEPER_LIMITS.beatsEveryMs : null;
  }

  isDue(nowMs: number): boolean {
    if (this.dueMs === null) return false;
    // A clock that was set back must not put it off.
    return nowMs >= this.dueMs || nowMs < this.#writtenMs;
  }

  beat(nodeId: string, inFlight: number | null, nowMs: number): void {
    this.#heardMs.set(nodeId, nowMs);
    this.#lastBeatMs.set(nodeId, nowMs);
    if (inFlight !== null) this.#inFlight.set(nodeId, inFlight);
    this.#isUnwritten = true;
  }

  useToken(token: UsedToken, nowMs: number): void {
    this.tokens.use(token);
    this.#secretUsedMs.set(token.secretId, nowMs);
    this.#isUnwritten = true;
  }

  /** Begins to count the silence of a node that nobody listened to before. */
  listenFrom(nodeId: string, nowMs: number): void {
    this.#heardMs.set(nodeId, nowMs);
  }

  lastBeatMs(nodeId: string): number | null {
    return this.#lastBeatMs.get(nodeId) ?? null;
  }

  inFlight(nodeId: string): number | null {
    return this.#inFlight.get(nodeId) ?? null;
  }

  secretUsedMs(secretId: string): number | null {
    return this.#secretUsedMs.get(secretId) ?? null;
  }

  heardMs(node: ExecutorNode): number {
    return this.#heardMs.get(node.id) ?? node.lastBeatMs ?? node.registeredMs;
  }

  /** Nobody listened for a while: silence until now proves nothing beyond `silenceMsMax` of it. */
  excuse(nowMs: number, silenceMsMax: number): void {
    const fromMs = nowMs - silenceMsMax;
    for (const [id, heardMs] of this.#heardMs) this.#heardMs.set(id, Math.max(heardMs, fromMs));
  }

  /** The clock fell back: what lies ahead of it was heard just now. */
  clamp(nowMs: number): void {
    for (const [id, heardMs] of this.#heardMs) this.#heardMs.set(id, Math.min(heardMs, nowMs));
    for (const [id, beatMs] of this.#lastBeatMs) this.#lastBeatMs.set(id, Math.min(beatMs, nowMs));
  }

  forget(nodeId: string): void {
    for (const map of [this.#lastBeatMs, this.#inFlight, this.#heardMs]) map.delete(nodeId);
  }

  clear(): void {
    for (const map of [this.#lastBeatMs, this.#inFlight, this.#heardMs]) map.clear();
  }

  /** What is stored now. */
  row(nowMs: number): StoredBeats {
    return {
      writtenMs: nowMs,
      lastBeatMs: Object.fromEntries(this.#lastBeatMs),
      inFlight: Object.fromEntries(this.#inFlight),
      secretUsedMs: Object.fromEntries(this.#secretUsedMs),
      tokens: this.tokens.rows(nowMs),
    };
  }

  written(nowMs: number): void {
    this.#writtenMs = nowMs;
    this.#isUnwritten = false;
  }

  /**
   * Takes over what was stored. Newer signs may have been lost with the memory, so silence counts from a
   * little later; and if the keeper should have woken long ago, it was away itself and nobody is to blame.
   */
  reset(stored: StoredBeats | null, watched: readonly ExecutorNode[], nowMs: number): void {
    this.clear();
    this.#secretUsedMs.clear();
    const { writtenMs, lastBeatMs, inFlight, secretUsedMs, tokens } = stored ?? NO_BEATS;
    this.tokens.reset(tokens);
    for (const [id, ms] of Object.entries(lastBeatMs)) this.#lastBeatMs.set(id, ms);
    for (const [id, count] of Object.entries(inFlight)) this.#inFlight.set(id, count);
    for (const [id, ms] of Object.entries(secretUsedMs)) this.#secretUsedMs.set(id, ms);
    this.#writtenMs = writtenMs;
    this.#isUnwritten = false;
    this.#listenAnew(watched, nowMs);
  }

  #listenAnew(watched: readonly ExecutorNode[], nowMs: number): void {
    const { beatsEveryMs: graceMs, lateMs, suspectAfterMs } = KEEPER_LIMITS;
    let dueMs = Infinity;
    for (const node of watched) {
      const lastMs = this.lastBeatMs(node.id) ?? node.lastBeatMs ?? node.registeredMs;
      const heardMs = Math.min(nowMs, lastMs + graceMs);
      this.#heardMs.set(node.id, heardMs);
      dueMs = Math.min(dueMs, silenceDueMs(node, heardMs) ?? Infinity);
    }
    if (nowMs > dueMs + lateMs) this.excuse(nowMs, suspectAfterMs - graceMs);
  }
}

const NO_BEATS: StoredBeats = {
  writtenMs: 0,
  lastBeatMs: {},
  inFlight: {},
  secretUsedMs: {},
  tokens: [],
};
