import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../eventually.ts";
import { ExampleProcess } from "../example-process.ts";
import type { HostClient } from "../host-client.ts";
import { HostProcess, type HostName } from "../host-process.ts";
import { freePort } from "../listen.ts";
import { checkEtl, type EtlVerdict, type EtlWork } from "./etl-check.ts";

export interface EtlOptions {
  readonly host: HostName;
  /** Workflow runs side by side. */
  readonly runs: number;
}

export interface EtlReport extends EtlVerdict {
  readonly options: EtlOptions;
  readonly seconds: number;
  /** What happened when, in seconds from the beginning. */
  readonly story: readonly string[];
}

const APP_KEY = "orders";
const NODES = 2;
const EXAMPLES = new URL("../examples/", import.meta.url).pathname;
const ENDED_MS_MAX = 120_000;

/** Plays it on a folder of its own; nothing is left running. */
export async function playEtl(options: EtlOptions): Promise<EtlReport> {
  const folder = mkdtempSync(join(tmpdir(), "tickwheel-etl-"));
  const stage = new EtlStage(options, folder, await freePort());
  try {
    return await stage.play();
  } finally {
    await stage.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

class EtlStage {
  readonly #options: EtlOptions;
  readonly #folder: string;
  readonly #port: number;
  readonly #startMs = Date.now();
  readonly #story: string[] = [];
  readonly #nodes: ExampleProcess[] = [];
  #host: HostProcess | null = null;

  constructor(options: EtlOptions, folder: string, port: number) {
    this.#options = options;
    this.#folder = folder;
    this.#port = port;
  }

  async play(): Promise<EtlReport> {
    let client = await this.#start();
    await this.#prepare(client);
    const ids: string[] = [];
    for (let i = 0; i < this.#options.runs; i++) {
      const body = { params: { day: `day-${i}` } };
      // oxlint-disable-next-line no-await-in-loop
      const run = await client.get("POST", "/workflows/etl/runs", 202, { body });
      ids.push(String(run.id));
    }
    this.#tell(`${ids.length} workflow runs are started`);
    await this.#worked(1);
    client = await this.#kill("while they extract and clean");
    await this.#reached(client, ids, "wait");
    for (const [i, id] of ids.entries()) {
      // The host is killed again between the events, and those that were acknowledged must not be lost.
      if (i === Math.floor(ids.length / 2)) client = await this.#kill("between two events");
      const body = { name: "paid", data: { by: "card", order: i } };
      await client.get("POST", `/workflow-runs/${id}/events`, 200, { body });
    }
    this.#tell("each has got its event");
    await this.#reached(client, ids, "ok?");
    for (const [i, id] of ids.entries()) {
      const path = `/workflow-runs/${id}/steps/ok%3F/approve`;
      await client.get("POST", path, 200, { body: { note: `number ${i}` } });
      if (i === Math.floor(ids.length / 2))
        client = await this.#kill("in the middle of the approvals");
    }
    this.#tell("each is approved");
    const runs: unknown[] = [];
    for (const id of ids) runs.push(await this.#ended(client, id));
    this.#tell("every workflow run has ended");
    const children = await this.#children(client);
    const verdict = checkEtl({ runs, children, work: this.#work() });
    const seconds = Math.round((Date.now() - this.#startMs) / 1_000);
    return { ...verdict, options: this.#options, seconds, story: this.#story };
  }

  async end(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.kill9()));
    await this.#host?.kill9();
  }

  /** On the same port each time: the executors know no other. */
  async #start(): Promise<HostClient> {
    const flags = ["--port", String(this.#port), "--data", join(this.#folder, "data")];
    this.#host = new HostProcess(this.#options.host, flags, { RATE_PER_MINUTE: "100000" });
    return this.#host.ready();
  }

  async #prepare(client: HostClient): Promise<void> {
    const body = { appKey: APP_KEY, name: "Orders", registration: "auto" };
    const made = await client.get("POST", "/executors", 201, { body });
    for (let i = 0; i < NODES; i++) {
      writeFileSync(this.#logOf(i), "", { flag: "a" });
      const account = {
        APP_KEY,
        APP_SECRET: String(made.appSecret),
        DEPLOYMENT: String(made.deployment),
        SERVER: client.url,
        WORK_LOG: this.#logOf(i),
      };
      this.#nodes.push(new ExampleProcess("etl", await freePort(), account));
    }
    await eventually("the nodes are online", async () => {
      const { items } = await client.get("GET", `/executors/${APP_KEY}/nodes`, 200);
      return items.length === NODES ? true : undefined;
    });
    for (const name of ["publish", "etl"]) {
      const spec: unknown = JSON.parse(readFileSync(`${EXAMPLES}${name}.json`, "utf8"));
      await client.get("POST", "/workflows", 201, { body: spec });
    }
    this.#tell(`${NODES} executor processes, two workflows`);
  }

  async #kill(when: string): Promise<HostClient> {
    await this.#host?.kill9();
    this.#tell(`the host is killed with -9 ${when}`);
    await sleep(200);
    const killedMs = Date.now();
    const client = await this.#start();
    this.#tell(`it is back after ${Date.now() - killedMs} ms`);
    return client;
  }

  async #worked(count: number): Promise<void> {
    await eventually("work has begun", async () =>
      this.#work().length >= count ? true : undefined,
    );
  }

  async #reached(client: HostClient, ids: readonly string[], step: string): Promise<void> {
    const name = encodeURIComponent(step);
    for (const id of ids)
      await eventually(
        `step ${step} of ${id} waits`,
        async () => {
          const found = await client.get("GET", `/workflow-runs/${id}/steps/${name}`, 200);
          return found.state === "waiting" ? true : undefined;
        },
        ENDED_MS_MAX,
      );
    this.#tell(`step "${step}" waits in each`);
  }

  #ended(client: HostClient, id: string): Promise<unknown> {
    return eventually(
      `workflow run ${id} has ended`,
      async () => {
        const run = await client.get("GET", `/workflow-runs/${id}?wait=10s`, 200);
        return run.endedAt === null ? undefined : run;
      },
      ENDED_MS_MAX,
    );
  }

  /** The sub-workflow runs, once the records, which may be a second behind, show the end of each. */
  #children(client: HostClient): Promise<readonly unknown[]> {
    return eventually("the list of sub-workflow runs is complete", async () => {
      const found = await client.all("/workflow-runs?workflow=publish");
      const isComplete = found.length >= this.#options.runs && found.every((run) => run.endedAt);
      return isComplete ? found : undefined;
    });
  }

  /** What the processes wrote down, one line a call. */
  #work(): readonly EtlWork[] {
    return this.#nodes.flatMap((_, i) =>
      readFileSync(this.#logOf(i), "utf8")
        .split("\n")
        .filter((text) => text.endsWith("}"))
        // The nodes are ours, and write lines of this form.
        .map((text) => Object(JSON.parse(text))),
    );
  }

  #logOf(node: number): string {
    return join(this.#folder, `node-${node}.jsonl`);
  }

  #tell(what: string): void {
    this.#story.push(`${((Date.now() - this.#startMs) / 1_000).toFixed(1).padStart(6)} s  ${what}`);
  }
}
