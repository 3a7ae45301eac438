import type { Clock } from "../ports/clock.ts";
import type { ExecutorNode } from "../ports/executors.ts";
import type { Log } from "../ports/log.ts";
import type { NodeProbe } from "../ports/node-probe.ts";
import type { ExecutorKeeper } from "./executor-keeper.ts";
import { KEEPER_LIMITS } from "./limits.ts";

export interface ProbeDeps {
  readonly appKey: string;
  readonly keeper: ExecutorKeeper;
  readonly probe: NodeProbe;
  readonly clock: Clock;
  readonly log: Log;
}

const PROBES_AT_ONCE = 6;

/** Asks listed nodes how they are, each ten seconds after it was last asked or heard; a slow one only once. */
export class ProbeRounds {
  readonly #deps: ProbeDeps;
  readonly #onDone: () => void;
  readonly #askedMs = new Map<string, number>();
  readonly #out = new Set<string>();
  #isStopped = false;

  /** `onDone` is called after each answer. */
  constructor(deps: ProbeDeps, onDone: () => void) {
    this.#deps = deps;
    this.#onDone = onDone;
  }

  /** Asks those whose time has come, as long as there is room. */
  run(nowMs: number): void {
    const nodes = this.#deps.keeper.listedWatched();
    const ids = new Set(nodes.map(({ id }) => id));
    for (const id of this.#askedMs.keys()) if (!ids.has(id)) this.#askedMs.delete(id);
    const due = nodes.filter(
      (node) => !this.#out.has(node.id) && this.#dueMs(node, nowMs) <= nowMs,
    );
    // Those that have waited longest go first.
    const asked = due.toSorted((a, b) => this.#dueMs(a, nowMs) - this.#dueMs(b, nowMs));
    for (const node of asked.slice(0, PROBES_AT_ONCE - this.#out.size)) void this.#ask(node, nowMs);
  }

  /** When `run` has something to do next; null when nothing, or when an answer comes first. */
  nextMs(nowMs: number): number | null {
    if (this.#isStopped || this.#out.size >= PROBES_AT_ONCE) return null;
    const dues = this.#deps.keeper
      .listedWatched()
      .filter((node) => !this.#out.has(node.id))
      .map((node) => this.#dueMs(node, nowMs));
    return dues.length === 0 ? null : Math.min(...dues);
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** A clock that was set back must not put it off: what lies ahead was just now. */
  #dueMs(node: ExecutorNode, nowMs: number): number {
    const asked = this.#askedMs.get(node.id) ?? 0;
    const lastMs = Math.min(nowMs, Math.max(asked, node.lastBeatMs ?? 0));
    const { beatEveryMs, leftAloneMs } = KEEPER_LIMITS;
    const aloneMs = node.healthReason === "left" ? node.healthSinceMs + leftAloneMs : 0;
    return Math.max(lastMs + beatEveryMs, Math.min(aloneMs, nowMs + leftAloneMs));
  }

  async #ask(node: ExecutorNode, nowMs: number): Promise<void> {
    if (this.#isStopped) return;
    const { appKey, keeper, probe, clock, log } = this.#deps;
    this.#askedMs.set(node.id, nowMs);
    this.#out.add(node.id);
    try {
      const { namespace, sealedSecret } = keeper.probeTarget(null, node.id);
      const { address } = node;
      const answer = await probe.probe({ namespace, appKey, address, sealedSecret });
      keeper.probed(node.id, answer, clock.nowMs());
    } catch (error) {
      log.error("A probe of a node failed.", { node: node.id, error: String(error) });
    } finally {
      this.#out.delete(node.id);
    }
    this.#onDone();
  }
}
