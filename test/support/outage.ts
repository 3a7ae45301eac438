/**
 * A rehearsed outage of two days on the standalone host: the host is stopped, its clock set on by two days,
 * and started again on the same folder. Every job has its own policy; the ledger and the explanations say
 * what became of each tick.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "../../src/ports/clock.ts";
import { startHost, type Host } from "../../src/standalone/host.ts";
import { createLog } from "../../src/standalone/host-log.ts";
import { readSettings } from "../../src/standalone/settings.ts";
import { eventually } from "./eventually.ts";
import { HostClient } from "./host-client.ts";
import { Sink } from "./sink.ts";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Friday, two seconds before the hour: the ticks of 10:00 fire, and those of two days are missed. */
const START_MS = Date.UTC(2026, 10, 20, 9, 59, 58);
export const OUTAGE_MS = 2 * DAY_MS;
const FIRED_MS = Date.UTC(2026, 10, 20, 10);
const FROM = new Date(START_MS).toISOString();
const HOURLY = { kind: "cron", cron: "0 * * * *" };

/** What a job of the rehearsal says, besides its name and its target. */
const JOBS: Readonly<Record<string, object>> = {
  "misfire-skip": { schedule: HOURLY, misfire: { policy: "skip" } },
  "misfire-latest": { schedule: HOURLY, misfire: { policy: "latest", maxAge: "6h" } },
  "misfire-all": {
    schedule: HOURLY,
    overlap: "buffer_all",
    misfire: { policy: "all", maxAge: "1d", maxCatchup: 5 },
  },
  workdays: {
    schedule: { ...HOURLY, calendar: "workdays" },
    misfire: { policy: "latest", maxAge: "3d" },
  },
  paused: { schedule: HOURLY },
  overlapping: {
    schedule: { kind: "every", every: "1s", anchor: FROM },
    misfire: { policy: "skip" },
  },
  crowded: {
    schedule: { kind: "every", every: "1s", anchor: FROM },
    overlap: "buffer_all",
    misfire: { policy: "all", maxAge: "1h", maxCatchup: 1_000 },
  },
};

/** These jobs' target accepts a run and never speaks again. */
const SILENT: ReadonlySet<string> = new Set(["overlapping", "crowded"]);

export interface LedgerLine {
  readonly nominalAt: string;
  readonly to?: string;
  readonly count?: number;
  readonly disposition: string;
  readonly reason?: string;
  readonly into?: string;
}

export interface Explained {
  readonly job: string;
  readonly nominalAt: string;
  readonly disposition: string;
  readonly reason: string | null;
  readonly en: string;
  readonly zh: string;
}

export interface Outage {
  /** The ledger of each job over the outage. */
  readonly ledgers: Readonly<Record<string, readonly LedgerLine[]>>;
  /** One tick of every fate that occurred, in words. */
  readonly explained: readonly Explained[];
}

/** In an empty folder, which the caller removes. */
export async function rehearseOutage(folder: string): Promise<Outage> {
  const sink = await Sink.open();
  const stage = new Stage(folder);
  try {
    await stage.start();
    await createJobs(stage.client, sink);
    // Every job has fired before the host goes down.
    await Promise.all(Object.keys(JOBS).map((name) => firstFate(stage, name)));
    await stage.client.get("POST", "/jobs/paused/pause", 200, {
      body: { reason: "The warehouse is closed." },
    });
    await stage.stop();
    stage.skewMs += OUTAGE_MS;
    await stage.start();
    await stage.client.get("POST", "/jobs/paused/resume", 200, { body: { missed: "skip" } });
    return await report(stage);
  } finally {
    await stage.stop();
    await sink.close();
  }
}

class Stage {
  skewMs = START_MS - Date.now();
  client = new HostClient("", "");
  readonly #folder: string;
  readonly #token = randomBytes(32).toString("base64url");
  readonly #clock: Clock = { nowMs: () => Date.now() + this.skewMs };
  #host: Host | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get nowMs(): number {
    return this.#clock.nowMs();
  }

  async start(): Promise<void> {
    const settings = readSettings(["--port", "0", "--data", this.#folder], {
      BOOTSTRAP_TOKEN: this.#token,
      EGRESS_ALLOW: "loopback",
      LOG_LEVEL: "error",
    });
    this.#host = await startHost(settings, createLog(settings), this.#clock);
    this.client = new HostClient(this.#host.url, this.#token);
  }

  async stop(): Promise<void> {
    const host = this.#host;
    this.#host = null;
    await host?.stop();
  }
}

async function createJobs(client: HostClient, sink: Sink): Promise<void> {
  const accepted = sink.answers("/accepted", { status: 202 });
  const done = sink.answers("/done", { status: 200, json: {} });
  await client.get("POST", "/calendars", 201, {
    body: { name: "workdays", weekdays: [1, 2, 3, 4, 5] },
  });
  for (const [name, more] of Object.entries(JOBS)) {
    const isSilent = SILENT.has(name);
    const target = {
      kind: "webhook",
      url: isSilent ? accepted : done,
      mode: isSilent ? "async" : "sync",
    };
    // One after another, so that a refusal names its job.
    // oxlint-disable-next-line no-await-in-loop
    await client.get("POST", "/jobs", 201, {
      body: { name, target, timeout: isSilent ? "1d" : "10s", ...more },
    });
  }
}

/** Waits until the job's tick of the full hour is in the ledger. */
async function firstFate(stage: Stage, name: string): Promise<void> {
  await eventually(`a tick of ${name}`, async () => {
    const lines = await ledgerOf(stage, name);
    return lines.some(({ nominalAt }) => Date.parse(nominalAt) >= FIRED_MS) ? true : undefined;
  });
}

async function ledgerOf(stage: Stage, name: string): Promise<readonly LedgerLine[]> {
  const to = new Date(stage.nowMs + 1).toISOString();
  return stage.client.all(`/jobs/${name}/ticks?from=${FROM}&to=${to}`);
}

async function report(stage: Stage): Promise<Outage> {
  const ledgers: Record<string, readonly LedgerLine[]> = {};
  const explained = new Map<string, Explained>();
  for (const name of Object.keys(JOBS)) {
    // oxlint-disable-next-line no-await-in-loop -- Each is told with the same clock.
    const lines = await afterOutage(stage, name);
    ledgers[name] = lines;
    for (const line of lines) {
      const key = `${line.disposition} ${line.reason ?? ""} ${line.count === undefined ? "" : "many"}`;
      // oxlint-disable-next-line no-await-in-loop
      if (!explained.has(key)) explained.set(key, await explain(stage, name, line));
    }
  }
  return { ledgers, explained: [...explained.values()] };
}

/** The ledger once it accounts for every tick that was due while the host was down, and for the first after. */
async function afterOutage(stage: Stage, name: string): Promise<readonly LedgerLine[]> {
  const isDense = SILENT.has(name);
  // Both ends have a tick.
  const wanted = OUTAGE_MS / (isDense ? SECOND_MS : HOUR_MS) + 1;
  return eventually(`the ledger of ${name} after the outage`, async () => {
    const lines = await ledgerOf(stage, name);
    const ticks = lines.reduce((sum, { count }) => sum + (count ?? 1), 0);
    return ticks >= wanted ? lines : undefined;
  });
}

async function explain(stage: Stage, name: string, line: LedgerLine): Promise<Explained> {
  const at = encodeURIComponent(line.nominalAt);
  const told = await stage.client.get("GET", `/jobs/${name}/ticks/${at}/explain`, 200);
  const { disposition, words } = told;
  const reason: string | null = told.reason ?? null;
  return { job: name, nominalAt: line.nominalAt, disposition, reason, en: words.en, zh: words.zh };
}
