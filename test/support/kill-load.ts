import { setTimeout as sleep } from "node:timers/promises";
import type { HostClient } from "./host-client.ts";
import type { Got } from "./open-api.ts";
import { Dice } from "./prng.ts";
import type { Arrival, Sink, SinkAnswer } from "./sink.ts";

/** A job that fires each second, and what was chosen for it. */
export interface TickingJob {
  readonly name: string;
  readonly path: string;
  readonly anchorMs: number;
  readonly behaviour: "prompt" | "slow" | "flaky" | "async";
  readonly policy: "latest" | "all";
  readonly overlap: "skip" | "allow";
  readonly delivery: "at_least_once" | "at_most_once";
}

/** What the host has said yes to besides the ticking jobs. */
export interface Acknowledged {
  readonly oneShots: { readonly name: string; readonly atMs: number }[];
  readonly runs: { readonly key: string; readonly run: string }[];
  /** Orders that were sent again later, often after a crash, and the run that came back. */
  readonly repeats: { readonly key: string; readonly run: string }[];
}

/** A request for a run, as it may be sent again. */
interface RunOrder {
  readonly path: string;
  readonly body: unknown;
  readonly key: string;
}

export const TICK_MS = 1_000;
export const GRACE_MS = 1_000;
const SPREAD_MS = 5;
const MANUAL_JOBS = 8;
const CALLERS = 3;
const RETRY = {
  max: 5,
  backoff: { kind: "exponential", base: "50ms", factor: 2, max: "500ms" },
} as const;

/** How often each is chosen. Only a slow answer is likely to be out when the host is killed. */
const BEHAVIOURS = ["prompt", "slow", "flaky", "async", "prompt"] as const;

/** The ticking jobs: every mix of policies, their nominal times spread over the second. */
export function planJobs(count: number, startMs: number): readonly TickingJob[] {
  return Array.from({ length: count }, (_, i) => {
    const behaviour = BEHAVIOURS[i % BEHAVIOURS.length] ?? "prompt";
    const name = `tick-${String(i).padStart(3, "0")}`;
    const mayBeLost = (behaviour === "prompt" || behaviour === "slow") && i % 2 === 0;
    return {
      name,
      path: `/${behaviour}/${name}`,
      anchorMs: startMs + i * SPREAD_MS,
      behaviour,
      policy: i % 2 === 0 ? "latest" : "all",
      overlap: i % 3 === 0 ? "skip" : "allow",
      delivery: mayBeLost ? "at_most_once" : "at_least_once",
    };
  });
}

/** Everything that is asked of the host while it is killed again and again. */
export class KillLoad {
  readonly acknowledged: Acknowledged = { oneShots: [], runs: [], repeats: [] };
  readonly #client: () => HostClient;
  readonly #sink: Sink;
  readonly #dice: Dice;
  readonly #orders: RunOrder[] = [];
  readonly #callbacks = new Set<Promise<void>>();
  #callers: Promise<void>[] = [];
  #isRunning = true;
  #serial = 0;

  constructor(client: () => HostClient, sink: Sink, seed: number) {
    this.#client = client;
    this.#sink = sink;
    this.#dice = new Dice(seed, "load");
  }

  /** Creates the jobs, each until it is acknowledged. */
  async create(jobs: readonly TickingJob[]): Promise<void> {
    for (const job of jobs) this.#answerFor(job);
    const manual = Array.from({ length: MANUAL_JOBS }, (_, i) => ({
      name: `manual-${i}`,
      schedule: { kind: "manual" },
      target: { kind: "webhook", url: `${this.#sink.url}/manual` },
    }));
    const bodies = [...jobs.map((job) => this.#bodyOf(job)), ...manual];
    for (let i = 0; i < bodies.length; i += 20)
      // oxlint-disable-next-line no-await-in-loop -- A bounded number at once.
      await Promise.all(bodies.slice(i, i + 20).map((body) => this.#persist("/jobs", body)));
  }

  start(): void {
    this.#callers = Array.from({ length: CALLERS }, () => this.#call());
  }

  /** Ends the callers, and waits until the last callback was taken. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    await Promise.all(this.#callers);
    await Promise.all(this.#callbacks);
  }

  async #call(): Promise<void> {
    while (this.#isRunning) {
      // A caller does one thing after the other.
      // oxlint-disable-next-line no-await-in-loop
      await this.#askSomething();
      // oxlint-disable-next-line no-await-in-loop
      await sleep(this.#dice.int(10, 120));
    }
  }

  #askSomething(): Promise<void> {
    const draw = this.#dice.next();
    if (draw < 0.4) return this.#createOneShot();
    return draw < 0.6 && this.#orders.length > 0 ? this.#repeat() : this.#runNow();
  }

  async #createOneShot(): Promise<void> {
    const name = `once-${this.#serial++}`;
    const atMs = Date.now() + this.#dice.int(300, 3_000);
    const got = await this.#persist("/jobs", {
      name,
      schedule: { kind: "at", at: new Date(atMs).toISOString() },
      target: { kind: "webhook", url: `${this.#sink.url}/once` },
      retry: RETRY,
    });
    // Its time may pass while no host is there to be told of it: then it is refused, and not made.
    if (got.status === 201) this.acknowledged.oneShots.push({ name, atMs });
  }

  async #runNow(): Promise<void> {
    const key = `key-${this.#serial++}`;
    const later = this.#dice.chance(0.3) ? { delay: `${this.#dice.int(100, 2_000)}ms` } : {};
    const job = `manual-${this.#dice.int(0, MANUAL_JOBS - 1)}`;
    const order = {
      path: `/jobs/${job}/runs?overlap=allow`,
      body: { params: { key }, ...later },
      key,
    };
    this.acknowledged.runs.push({ key, run: await this.#order(order) });
    this.#orders.push(order);
  }

  /** Sends an order again that was acknowledged, perhaps before a crash. */
  async #repeat(): Promise<void> {
    const order = this.#orders[this.#dice.int(0, this.#orders.length - 1)];
    if (order === undefined) return;
    this.acknowledged.repeats.push({ key: order.key, run: await this.#order(order) });
  }

  async #order({ path, body, key }: RunOrder): Promise<string> {
    const got = await this.#persist(path, body, key);
    if (got.status === 202 || got.status === 200) return got.json.id;
    throw new Error(`run-now: ${got.status}: ${got.text}`);
  }

  /** Asks under one idempotency key until somebody answers, as a careful caller does. */
  async #persist(path: string, body: unknown, key: string = crypto.randomUUID()): Promise<Got> {
    const headers = { "idempotency-key": key };
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- Each try follows the one before it.
      const got = await this.#client()
        .ask("POST", `/api/v1${path}`, { headers, body })
        .catch(() => null);
      const isAnswered = got !== null && got.status < 500 && got.status !== 429;
      if (isAnswered && got.json.code !== "idempotency.in_flight") return got;
      // oxlint-disable-next-line no-await-in-loop
      await sleep(30);
    }
  }

  #bodyOf(job: TickingJob): Readonly<Record<string, unknown>> {
    const { name, path, anchorMs, behaviour, policy, overlap, delivery } = job;
    const mode = behaviour === "async" ? "async" : "sync";
    return {
      name,
      schedule: { kind: "every", every: "1s", anchor: new Date(anchorMs).toISOString() },
      target: { kind: "webhook", url: this.#sink.url + path, mode },
      misfire: { policy, grace: `${GRACE_MS}ms`, maxAge: "1h", maxCatchup: 3 },
      overlap,
      delivery,
      retry: RETRY,
      timeout: "5s",
    };
  }

  #answerFor({ path, behaviour }: TickingJob): void {
    const ok: SinkAnswer = { status: 200 };
    this.#sink.on(path, async (arrival) => {
      if (behaviour === "flaky") return this.#dice.chance(0.2) ? { status: 500 } : ok;
      if (behaviour === "slow") await sleep(this.#dice.int(20, 600));
      if (behaviour !== "async") return ok;
      this.#callBackLater(arrival);
      return { status: 202 };
    });
  }

  #callBackLater(arrival: Arrival): void {
    const work = this.#callBack(arrival).finally(() => this.#callbacks.delete(work));
    this.#callbacks.add(work);
  }

  /** Calls back until the host has taken it, or says that it comes too late. */
  async #callBack(arrival: Arrival): Promise<void> {
    const token = arrival.headers["tickwheel-callback-token"] ?? "";
    const body = { status: "succeeded", result: "called back" };
    for (let status = 0; ![200, 409, 410].includes(status);) {
      // oxlint-disable-next-line no-await-in-loop -- Each try follows the one before it.
      await sleep(this.#dice.int(5, 200));
      const asking = this.#client().ask("POST", "/api/v1/executor/callback", { token, body });
      // oxlint-disable-next-line no-await-in-loop
      status = await asking.then((got) => got.status).catch(() => 0);
    }
  }
}
