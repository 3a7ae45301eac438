import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { expect } from "vitest";
import { within } from "../support/eventually.ts";
import { listenOnLoopback } from "../support/listen.ts";
import { aWebhookJob, type HostCase, runInState, runToEnd, type Scene } from "./host-case.ts";

/** How long a broken connection takes to be seen at its other end. */
const CLOSED_MS_MAX = 8_000;

/** Runs of a job that meet each other. */
export const HOST_OVERLAP_CASES: readonly HostCase[] = [
  { name: "a run that cancels the others breaks off their deliveries", run: cancelOther },
  { name: "a run that is canceled has its delivery broken off", run: cancelRun },
  { name: "a run that waits for another starts when that has ended", run: bufferOne },
];

/** A target that never answers, and tells of each request when its connection is gone. */
async function openSilentTarget() {
  const closed: Promise<unknown>[] = [];
  const server = createServer((request) => closed.push(gone(request)));
  const url = `http://127.0.0.1:${await listenOnLoopback(server)}`;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url, closed, server, close };
}

async function gone(request: IncomingMessage): Promise<void> {
  request.resume();
  await once(request.socket, "close");
}

async function cancelOther(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const target = await openSilentTarget();
  try {
    const job = aWebhookJob("cancel-other", `${target.url}/silent`, { overlap: "cancel_other" });
    await client.get("POST", "/jobs", 201, { body: job });
    const requested = once(target.server, "request");
    const first = await client.get("POST", "/jobs/cancel-other/runs", 202);
    await requested;
    const url = sink.answers("/cancel-other");
    await client.get("PATCH", "/jobs/cancel-other", 200, { body: { target: { url } } });

    const second = await client.get("POST", "/jobs/cancel-other/runs?wait=20s", 200);

    expect(second.state).toBe("succeeded");
    await within("the first connection is closed", Promise.all(target.closed), CLOSED_MS_MAX);
    expect(target.closed).toHaveLength(1);
    expect(await runInState(scene, first.id, "canceled")).toMatchObject({
      cancelReason: `Run ${second.id} took its place (overlap: cancel_other).`,
    });
  } finally {
    target.close();
  }
}

async function cancelRun(scene: Scene): Promise<void> {
  const { client } = scene;
  const target = await openSilentTarget();
  try {
    await client.get("POST", "/jobs", 201, {
      body: aWebhookJob("cancel-run", `${target.url}/silent`),
    });
    const requested = once(target.server, "request");
    const { id } = await client.get("POST", "/jobs/cancel-run/runs", 202);
    await requested;
    await client.get("POST", `/runs/${id}/cancel`, 200, { body: {} });

    await within("the connection is closed", Promise.all(target.closed), CLOSED_MS_MAX);
    expect(target.closed).toHaveLength(1);
    await runInState(scene, id, "canceled");
  } finally {
    target.close();
  }
}

async function bufferOne(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const held = Promise.withResolvers<void>();
  const url = sink.on("/buffer-one", async (_arrival, nth) => {
    if (nth === 1) await held.promise;
    return { status: 200 };
  });
  const job = aWebhookJob("buffer-one", url, { overlap: "buffer_one" });
  await client.get("POST", "/jobs", 201, { body: job });
  const first = await client.get("POST", "/jobs/buffer-one/runs", 202);
  await sink.arrivals("/buffer-one", 1);
  const second = await client.get("POST", "/jobs/buffer-one/runs", 202);
  const refused = await client.ask("POST", "/api/v1/jobs/buffer-one/runs");
  await runToEnd(scene, aWebhookJob("buffer-one-beside", sink.answers("/buffer-one-beside")));

  expect(refused.status).toBe(409);
  expect(sink.at("/buffer-one")).toHaveLength(1);
  held.resolve();
  await runInState(scene, first.id, "succeeded");
  await runInState(scene, second.id, "succeeded");
  expect(sink.at("/buffer-one")).toHaveLength(2);
}
