import { lookup } from "node:dns/promises";
import { globSync } from "node:fs";
import { createServer } from "node:http";
import { hostname } from "node:os";
import { basename } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { aWebhookJob } from "../contract/host-case.ts";
import { startHost } from "../support/host-process.ts";
import { listenOnLoopback } from "../support/listen.ts";
import { scratchFolder } from "../support/scratch-folder.ts";

/** A target inside, under the name of this machine, which no policy can see through. */
async function aTargetInside(): Promise<{ readonly url: string; readonly arrivals: () => number }> {
  const { address } = await lookup(hostname());
  let arrivals = 0;
  const server = createServer((_request, response) => {
    arrivals++;
    response.end("{}");
  });
  const port = await listenOnLoopback(server, address);
  onTestFinished(() => void server.close());
  return { url: `http://${hostname()}:${port}/inside`, arrivals: () => arrivals };
}

it("a local workerd calls no name that leads inside", async () => {
  const { url, arrivals } = await aTargetInside();
  const { host, client } = await startHost("workers", scratchFolder(), { EGRESS_ALLOW: "" });
  onTestFinished(() => host.kill9());
  // The name leads there: only the host is kept away.
  expect((await fetch(url)).status).toBe(200);

  const job = aWebhookJob("inside", url, { delivery: "at_most_once" });
  await client.get("POST", "/jobs", 201, { body: job });
  const run = await client.get("POST", "/jobs/inside/runs?wait=20s", 200);

  expect(run.state).toBe("lost");
  expect(arrivals()).toBe(1);
});

it("a local workerd keeps its objects and nothing beside them", async () => {
  const folder = scratchFolder();
  const { host, client } = await startHost("workers", folder);
  onTestFinished(() => host.kill9());
  await client.get("POST", "/jobs", 201, { body: aWebhookJob("kept", "https://example.com/hook") });

  // The development server would also keep every request, call and statement, for its inspector.
  const kept = globSync("objects/*/*", { cwd: folder }).map((path) => basename(path));
  expect(kept.toSorted()).toEqual(["cache", "do"]);
});
