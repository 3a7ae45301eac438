import type { RunJson } from "../../src/api/run-json.ts";
import { GRACE_MS, TICK_MS, type Acknowledged, type TickingJob } from "./kill-load.ts";
import { nominalTimes, type Accounted } from "./ledger.ts";
import { attemptOf, nominalOf, runOf, type Arrival } from "./sink.ts";

/** A ticking job as the API shows it after the last heal. */
export interface TickingEvidence {
  readonly job: TickingJob;
  readonly createdMs: number;
  readonly pausedMs: number;
  readonly ledger: readonly Accounted[];
}

/** A kill takes a moment: a host of several processes is dead only when the last of them is. */
export interface Kill {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the sink saw and what the API says, to be held against each other. */
export interface KillEvidence {
  readonly ticking: readonly TickingEvidence[];
  readonly acknowledged: Acknowledged;
  readonly endedJobs: ReadonlySet<string>;
  readonly runs: ReadonlyMap<string, RunJson>;
  readonly arrivals: readonly Arrival[];
  readonly kills: readonly Kill[];
}

export interface KillVerdict {
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

/** An arrival may be written down this much after the kill that followed its sending. */
const LOG_LAG_MS = 1_000;

/**
 * Judges a kill test from outside, after the manner of Jepsen's checker for schedulers: what the sink
 * wrote down is compared with the nominal times by plain arithmetic, then with the tables, both ways.
 */
export function checkKills(evidence: KillEvidence): KillVerdict {
  const check = new KillCheck(evidence);
  for (const ticking of evidence.ticking) check.ticks(ticking);
  check.identities();
  check.resends();
  check.oneShots();
  check.runNows();
  check.ends();
  return { counts: Object.fromEntries(check.counts), violations: check.violations };
}

class KillCheck {
  readonly counts = new Map<string, number>();
  readonly violations: string[] = [];
  readonly #evidence: KillEvidence;
  readonly #byPath: ReadonlyMap<string, readonly Arrival[]>;
  readonly #byRun: ReadonlyMap<string, readonly Arrival[]>;
  /** Runs that may be sent once only. */
  readonly #atMostOnce: ReadonlySet<string>;
  readonly #runsOfJob: ReadonlyMap<string, readonly RunJson[]>;

  constructor(evidence: KillEvidence) {
    this.#evidence = evidence;
    this.#byPath = Map.groupBy(evidence.arrivals, ({ path }) => path);
    this.#byRun = Map.groupBy(evidence.arrivals, runOf);
    const once = evidence.ticking.filter(({ job }) => job.delivery === "at_most_once");
    const jobs = new Set(once.map(({ job }) => job.name));
    const runs = [...evidence.runs.values()].filter(({ job }) => jobs.has(job));
    this.#atMostOnce = new Set(runs.map(({ id }) => id));
    this.#runsOfJob = Map.groupBy(evidence.runs.values(), ({ job }) => job);
  }

  /** T1: each nominal time has one fate, and the fate is true. */
  ticks({ job, createdMs, pausedMs, ledger }: TickingEvidence): void {
    const { anchorMs, name } = job;
    const nominal = nominalTimes({
      anchorMs,
      everyMs: TICK_MS,
      fromMs: createdMs + 1,
      toMs: pausedMs,
    });
    const accounted = new Map<number, Accounted>();
    for (const tick of ledger) {
      if (accounted.has(tick.nominalMs)) this.#violate("accounted twice", name, tick.nominalMs);
      accounted.set(tick.nominalMs, tick);
    }
    this.#count("nominal", nominal.length);
    for (const nominalMs of nominal) {
      const tick = accounted.get(nominalMs);
      if (tick === undefined) this.#violate("not accounted for", name, nominalMs);
      else this.#tick(job, tick, accounted);
      accounted.delete(nominalMs);
    }
    for (const nominalMs of accounted.keys()) this.#violate("no nominal time", name, nominalMs);
    const fired = new Map(ledger.map(({ nominalMs, run }) => [nominalMs, run]));
    for (const arrival of this.#byPath.get(job.path) ?? []) {
      const nominalMs = nominalOf(arrival);
      if (fired.get(nominalMs) !== runOf(arrival))
        this.#violate("delivered, and not in the ledger as this run", name, nominalMs);
      if (arrival.atMs < nominalMs) this.#violate("delivered early", name, nominalMs);
    }
  }

  /** T2: no (job, nominal time) and no idempotency key under two run ids. */
  identities(): void {
    const ticks = this.#evidence.arrivals.filter(({ path }) => path !== "/manual");
    const byTick = Map.groupBy(ticks, (arrival) => {
      const job = arrival.path === "/once" ? String(JSON.parse(arrival.body).job) : arrival.path;
      return `${job} at ${nominalOf(arrival)}`;
    });
    const manual = this.#byPath.get("/manual") ?? [];
    const byKey = Map.groupBy(manual, ({ body }) => `key ${String(JSON.parse(body).params.key)}`);
    for (const [identity, arrivals] of [...byTick, ...byKey])
      if (new Set(arrivals.map(runOf)).size > 1)
        this.#violate("delivered under two runs", identity, null);
    this.#count("delivered", byTick.size + byKey.size);
  }

  /** A second sending of an attempt needs a crash between the two, and a job that allows it. */
  resends(): void {
    for (const [run, arrivals] of this.#byRun) {
      const [first] = arrivals;
      if (first === undefined) continue;
      if (arrivals.length > 1 && this.#atMostOnce.has(run))
        this.#violate("delivered more than once", `${first.path} ${run}`, nominalOf(first));
      for (const same of Map.groupBy(arrivals, attemptOf).values()) this.#resend(run, same);
    }
  }

  /** R1: what was acknowledged is there, has ended and was delivered. */
  oneShots(): void {
    const { acknowledged, endedJobs } = this.#evidence;
    const arrivals = Map.groupBy(this.#byPath.get("/once") ?? [], ({ body }) =>
      String(JSON.parse(body).job),
    );
    for (const { name, atMs } of acknowledged.oneShots) {
      if (!endedJobs.has(name)) this.#violate("an acknowledged one-shot is lost", name, atMs);
      const delivered = arrivals.get(name) ?? [];
      if (!delivered.some((arrival) => nominalOf(arrival) === atMs))
        this.#violate("an acknowledged one-shot was not delivered", name, atMs);
    }
    this.#count("oneShots", acknowledged.oneShots.length);
  }

  runNows(): void {
    const { acknowledged, runs } = this.#evidence;
    for (const { key, run } of acknowledged.runs) {
      if (!runs.has(run)) this.#violate("an acknowledged run is lost", `${key} ${run}`, null);
      const delivered = this.#byRun.get(run) ?? [];
      if (!delivered.some(({ body }) => JSON.parse(body).params.key === key))
        this.#violate("an acknowledged run was not delivered", `${key} ${run}`, null);
    }
    const runOfKey = new Map(acknowledged.runs.map(({ key, run }) => [key, run]));
    for (const { key, run } of acknowledged.repeats)
      if (runOfKey.get(key) !== run) this.#violate("a repeated key made another run", key, null);
    this.#count("runNows", acknowledged.runs.length);
    this.#count("repeats", acknowledged.repeats.length);
  }

  /** R6: after the heal every run has ended, as its target and the crashes made it, and none is missing. */
  ends(): void {
    const { runs } = this.#evidence;
    for (const run of runs.values()) {
      this.#count(`runs ${run.state}`, 1);
      if (!this.#hadCause(run))
        this.#violate(`a run is ${run.state}`, `${run.job} ${run.id}`, null);
    }
    for (const run of this.#byRun.keys())
      if (!runs.has(run)) this.#violate("a run that was delivered is lost", run, null);
  }

  #hadCause({ id, state, attempts, startedAt, createdAt, endedAt }: RunJson): boolean {
    if (state === "succeeded") return true;
    // Only targets that answer 500 now and then may use up all attempts.
    if (state === "failed")
      return attempts.every(({ status, outcome }) => status === 500 || outcome === "lost");
    return (
      state === "lost" &&
      this.#atMostOnce.has(id) &&
      this.#wasKilled({
        fromMs: Date.parse(startedAt ?? createdAt),
        toMs: Date.parse(endedAt ?? ""),
      })
    );
  }

  /** Whether the host was killed at some time within the span. */
  #wasKilled(span: Kill): boolean {
    return this.#evidence.kills.some(
      (kill) => kill.toMs >= span.fromMs && kill.fromMs <= span.toMs,
    );
  }

  #tick(job: TickingJob, tick: Accounted, ticks: ReadonlyMap<number, Accounted>): void {
    const { disposition, reason, nominalMs } = tick;
    this.#count(reason === null ? disposition : `${disposition} ${reason}`, 1);
    if (disposition === "fired") {
      this.#fired(job, tick);
      return;
    }
    const isTrue = this.#isTrue(job, tick, ticks);
    if (!isTrue) this.#violate(`untrue: ${disposition} ${reason ?? ""}`, job.name, nominalMs);
  }

  /** Whether what happened gave cause for a tick that did not run. */
  #isTrue(job: TickingJob, tick: Accounted, ticks: ReadonlyMap<number, Accounted>): boolean {
    const { disposition, reason, nominalMs, plannedMs } = tick;
    const isInTheWay = job.overlap === "skip" && this.#wasLive(job, tick);
    if (disposition === "skipped" && reason === "overlap") return isInTheWay;
    if (plannedMs - nominalMs <= GRACE_MS) return false;
    // The newest missed tick runs for the others, unless another run is in its way.
    if (disposition === "skipped" && reason === "misfire")
      return job.policy === "all" || isInTheWay;
    return disposition === "coalesced" && job.policy === "latest" && isCarried(tick, ticks);
  }

  #fired(job: TickingJob, { nominalMs, run }: Accounted): void {
    const row = this.#evidence.runs.get(run ?? "");
    if (row === undefined) {
      this.#violate("fired without a run", job.name, nominalMs);
      return;
    }
    if (this.#byRun.has(row.id)) return;
    // Whether it was killed before a byte had left, or lost for another reason, is said by `ends`.
    if (job.delivery === "at_most_once" && row.state === "lost") this.#count("lost undelivered", 1);
    else this.#violate(`fired and never delivered: ${row.state}`, job.name, nominalMs);
  }

  /** Whether another run of the job was live when the tick was skipped for one. */
  #wasLive(job: TickingJob, { nominalMs, plannedMs }: Accounted): boolean {
    return (this.#runsOfJob.get(job.name) ?? []).some((run) => {
      const isOver = run.endedAt !== null && Date.parse(run.endedAt) < plannedMs;
      const isOther = Date.parse(run.nominalAt) !== nominalMs;
      return isOther && !isOver && Date.parse(run.createdAt) <= plannedMs;
    });
  }

  #resend(run: string, sendings: readonly Arrival[]): void {
    for (const [i, later] of sendings.entries()) {
      const earlier = sendings[i - 1];
      if (earlier === undefined) continue;
      this.#count("sent again", 1);
      if (!this.#wasKilled({ fromMs: earlier.atMs - LOG_LAG_MS, toMs: later.atMs }))
        this.#violate("sent twice without a crash", `${later.path} ${run}`, nominalOf(later));
    }
  }

  #count(name: string, by: number): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }

  #violate(what: string, whose: string, nominalMs: number | null): void {
    const at = nominalMs === null ? "" : ` at ${new Date(nominalMs).toISOString()}`;
    this.violations.push(`${what}: ${whose}${at}`);
  }
}

/** Whether the tick that it went into is a later one that ran. */
function isCarried(
  { nominalMs, intoMs }: Accounted,
  ticks: ReadonlyMap<number, Accounted>,
): boolean {
  return intoMs !== null && intoMs > nominalMs && ticks.get(intoMs)?.disposition === "fired";
}
