import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type HranaFront, startHrana } from "../../workers/dev/hrana.ts";
import { aWebhookJob, everySecond, listed } from "../contract/host-case.ts";
import { eventually } from "../support/eventually.ts";
import type { HostClient } from "../support/host-client.ts";
import { type Environment, startHost } from "../support/host-process.ts";
import { accountedTicks, nominalTimes } from "../support/ledger.ts";
import { scratchFolder } from "../support/scratch-folder.ts";
import { nominalOf, Sink } from "../support/sink.ts";

const TOKEN = "a-token-of-the-records";
const SECOND_MS = 1_000;

let sink: Sink;
let records: RecordsServer;

beforeEach(async () => {
  sink = await Sink.open();
  records = await RecordsServer.open(join(scratchFolder(), "records.db"));
});

afterEach(async () => {
  await records.leave();
  await sink.close();
});

it("jobs go on while the records are away, and everything arrives when they are back", async () => {
  const { host, client } = await startHost("node", scratchFolder(), records.environment);
  try {
    const anchorMs = Date.now();
    await createTicking(client, "steady", anchorMs);
    await sink.arrivals("/steady", 2);

    await records.leave();
    await sink.arrivals("/steady", sink.at("/steady").length + 2);

    expect(await client.ask("GET", "/readyz")).toMatchObject({
      status: 503,
      json: { ready: false, records: { reachable: false } },
    });
    for (const list of ["/jobs", "/runs", "/jobs/steady/ticks"]) {
      // oxlint-disable-next-line no-await-in-loop -- A failure names its list.
      const got = await client.ask("GET", `/api/v1${list}`);
      expect(got, list).toMatchObject({ status: 503, json: { code: "records.unavailable" } });
      expect(got.headers.get("retry-after"), list).not.toBeNull();
    }
    expect(await client.get("GET", "/jobs/steady", 200)).toMatchObject({ state: "active" });
    await createTicking(client, "made-meanwhile", anchorMs);
    const run = await client.get("POST", "/jobs/made-meanwhile/runs?wait=20s&overlap=allow", 200);
    expect(run).toMatchObject({ state: "succeeded" });

    await records.comeBack();

    await eventually("the host is ready", async () => {
      const { status } = await client.ask("GET", "/readyz");
      return status === 200 ? true : undefined;
    });
    const paused = await client.get("POST", "/jobs/steady/pause", 200);
    const span = { fromMs: Date.parse(paused.createdAt) + 1, toMs: Date.parse(paused.updatedAt) };
    const nominal = nominalTimes({ anchorMs, everyMs: SECOND_MS, ...span });
    const scene = { hostName: "node", client, sink } as const;
    const lines = await listed(scene, "/jobs/steady/ticks", (all) => all.length >= nominal.length);
    const ticks = accountedTicks(lines, SECOND_MS);
    expect(ticks.map(({ nominalMs }) => nominalMs)).toEqual(nominal);
    const delivered = new Set(sink.at("/steady").map(nominalOf));
    expect(nominal.filter((nominalMs) => !delivered.has(nominalMs))).toEqual([]);
    const shown = await listed(scene, "/runs?job=made-meanwhile", (all) =>
      all.some(({ id }) => id === run.id),
    );
    expect(shown.find(({ id }) => id === run.id)).toMatchObject({ state: "succeeded" });
  } finally {
    await host.kill9();
  }
});

it("a start goes on with its jobs though the records are away", async () => {
  const folder = scratchFolder();
  // Without a bootstrap token, so that the first start makes one that is kept in the records.
  const env = { ...records.environment, BOOTSTRAP_TOKEN: null };
  const first = await startHost("node", folder, env);
  try {
    const token = readFileSync(join(folder, "first-token"), "utf8").trim();
    const job = tickingJob("survivor", Date.now());
    await first.client.get("POST", "/jobs", 201, { body: job, token });
    await sink.arrivals("/survivor", 1);
  } finally {
    await first.host.kill9();
  }
  await records.leave();

  const second = await startHost("node", folder, env);
  try {
    await sink.arrivals("/survivor", sink.at("/survivor").length + 2);

    expect(await second.client.ask("GET", "/readyz", { token: null })).toMatchObject({
      status: 503,
      json: { records: { reachable: false }, shards: { count: 1, armed: 1 } },
    });
  } finally {
    await second.host.kill9();
  }
});

function tickingJob(name: string, anchorMs: number): Readonly<Record<string, unknown>> {
  const url = sink.answers(`/${name}`);
  return aWebhookJob(name, url, { schedule: everySecond(anchorMs), overlap: "allow" });
}

async function createTicking(client: HostClient, name: string, anchorMs: number): Promise<void> {
  await client.get("POST", "/jobs", 201, { body: tickingJob(name, anchorMs) });
}

/** A libSQL server that can go away, and come back where it was. */
class RecordsServer {
  readonly #file: string;
  readonly #port: number;
  #front: HranaFront | null;

  private constructor(file: string, front: HranaFront) {
    this.#file = file;
    this.#front = front;
    this.#port = Number(new URL(front.url).port);
  }

  static async open(file: string): Promise<RecordsServer> {
    return new RecordsServer(file, await serve(file, 0));
  }

  get environment(): Environment {
    return { LIBSQL_URL: `http://127.0.0.1:${this.#port}`, LIBSQL_TOKEN: TOKEN };
  }

  async leave(): Promise<void> {
    await this.#front?.close();
    this.#front = null;
  }

  async comeBack(): Promise<void> {
    this.#front = await serve(this.#file, this.#port);
  }
}

function serve(file: string, port: number): Promise<HranaFront> {
  return startHrana({ file, token: TOKEN, port, host: "127.0.0.1" });
}
