import type { HostClient } from "../support/host-client.ts";
import type { HostName } from "../support/host-process.ts";
import { eventually } from "../support/eventually.ts";
import type { Sink } from "../support/sink.ts";
import type { ContractCase } from "./contract-case.ts";

/** A host that answers, and the sink that its jobs call. Scenarios share both, each with its own jobs. */
export interface Scene {
  readonly hostName: HostName;
  readonly client: HostClient;
  readonly sink: Sink;
}

export type HostCase = ContractCase<Scene>;

/** No second attempt. */
export const ONCE = { max: 0 } as const;

/** Further attempts that follow at once. */
export const QUICK_RETRY = {
  max: 2,
  backoff: { kind: "exponential", base: "20ms", factor: 1, max: "20ms" },
  jitter: "none",
} as const;

/** Every second from an instant on. */
export function everySecond(anchorMs: number): Readonly<Record<string, string>> {
  return { kind: "every", every: "1s", anchor: new Date(anchorMs).toISOString() };
}

/** The body of a job that never fires by itself and calls a URL. */
export function aWebhookJob(
  name: string,
  url: string,
  changes: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const { target = {}, ...others } = changes;
  return {
    name,
    schedule: { kind: "manual" },
    // What the caller adds to the target is laid over it.
    target: Object.assign({ kind: "webhook", url }, target),
    retry: ONCE,
    ...others,
  };
}

/** Creates a job, runs it now and waits for the run's end. */
export async function runToEnd(
  { client }: Scene,
  job: Readonly<Record<string, unknown>>,
  // oxlint-disable-next-line typescript/no-explicit-any -- Tests look into answers of every shape.
): Promise<any> {
  await client.get("POST", "/jobs", 201, { body: job });
  return client.get("POST", `/jobs/${String(job["name"])}/runs?wait=20s`, 200);
}

/** A run as soon as it is in a state. */
export function runInState(
  { client }: Scene,
  run: string,
  state: string,
  // oxlint-disable-next-line typescript/no-explicit-any
): Promise<any> {
  return eventually(`run ${run} is ${state}`, async () => {
    const found = await client.get("GET", `/runs/${run}`, 200);
    return found.state === state ? found : undefined;
  });
}

/** A list of the records as soon as it satisfies: they may be a second behind. */
export function listed(
  { client }: Scene,
  path: string,
  // oxlint-disable-next-line typescript/no-explicit-any
  isComplete: (items: any[]) => boolean,
  // oxlint-disable-next-line typescript/no-explicit-any
): Promise<any[]> {
  return eventually(`the list at ${path}`, async () => {
    const items = await client.all(path);
    return isComplete(items) ? items : undefined;
  });
}
