import { expect } from "vitest";
import { clockReaches } from "../support/eventually.ts";
import { accountedTicks, nominalTimes, type Accounted } from "../support/ledger.ts";
import { attemptOf, nominalOf, runOf, type Arrival } from "../support/sink.ts";
import {
  aWebhookJob,
  everySecond,
  listed,
  QUICK_RETRY,
  runInState,
  type Scene,
} from "./host-case.ts";
import { asyncJob, callBack } from "./host-callback.cases.ts";

const SECOND_MS = 1_000;
const OUTAGE_MS = 3_200;
const GRACE_MS = 700;
const POLICIES = ["all", "latest", "skip"] as const;
type Policy = (typeof POLICIES)[number];

const ORDER = { headers: { "idempotency-key": "before-the-crash" }, body: { delay: "1s" } };

/** What was acknowledged before the host was killed, and must be found after it. */
export interface BeforeCrash {
  readonly anchorMs: number;
  /** Out when the host was killed, without an answer. */
  readonly resendable: string;
  readonly atMostOnce: string;
  /** Accepted with 202; its callback comes after the crash. */
  readonly accepted: string;
  readonly acceptedArrival: Arrival;
  /** Waits for its time, which passes while the host is away. */
  readonly delayed: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- A run as the API showed it.
  readonly ended: any;
  readonly killedMs: number;
}

/** Brings runs into every state that a crash may find, and says which. */
export async function prepareCrash(scene: Scene): Promise<Omit<BeforeCrash, "killedMs">> {
  const { client, sink } = scene;
  const anchorMs = Date.now();
  await Promise.all(POLICIES.map((policy) => createTicking(scene, policy, anchorMs)));
  const hanging = sink.answers("/crash-resend", "never", { status: 200, json: { result: "late" } });
  const unrepeatable = sink.answers("/crash-once", "never");
  const later = sink.answers("/crash-accepted", { status: 202 });
  const quick = sink.answers("/crash-ended");
  const once = { delivery: "at_most_once", retry: QUICK_RETRY };
  const jobs = [
    aWebhookJob("crash-resend", hanging),
    aWebhookJob("crash-once", unrepeatable, once),
    asyncJob("crash-accepted", later),
    aWebhookJob("crash-delayed", quick),
    aWebhookJob("crash-ended", quick),
  ];
  await Promise.all(jobs.map((job) => client.get("POST", "/jobs", 201, { body: job })));
  const runNow = async (job: string): Promise<string> =>
    (await client.get("POST", `/jobs/${job}/runs`, 202)).id;
  const [resendable, atMostOnce, accepted] = await Promise.all([
    runNow("crash-resend"),
    runNow("crash-once"),
    runNow("crash-accepted"),
  ]);
  const ended = await client.get("POST", "/jobs/crash-ended/runs?wait=20s", 200);
  const [acceptedArrival] = await sink.arrivals("/crash-accepted", 1);
  await runInState(scene, accepted, "running");
  await Promise.all(["/crash-resend", "/crash-once"].map((path) => sink.arrivals(path, 1)));
  await Promise.all(POLICIES.map((policy) => sink.arrivals(`/crash-${policy}`, 2)));
  const { json } = await client.ask("POST", "/api/v1/jobs/crash-delayed/runs", ORDER);
  const delayed: string = json.id;
  return { anchorMs, resendable, atMostOnce, accepted, acceptedArrival, delayed, ended };
}

/** Lets nominal times pass while no host is there. */
export function outage(before: BeforeCrash): Promise<void> {
  return clockReaches(before.killedMs + OUTAGE_MS);
}

/** Nothing acknowledged is lost, and nothing that was out is forgotten or doubled under another name. */
export async function expectRunsSurvived(scene: Scene, before: BeforeCrash): Promise<void> {
  const { client, sink } = scene;
  const resent = await runInState(scene, before.resendable, "succeeded");
  const lost = await runInState(scene, before.atMostOnce, "lost");
  const calledBack = await callBack(client, before.acceptedArrival, { status: "succeeded" });
  const delayed = await runInState(scene, before.delayed, "succeeded");
  const replayed = await client.ask("POST", "/api/v1/jobs/crash-delayed/runs", ORDER);

  expect(resent).toMatchObject({
    result: "late",
    attempts: [
      { attempt: 1, send: 1, outcome: "lost", error: { code: "orphaned" } },
      { attempt: 1, send: 2, outcome: "succeeded" },
    ],
  });
  const deliveries = sink.at("/crash-resend");
  expect(deliveries.map(runOf)).toEqual([before.resendable, before.resendable]);
  expect(deliveries.map(attemptOf)).toEqual([1, 1]);
  expect(lost).toMatchObject({ attempt: 1, error: { code: "orphaned" } });
  expect(sink.at("/crash-once")).toHaveLength(1);
  expect(calledBack).toMatchObject({ status: 200, json: { repeated: false } });
  await runInState(scene, before.accepted, "succeeded");
  expect(sink.at("/crash-accepted")).toHaveLength(1);
  expect(Date.parse(delayed.startedAt)).toBeGreaterThanOrEqual(Date.parse(delayed.createdAt));
  expect(replayed.headers.get("idempotency-replayed")).toBe("true");
  expect(replayed.json.id).toBe(before.delayed);
  expect(await client.get("GET", `/runs/${before.ended.id}`, 200)).toEqual(before.ended);
}

/** Every nominal tick of the outage has one fate, and it is the one that the job's policy says. */
export async function expectTicksAccounted(
  scene: Scene,
  before: BeforeCrash,
  readyMs: number,
): Promise<void> {
  for (const policy of POLICIES) {
    // oxlint-disable-next-line no-await-in-loop -- A failure names its policy.
    await expectPolicyKept(scene, policy, { ...before, readyMs });
  }
}

async function expectPolicyKept(
  scene: Scene,
  policy: Policy,
  crash: { readonly anchorMs: number; readonly killedMs: number; readonly readyMs: number },
): Promise<void> {
  const { client, sink } = scene;
  const { anchorMs, killedMs, readyMs } = crash;
  const path = `/crash-${policy}`;
  await sink.arrivals(path, sink.at(path).length + 2);
  const paused = await client.get("POST", `/jobs/crash-${policy}/pause`, 200);
  const created = Date.parse(paused.createdAt);
  const nominal = nominalTimes({
    anchorMs,
    everyMs: SECOND_MS,
    fromMs: created + 1,
    toMs: Date.parse(paused.updatedAt),
  });
  const runs = `/runs?job=crash-${policy}&state=waiting,dispatching,running,retrying`;
  await listed(scene, runs, (items) => items.length === 0);
  const lines = await listed(
    scene,
    `/jobs/crash-${policy}/ticks`,
    (all) => accountedTicks(all, SECOND_MS).length >= nominal.length,
  );
  const ticks = accountedTicks(lines, SECOND_MS).toSorted((a, b) => a.nominalMs - b.nominalMs);

  expect(
    ticks.map(({ nominalMs }) => nominalMs),
    policy,
  ).toEqual(nominal);
  const delivered = new Set(sink.at(path).map(nominalOf));
  for (const tick of ticks) {
    if (tick.disposition === "fired") expect(delivered, policy).toContain(tick.nominalMs);
    else expectTrueReason(policy, tick, ticks, { killedMs, readyMs });
  }
  const missed = ticks.filter(({ disposition }) => disposition !== "fired");
  if (policy === "all") expect(missed).toEqual([]);
  else expect(missed.length, policy).toBeGreaterThanOrEqual(1);
  expect(runsOfTicks(sink.at(path)), policy).toBe(delivered.size);
}

/** Only the outage explains a tick that did not run, and only as the policy says. */
function expectTrueReason(
  policy: Policy,
  tick: Accounted,
  ticks: readonly Accounted[],
  away: { readonly killedMs: number; readonly readyMs: number },
): void {
  expect(tick.plannedMs - tick.nominalMs).toBeGreaterThan(GRACE_MS);
  expect(tick.nominalMs).toBeGreaterThan(away.killedMs - SECOND_MS);
  expect(tick.nominalMs).toBeLessThan(away.readyMs);
  if (policy === "skip") {
    expect(tick).toMatchObject({ disposition: "skipped", reason: "misfire" });
    return;
  }
  expect(tick).toMatchObject({ disposition: "coalesced", reason: null });
  const into = ticks.find(({ nominalMs }) => nominalMs === tick.intoMs);
  expect(into).toMatchObject({ disposition: "fired" });
  expect(into?.nominalMs).toBeGreaterThan(tick.nominalMs);
}

/** Each (job, nominal time) must have one run, so there are as many of the one as of the other. */
function runsOfTicks(arrivals: readonly Arrival[]): number {
  return new Set(arrivals.map(runOf)).size;
}

async function createTicking(scene: Scene, policy: Policy, anchorMs: number): Promise<void> {
  const { client, sink } = scene;
  await client.get("POST", "/jobs", 201, {
    body: aWebhookJob(`crash-${policy}`, sink.answers(`/crash-${policy}`), {
      schedule: everySecond(anchorMs),
      misfire: { policy, grace: `${GRACE_MS}ms`, maxAge: "1h", maxCatchup: 100 },
      overlap: "allow",
      retry: QUICK_RETRY,
    }),
  });
}
