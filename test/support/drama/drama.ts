import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../eventually.ts";
import type { HostClient } from "../host-client.ts";
import { type HostName, startHost } from "../host-process.ts";
import { checkDrama, type DramaVerdict } from "./check.ts";
import { type DramaExecutor, DramaNode } from "./drama-node.ts";
import { readEvidence } from "./evidence.ts";
import { dramaJobs } from "./jobs.ts";
import { NodeWatch } from "./states.ts";

export interface DramaOptions {
  readonly host: HostName;
  /** Waits until what is silent counts as offline, which takes a minute each; else suspect is enough. */
  readonly isWhole: boolean;
}

export interface DramaReport extends DramaVerdict {
  readonly options: DramaOptions;
  readonly seconds: number;
  /** What happened when, in seconds from the beginning. */
  readonly story: readonly string[];
}

const APP_KEY = "drama";
const CALM_MS = 3_000;
const SUSPECT_MS_MAX = 40_000;
const OFFLINE_MS_MAX = 90_000;
const BACK_MS_MAX = 30_000;
const DRAIN_MS_MAX = 60_000;

/**
 * Sixty jobs over three executor processes, of which one is killed, one drained, one cut off, while a
 * fourth comes and the secret is changed; then quiet, and a judgement over what the processes wrote down.
 */
export async function playDrama(options: DramaOptions): Promise<DramaReport> {
  const folder = mkdtempSync(join(tmpdir(), "tickwheel-drama-"));
  const { host, client } = await startHost(options.host, join(folder, "data"));
  const stage = new Stage(options, client, folder);
  try {
    return await stage.play();
  } finally {
    await stage.end();
    await host.kill9();
    rmSync(folder, { recursive: true, force: true });
  }
}

class Stage {
  readonly #options: DramaOptions;
  readonly #client: HostClient;
  readonly #folder: string;
  readonly #startMs = Date.now();
  readonly #story: string[] = [];
  readonly #nodes: DramaNode[] = [];
  readonly #closed: { address: string; fromMs: number; toMs: number }[] = [];
  #watch: NodeWatch | null = null;

  constructor(options: DramaOptions, client: HostClient, folder: string) {
    this.#options = options;
    this.#client = client;
    this.#folder = folder;
  }

  async play(): Promise<DramaReport> {
    const { executor, appSecret } = await this.#createExecutor();
    const watch = new NodeWatch(this.#client, APP_KEY);
    this.#watch = watch;
    const [killed, drained, cut] = await Promise.all([
      this.#start("killed", executor, { appSecret }),
      this.#start("drained", executor, { appSecret }),
      this.#start("cut", executor, { appSecret, isBreakable: true }),
    ]);
    for (const { address } of [killed, drained, cut])
      // oxlint-disable-next-line no-await-in-loop
      await watch.until(address, "online", 0, BACK_MS_MAX);
    const jobs = dramaJobs(APP_KEY, Date.now());
    for (const body of jobs)
      // oxlint-disable-next-line no-await-in-loop -- One after the other is fast enough.
      await this.#client.get("POST", "/jobs", 201, { body });
    this.#tell(`${jobs.length} jobs run on three nodes`);
    await sleep(CALM_MS);
    const killedMs = await this.#killOne(killed, watch);
    await this.#drainOne(drained);
    await this.#start("fourth", executor, { appSecret });
    await sleep(CALM_MS);
    await this.#rotate(executor, { drained, cut });
    if (this.#options.isWhole) await this.#offline(killed.address, killedMs);
    await this.#settle(jobs.map(({ name }) => String(name)));
    return this.#judge(jobs.map(({ name }) => String(name)));
  }

  async end(): Promise<void> {
    await this.#watch?.end();
    await Promise.all(this.#nodes.map((node) => node.kill9()));
  }

  async #createExecutor(): Promise<{ executor: DramaExecutor; appSecret: string }> {
    const body = { appKey: APP_KEY, name: "The drama", registration: "auto" };
    const made = await this.#client.get("POST", "/executors", 201, { body });
    const { url: serverUrl } = this.#client;
    const executor = {
      serverUrl,
      appKey: APP_KEY,
      deployment: made.deployment,
      folder: this.#folder,
    };
    return { executor, appSecret: made.appSecret };
  }

  async #start(
    name: string,
    executor: DramaExecutor,
    more: Parameters<typeof DramaNode.start>[2],
  ): Promise<DramaNode> {
    const node = await DramaNode.start(name, executor, more);
    this.#nodes.push(node);
    this.#tell(`node "${name}" has registered`);
    return node;
  }

  async #killOne(node: DramaNode, watch: NodeWatch): Promise<number> {
    const atMs = Date.now();
    await node.kill9();
    this.#tell(`node "${node.name}" is killed with -9`);
    const seenMs = await watch.until(node.address, "suspect", atMs, SUSPECT_MS_MAX);
    this.#tell(`node "${node.name}" is suspect ${seenMs - atMs} ms later`);
    return atMs;
  }

  async #drainOne(node: DramaNode): Promise<void> {
    await this.#patch(node, { state: "draining" });
    this.#closed.push({ address: node.address, fromMs: Date.now(), toMs: Infinity });
    this.#tell(`node "${node.name}" is draining`);
  }

  /** Every node is started anew with the next secret, one after the other; then the former one ends. */
  async #rotate(
    executor: DramaExecutor,
    { drained, cut }: { readonly drained: DramaNode; readonly cut: DramaNode },
  ): Promise<void> {
    const rotated = await this.#client.get("POST", `/executors/${APP_KEY}/secrets`, 201);
    const { appSecret } = rotated.next;
    this.#tell("the next secret is made");
    const fifth = await this.#start("fifth", executor, { appSecret });
    await this.#cutOff(cut);
    for (const node of this.#nodes.filter(({ name }) => name === "fourth" || name === "drained"))
      // oxlint-disable-next-line no-await-in-loop -- A rolling restart.
      this.#tell(`node "${node.name}" has left with ${await node.leave()}`);
    await this.#start("sixth", executor, { appSecret });
    await cut.leave();
    this.#tell(`node "${cut.name}" has left`);
    await this.#client.get("DELETE", `/executors/${APP_KEY}/secrets/previous`, 204);
    this.#tell("the former secret has ended");
    void drained;
    void fifth;
    await sleep(CALM_MS);
  }

  async #cutOff(node: DramaNode): Promise<void> {
    const watch = this.#watched();
    const atMs = Date.now();
    node.break();
    this.#tell(`the network of node "${node.name}" swallows everything`);
    const suspectMs = await watch.until(node.address, "suspect", atMs, SUSPECT_MS_MAX);
    this.#tell(`node "${node.name}" is suspect ${suspectMs - atMs} ms later`);
    if (this.#options.isWhole) await this.#offline(node.address, atMs);
    else await sleep(CALM_MS);
    const mendedMs = Date.now();
    node.mend();
    const backMs = await watch.until(node.address, "online", mendedMs, BACK_MS_MAX);
    this.#tell(`its network is mended, and it is online ${backMs - mendedMs} ms later by itself`);
    await sleep(CALM_MS);
  }

  async #offline(address: string, sinceMs: number): Promise<void> {
    const atMs = await this.#watched().until(address, "offline", sinceMs, OFFLINE_MS_MAX);
    this.#tell(`${address} is offline ${Math.round((atMs - sinceMs) / 1_000)} s after its end`);
  }

  async #patch(node: DramaNode, body: unknown): Promise<void> {
    const id = encodeURIComponent(node.address);
    await this.#client.get("PATCH", `/executors/${APP_KEY}/nodes/${id}`, 200, { body });
  }

  /** No new ticks; then everything that is under way ends. */
  async #settle(jobs: readonly string[]): Promise<void> {
    for (const job of jobs)
      // oxlint-disable-next-line no-await-in-loop
      await this.#client.get("POST", `/jobs/${job}/pause`, 200);
    this.#tell("all jobs are paused");
    const live = "/runs?state=waiting,dispatching,running,retrying&limit=1";
    await eventually(
      "everything has ended",
      async () => {
        const ready = await this.#client.ask("GET", "/readyz");
        if (ready.status !== 200 || ready.json.shards.outbox > 0) return undefined;
        const runs = await this.#client.get("GET", live, 200);
        const shards = await this.#client.get("GET", `${live}&trigger=shard`, 200);
        return runs.items.length + shards.items.length === 0 ? true : undefined;
      },
      DRAIN_MS_MAX,
    );
    this.#tell("every run has ended");
  }

  async #judge(jobs: readonly string[]): Promise<DramaReport> {
    const runs = await this.#client.all("/runs");
    const slices = await this.#client.all("/runs?trigger=shard");
    const fired: string[] = [];
    for (const job of jobs)
      // oxlint-disable-next-line no-await-in-loop
      for (const { run } of await this.#client.all(`/jobs/${job}/ticks`))
        if (typeof run === "string") fired.push(run);
    const work = readEvidence(this.#nodes.map(({ evidence }) => evidence));
    const closed = this.#closed;
    const verdict = checkDrama({ work, runs: [...runs, ...slices], fired, closed });
    return {
      ...verdict,
      options: this.#options,
      seconds: Math.round((Date.now() - this.#startMs) / 1_000),
      story: this.#story,
    };
  }

  #watched(): NodeWatch {
    if (this.#watch === null) throw new Error("the nodes are watched from the beginning");
    return this.#watch;
  }

  #tell(what: string): void {
    this.#story.push(`${((Date.now() - this.#startMs) / 1_000).toFixed(1).padStart(6)} s  ${what}`);
  }
}
