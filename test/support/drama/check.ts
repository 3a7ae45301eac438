import type { RunJson } from "../../../src/api/run-json.ts";
import type { WorkLine } from "./evidence.ts";
import { ITEMS } from "./jobs.ts";

export interface DramaEvidence {
  readonly work: readonly WorkLine[];
  /** Every run, slices' runs among them. */
  readonly runs: readonly RunJson[];
  /** Runs of fired ticks, as the ledgers tell. */
  readonly fired: readonly string[];
  /** From when on a node was to get nothing new. */
  readonly closed: readonly {
    readonly address: string;
    readonly fromMs: number;
    readonly toMs: number;
  }[];
}

export interface DramaVerdict {
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

/** Judges the drama by what the executors wrote down, and compares that with the tables, both ways. */
export function checkDrama(evidence: DramaEvidence): DramaVerdict {
  const check = new DramaCheck(evidence);
  check.ends();
  check.identities();
  check.deeds();
  check.slices();
  check.closedNodes();
  check.tokens();
  return { counts: Object.fromEntries(check.counts), violations: check.violations };
}

class DramaCheck {
  readonly counts = new Map<string, number>();
  readonly violations: string[] = [];
  readonly #evidence: DramaEvidence;
  readonly #byRun: ReadonlyMap<string, readonly WorkLine[]>;
  readonly #runs: ReadonlyMap<string, RunJson>;
  readonly #slices: ReadonlyMap<string, readonly RunJson[]>;

  constructor(evidence: DramaEvidence) {
    this.#evidence = evidence;
    this.#byRun = Map.groupBy(evidence.work, ({ run }) => run);
    this.#runs = new Map(evidence.runs.map((run) => [run.id, run]));
    this.#slices = Map.groupBy(
      evidence.runs.filter(({ trigger }) => trigger.kind === "shard"),
      ({ trigger }) => trigger.parent ?? "",
    );
  }

  /** Every run has ended, and well: there was always a node that could do it. */
  ends(): void {
    for (const run of this.#runs.values()) this.#end(run);
    for (const run of this.#evidence.fired)
      if (!this.#runs.has(run)) this.#violate("a fired tick's run is lost", run);
    this.#count("ticks fired", this.#evidence.fired.length);
  }

  /** One nominal time of a job, or one share of it, was never worked on under two identities. */
  identities(): void {
    const byDeed = Map.groupBy(this.#evidence.work, ({ job, nominalAt, shard }) =>
      shard === null ? `${job} ${nominalAt}` : `${job} ${nominalAt} ${shard.index}/${shard.total}`,
    );
    for (const [deed, lines] of byDeed)
      if (new Set(lines.map(({ run }) => run)).size > 1)
        this.#violate("done under two identities", deed);
    for (const { run, job } of this.#evidence.work)
      if (!this.#runs.has(run)) this.#violate("worked on, and not in the records", `${job} ${run}`);
  }

  /** What succeeded was done; at least once, and mostly once. */
  deeds(): void {
    for (const run of this.#runs.values()) {
      if (run.shards !== null || run.state !== "succeeded") continue;
      const done = (this.#byRun.get(run.id) ?? []).filter(({ what }) => what === "end").length;
      if (done === 0) this.#violate("succeeded, and nobody did it", `${run.job} ${run.id}`);
      if (done > 1) this.#count("done more than once");
    }
  }

  /** Every item is in exactly one share of its run, and done. */
  slices(): void {
    for (const run of this.#runs.values()) {
      if (!run.job.startsWith("items") || run.shards === null) continue;
      const items = (this.#slices.get(run.id) ?? []).flatMap(({ shard }) => shard?.items ?? []);
      const isWhole = items.length === ITEMS.length && ITEMS.every((item) => items.includes(item));
      if (isWhole) this.#count("runs over all items");
      else this.#violate("items are missing or doubled", `${run.job} ${run.id}`);
    }
  }

  closedNodes(): void {
    for (const run of this.#runs.values())
      for (const { node, sentAt } of run.attempts) {
        const sentMs = Date.parse(sentAt);
        const isClosed = this.#evidence.closed.some(
          ({ address, fromMs, toMs }) => address === node && sentMs > fromMs && sentMs < toMs,
        );
        if (isClosed) this.#violate("sent to a node that was closed", `${run.job} ${run.id}`);
      }
  }

  /** Nobody was ever refused for a secret that had changed. */
  tokens(): void {
    for (const run of this.#runs.values())
      for (const { status } of run.attempts)
        if (status === 401 || status === 403)
          this.#violate("a delivery's token was refused", run.id);
  }

  #end(run: RunJson): void {
    const { state, job, id, error, attempts } = run;
    const isSlice = run.trigger.kind === "shard";
    this.#count(`${isSlice ? "shards" : "runs"} ${state}`);
    if (attempts.length > 1) this.#count("runs tried again");
    // A broadcast's slice has one node only, and that may be gone; its run is content with any.
    if (state === "succeeded" || (isSlice && job.startsWith("broadcast"))) return;
    this.#violate(`a run is ${state}`, `${job} ${id} ${error?.message ?? ""}`);
  }

  #count(name: string, by: number = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }

  #violate(what: string, whose: string): void {
    this.violations.push(`${what}: ${whose}`);
  }
}
