/**
 * Goal: a secret that was shown once is nowhere to be found afterwards.
 * Method: an executor is made, called and given a second secret; then the host is killed, and every byte of its
 * data folder and of what it logged is searched for both.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { listed, ONCE } from "../contract/host-case.ts";
import { createAutoExecutor, startNode } from "../support/executor-node.ts";
import { startHost } from "../support/host-process.ts";
import { scratchFolder } from "../support/scratch-folder.ts";
import { Sink } from "../support/sink.ts";

it("an executor's secrets are neither in the data folder nor in the log", async () => {
  const folder = scratchFolder();
  const { host, client } = await startHost("node", folder, { LOG_LEVEL: "debug" });
  const sink = await Sink.open();
  const executor = await createAutoExecutor(client, "kept");
  const node = await startNode(client, executor, { handlers: { work: () => "done" } });
  const { next } = await client.get("POST", "/executors/kept/secrets", 201, {
    headers: { "idempotency-key": "the-second-secret" },
  });
  await client.get("POST", "/jobs", 201, {
    body: {
      name: "kept",
      schedule: { kind: "manual" },
      target: { kind: "executor", executor: "kept", handler: "work" },
      retry: ONCE,
    },
  });
  await client.get("POST", "/jobs/kept/runs?wait=20s", 200);
  const scene = { hostName: "node", client, sink } as const;
  await listed(scene, "/runs?job=kept&state=succeeded", (runs) => runs.length === 1);
  await node.stop();
  await host.kill9();
  await sink.close();

  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1"));
  const places = [...files, host.stdout, host.stderr];

  expect(places.some((text) => text.includes("kept"))).toBe(true);
  for (const secret of [executor.appSecret, next.appSecret])
    expect(places.filter((text) => text.includes(secret))).toEqual([]);
});
