import { expect } from "vitest";
import { accountedTicks, nominalTimes } from "../support/ledger.ts";
import { attemptOf, nominalOf, runOf, type Arrival } from "../support/sink.ts";
import { aWebhookJob, everySecond, listed, type HostCase, type Scene } from "./host-case.ts";

const SECOND_MS = 1_000;
/** Far more than a loaded machine needs; how punctual ticks are is what the benchmarks say. */
const LATE_MS_MAX = 4_000;

/** Ticks on time, and what changes them: edits, pauses, deletion. */
export const HOST_TICK_CASES: readonly HostCase[] = [
  { name: "a job with a rate is called at each of its nominal times", run: rate },
  { name: "a cron pattern with seconds fires in its time zone", run: cron },
  { name: "a one-shot fires once, and its job has ended", run: oneShot },
  { name: "the ledger and the list of runs show what was delivered", run: ledger },
  { name: "a paused job is not called, and resumes as told", run: pause },
  { name: "an edit takes over at its instant, without a lost or doubled tick", run: edit },
  { name: "a deleted job is not called any more", run: remove },
];

async function rate(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const anchorMs = Date.now();
  const url = sink.answers("/rate");
  const params = { customer: 7 };
  const schedule = everySecond(anchorMs);
  await client.get("POST", "/jobs", 201, {
    body: aWebhookJob("rate", url, { schedule, params, delivery: "at_most_once" }),
  });

  const arrivals = await sink.arrivals("/rate", 3);

  const [first] = arrivals;
  expectOnTime(arrivals);
  expect((nominalOf(first) - anchorMs) % SECOND_MS).toBe(0);
  expect(spacings(arrivals)).toEqual([SECOND_MS, SECOND_MS]);
  expect(first.method).toBe("POST");
  expect(attemptOf(first)).toBe(1);
  expect(first.headers["idempotency-key"]).toBe(runOf(first));
  expect(first.headers["user-agent"]).toMatch(/^Tickwheel\//);
  expect(JSON.parse(first.body)).toMatchObject({
    run: runOf(first),
    job: "rate",
    params,
    attempt: 1,
    nominalAt: first.headers["tickwheel-nominal"],
    trigger: "tick",
  });
  await client.get("DELETE", "/jobs/rate", 204);
}

async function cron({ client, sink }: Scene): Promise<void> {
  const url = sink.answers("/cron");
  const schedule = { kind: "cron", cron: "* * * * * *", timezone: "Asia/Kathmandu" };
  await client.get("POST", "/jobs", 201, { body: aWebhookJob("cron", url, { schedule }) });

  const arrivals = await sink.arrivals("/cron", 2);

  expectOnTime(arrivals);
  expect(arrivals.map((arrival) => nominalOf(arrival) % SECOND_MS)).toEqual([0, 0]);
  expect(spacings(arrivals)).toEqual([SECOND_MS]);
  await client.get("DELETE", "/jobs/cron", 204);
}

async function oneShot(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const atMs = Date.now() + 2_500;
  const url = sink.answers("/one-shot");
  const schedule = { kind: "at", at: new Date(atMs).toISOString() };
  const made = await client.get("POST", "/jobs", 201, {
    body: aWebhookJob("one-shot", url, { schedule }),
  });
  expect(made).toMatchObject({ state: "active", nextTick: schedule.at });

  const [arrival] = await sink.arrivals("/one-shot", 1);

  expect(nominalOf(arrival)).toBe(atMs);
  expectOnTime([arrival]);
  const runs = await listed(scene, "/runs?job=one-shot", ([run]) => run?.state === "succeeded");
  expect(runs.map(({ id }) => id)).toEqual([runOf(arrival)]);
  const ended = await client.get("GET", "/jobs/one-shot", 200);
  expect(ended).toMatchObject({ state: "ended", nextTick: null, nextTicks: [] });
  expect(sink.at("/one-shot")).toHaveLength(1);
}

async function ledger(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const schedule = everySecond(Date.now());
  const url = sink.answers("/ledger");
  await client.get("POST", "/jobs", 201, { body: aWebhookJob("ledger", url, { schedule }) });
  const arrivals = await sink.arrivals("/ledger", 3);
  await client.get("POST", "/jobs/ledger/pause", 200);

  const runs = await listed(scene, "/runs?job=ledger&state=succeeded", (all) => all.length >= 3);
  const lines = await listed(scene, "/jobs/ledger/ticks", (all) => all.length >= 3);

  const fired = new Map(
    accountedTicks(lines, SECOND_MS).map((tick) => [tick.nominalMs, tick.run] as const),
  );
  for (const arrival of arrivals) {
    expect(fired.get(nominalOf(arrival))).toBe(runOf(arrival));
    expect(runs.find(({ id }) => id === runOf(arrival))).toMatchObject({
      job: "ledger",
      state: "succeeded",
      trigger: { kind: "tick", tick: arrival.headers["tickwheel-nominal"] },
      attempts: [{ attempt: 1, outcome: "succeeded", status: 200 }],
    });
  }
  expect(runs.map(({ nominalAt }) => nominalAt)).toEqual(
    runs.map(({ nominalAt }) => nominalAt).toSorted((a, b) => (a < b ? 1 : -1)),
  );
  const { lastRun } = await client.get("GET", "/jobs/ledger", 200);
  expect(lastRun.id).toBe(runs[0].id);
}

async function pause(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const anchorMs = Date.now();
  const url = sink.answers("/pause");
  await client.get("POST", "/jobs", 201, {
    body: aWebhookJob("pause", url, { schedule: everySecond(anchorMs), overlap: "allow" }),
  });
  await sink.arrivals("/pause", 1);
  const paused = await client.get("POST", "/jobs/pause/pause", 200, {
    body: { reason: "The receiver moves." },
  });
  expect(paused).toMatchObject({
    state: "paused",
    nextTick: null,
    pause: { reason: "The receiver moves.", until: null },
  });
  const before = sink.at("/pause").length;
  await metronome(scene, "pause-metronome", 3);

  const resumed = await client.get("POST", "/jobs/pause/resume", 200, {
    body: { missed: "skip" },
  });

  expect(resumed).toMatchObject({ state: "active", pause: null });
  const [after] = (await sink.arrivals("/pause", before + 1)).slice(before);
  expect(after === undefined ? 0 : nominalOf(after)).toBeGreaterThan(Date.parse(paused.updatedAt));
  const again = await client.ask("POST", "/api/v1/jobs/pause/resume");
  expect(again).toMatchObject({ status: 409, json: { code: "job.not_paused" } });
  await client.get("POST", "/jobs/pause/pause", 200);
  const lines = await listed(scene, "/jobs/pause/ticks", (all) =>
    all.some(({ reason }) => reason === "paused"),
  );
  const skipped = accountedTicks(lines, SECOND_MS).filter(({ reason }) => reason === "paused");
  const pausedMs = Date.parse(paused.updatedAt);
  const span = { fromMs: pausedMs + 1, toMs: Date.parse(resumed.updatedAt) };
  expect(skipped.map(({ nominalMs }) => nominalMs)).toEqual(
    nominalTimes({ anchorMs, everyMs: SECOND_MS, ...span }),
  );
}

async function edit(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const anchorMs = Date.now();
  const url = sink.answers("/edit-before");
  const created = await client.ask("POST", "/api/v1/jobs", {
    body: aWebhookJob("edit", url, { schedule: everySecond(anchorMs), overlap: "allow" }),
  });
  await sink.arrivals("/edit-before", 2);

  const edited = await client.ask("PATCH", "/api/v1/jobs/edit", {
    headers: { "if-match": created.headers.get("etag") ?? "" },
    body: { target: { kind: "webhook", url: sink.answers("/edit-after") } },
  });

  expect(edited).toMatchObject({ status: 200, json: { version: 2 } });
  expect(edited.headers.get("etag")).not.toBe(created.headers.get("etag"));
  await sink.arrivals("/edit-after", 2);
  await client.get("POST", "/jobs/edit/pause", 200);
  const editedMs = Date.parse(edited.json.updatedAt);
  const before = sink.at("/edit-before").map(nominalOf);
  const after = sink.at("/edit-after").map(nominalOf);
  expect(before.filter((nominalMs) => nominalMs > editedMs)).toEqual([]);
  expect(after.filter((nominalMs) => nominalMs <= editedMs)).toEqual([]);
  const all = [...before, ...after].toSorted((a, b) => a - b);
  const [fromMs = 0, toMs = 0] = [all[0], all.at(-1)];
  expect(all).toEqual(nominalTimes({ anchorMs, everyMs: SECOND_MS, fromMs, toMs }));
}

async function remove(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const schedule = everySecond(Date.now());
  const url = sink.answers("/remove");
  await client.get("POST", "/jobs", 201, { body: aWebhookJob("remove", url, { schedule }) });
  await sink.arrivals("/remove", 1);

  await client.get("DELETE", "/jobs/remove", 204);

  const deletedMs = Date.now();
  await metronome(scene, "remove-metronome", 2);
  expect(sink.at("/remove").filter((arrival) => nominalOf(arrival) > deletedMs)).toEqual([]);
  const gone = await client.ask("GET", "/api/v1/jobs/remove");
  expect(gone).toMatchObject({ status: 404, json: { code: "job.unknown" } });
}

/** Lets nominal times pass by the host's own clock: waits until another job has been called so often. */
async function metronome({ client, sink }: Scene, name: string, ticks: number): Promise<void> {
  const url = sink.answers(`/${name}`);
  const schedule = everySecond(Date.now());
  await client.get("POST", "/jobs", 201, { body: aWebhookJob(name, url, { schedule }) });
  await sink.arrivals(`/${name}`, ticks);
  await client.get("DELETE", `/jobs/${name}`, 204);
}

function expectOnTime(arrivals: readonly Arrival[]): void {
  for (const arrival of arrivals) {
    const lateMs = arrival.atMs - nominalOf(arrival);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(LATE_MS_MAX);
  }
}

function spacings(arrivals: readonly Arrival[]): number[] {
  const times = arrivals.map(nominalOf);
  return times.slice(1).map((time, i) => time - (times[i] ?? 0));
}
