import { eventually } from "../eventually.ts";
import { type ExecutorNode, type NewExecutor, startNode } from "../executor-node.ts";
import type { HostClient } from "../host-client.ts";
import { Sink } from "../sink.ts";
import { SEED_HANDLERS } from "./seed-handlers.ts";
import { PAUSES, seedJobs } from "./seed-jobs.ts";
import { SEED_WORKFLOWS } from "./seed-workflows.ts";

const NODES = 2;
const ACCEPT_AFTER_MS = 200;
const RUNS_OF_EACH = 3;

/** What lives in a seeded world, by the ids that pages are reached with. */
export interface SeededWorld {
  readonly runs: {
    /** Of `migrate-customers`, with a log in colours. */
    readonly failed: string;
    /** Of `nightly-report`, at 62 percent. */
    readonly running: string;
    readonly succeeded: string;
    /** Of `reindex-search`. */
    readonly sharded: string;
    /** Of `transcode-queue`, for which there is no node. */
    readonly waiting: string;
  };
  readonly workflowRuns: {
    readonly succeeded: string;
    /** For somebody to approve. */
    readonly waiting: string;
    readonly failed: string;
    /** In the middle of a map. */
    readonly running: string;
  };
  /** Ends the nodes and what the jobs call; the host goes on without them. */
  close(): Promise<void>;
}

/**
 * Fills a host with what a small company would have in it, through its API: jobs of all kinds, an executor
 * with nodes and one without, workflows, and runs in every state. Everything named is in its state when this
 * resolves.
 */
export async function seed(client: HostClient): Promise<SeededWorld> {
  const sink = await Sink.open();
  const nodes: ExecutorNode[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
    await sink.close();
  };
  try {
    await seedExecutors(client, nodes);
    const calendar = { name: "cn-workdays", seed: "cn-workdays" };
    await client.get("POST", "/calendars", 201, { body: calendar });
    await seedPeople(client);
    for (const body of SEED_WORKFLOWS) await client.get("POST", "/workflows", 201, { body });
    await createJobs(client, sink);
    const [runs, workflowRuns] = await Promise.all([seedRuns(client), seedWorkflowRuns(client)]);
    return { runs, workflowRuns, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function seedExecutors(client: HostClient, nodes: ExecutorNode[]): Promise<void> {
  const bodies = [
    { appKey: "orders", name: "Order service / 订单服务", registration: "auto", concurrency: 50 },
    { appKey: "media", name: "媒体转码集群", registration: "auto" },
  ];
  const [orders]: readonly NewExecutor[] = await Promise.all(
    bodies.map((body) => client.get("POST", "/executors", 201, { body })),
  );
  if (orders === undefined) throw new Error("there is an executor for each body");
  for (let i = 0; i < NODES; i++) {
    const settings = { handlers: SEED_HANDLERS, acceptAfterMs: ACCEPT_AFTER_MS, weight: i + 1 };
    nodes.push(await startNode(client, orders, settings));
  }
}

async function seedPeople(client: HostClient): Promise<void> {
  const users = [
    { username: "li.wei", role: "operator" },
    { username: "grace", role: "editor" },
    { username: "auditor", role: "viewer" },
  ];
  for (const body of users) await client.get("POST", "/users", 201, { body });
  const tokens = [
    { name: "ci", scopes: ["write"], expiresIn: "90d" },
    { name: "grafana", scopes: ["read"] },
  ];
  for (const body of tokens) await client.get("POST", "/tokens", 201, { body });
}

async function createJobs(client: HostClient, sink: Sink): Promise<void> {
  const lost = { error: { message: "connect ECONNREFUSED 10.0.3.7:5432", code: "db.away" } };
  const well = { status: 200, json: { result: { ok: true } } } as const;
  const broken = { status: 503, json: lost } as const;
  const urls = {
    well: sink.answers("/well", well),
    broken: sink.answers("/billing", broken),
    flaky: sink.on("/warehouse", (_arrival, nth) => (nth % 2 === 1 ? broken : well)),
  };
  const bodies = seedJobs(urls, Date.now());
  await Promise.all(bodies.map((body) => client.get("POST", "/jobs", 201, { body })));
  await Promise.all(
    Object.entries(PAUSES).map(([name, body]) =>
      client.get("POST", `/jobs/${name}/pause`, 200, { body }),
    ),
  );
}

async function seedRuns(client: HostClient): Promise<SeededWorld["runs"]> {
  const [failed, running, succeeded, sharded, waiting] = await Promise.all([
    ended(client, "migrate-customers"),
    begun(client, "nightly-report", ({ progress }) => progress?.percent > 0),
    ended(client, "market-open-check"),
    ended(client, "reindex-search"),
    begun(client, "transcode-queue", ({ state }) => state !== "created"),
    ended(client, "markup-in-text"),
    several(client, "billing-sync", RUNS_OF_EACH),
    several(client, "inventory-snapshot", RUNS_OF_EACH),
    several(client, "heartbeat", RUNS_OF_EACH),
  ]);
  await Promise.all([logged(client, failed), logged(client, running)]);
  return { failed, running, succeeded, sharded, waiting };
}

async function several(client: HostClient, job: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await ended(client, job);
}

/** Runs a job now, and waits for the end. */
async function ended(client: HostClient, job: string): Promise<string> {
  const { id } = await client.get("POST", `/jobs/${job}/runs?wait=20s&overlap=allow`, 200);
  return String(id);
}

async function begun(
  client: HostClient,
  job: string,
  // oxlint-disable-next-line typescript/no-explicit-any -- Tests look into answers of every shape.
  isThere: (run: any) => boolean,
): Promise<string> {
  const { id } = await client.get("POST", `/jobs/${job}/runs?overlap=allow`, 202);
  await eventually(`a run of ${job} is where it should be`, async () => {
    return isThere(await client.get("GET", `/runs/${id}`, 200)) ? true : undefined;
  });
  return String(id);
}

/** Lines arrive in batches, after the answer. */
async function logged(client: HostClient, run: string): Promise<void> {
  await eventually(`run ${run} has a log`, async () => {
    const lines = await client.all(`/runs/${run}/logs`);
    return lines.length > 0 ? true : undefined;
  });
}

async function seedWorkflowRuns(client: HostClient): Promise<SeededWorld["workflowRuns"]> {
  const [succeeded, waiting, failed, running] = await Promise.all([
    started(client, "etl", ({ state }) => state === "succeeded"),
    started(client, "order-approval", stepIs("approve", "waiting")),
    started(client, "refund", ({ state }) => state === "failed"),
    started(client, "video-pipeline", stepIs("transcode", "running")),
  ]);
  return { succeeded, waiting, failed, running };
}

// oxlint-disable-next-line typescript/no-explicit-any
function stepIs(step: string, wanted: string): (run: any) => boolean {
  return ({ graph }) =>
    graph.steps.some(
      ({ name, state }: { readonly name: string; readonly state: string }) =>
        name === step && state === wanted,
    );
}

async function started(
  client: HostClient,
  workflow: string,
  // oxlint-disable-next-line typescript/no-explicit-any
  isThere: (run: any) => boolean,
): Promise<string> {
  const { id } = await client.get("POST", `/workflows/${workflow}/runs`, 202, { body: {} });
  await eventually(`a run of ${workflow} is where it should be`, async () => {
    return isThere(await client.get("GET", `/workflow-runs/${id}`, 200)) ? true : undefined;
  });
  return String(id);
}
