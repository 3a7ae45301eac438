import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Scene } from "../contract/host-case.ts";
import { HOST_LIVE_CASES } from "../contract/host-live.cases.ts";
import { type HostName, startHost } from "../support/host-process.ts";
import { openWithTicket } from "../support/live-client.ts";
import { scratchFolder } from "../support/scratch-folder.ts";
import { Sink } from "../support/sink.ts";

const START_MS_MAX = 60_000;
const CASE_MS_MAX = 90_000;
const HOSTS: readonly HostName[] = ["node", "bun", "deno", "workers"];

describe.each(HOSTS)("those who watch a %s host", (hostName) => {
  let scene: Scene;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), `tickwheel-live-${hostName}-`));
    const sink = await Sink.open();
    const { host, client } = await startHost(hostName, folder);
    scene = { hostName, client, sink };
    return async () => {
      await host.kill9();
      await sink.close();
      rmSync(folder, { recursive: true, force: true });
    };
  }, START_MS_MAX);

  for (const claim of HOST_LIVE_CASES)
    // The name is text, and the case asserts by itself.
    // oxlint-disable-next-line vitest/expect-expect, vitest/valid-title -- see above
    it(claim.name, () => claim.run(scene), CASE_MS_MAX);
});

it.each(["node", "bun", "deno"] as const)(
  "a %s host that stops says goodbye to those who watch",
  async (hostName) => {
    const { host, client } = await startHost(hostName, scratchFolder());
    onTestFinished(() => host.kill9());
    const socket = await openWithTicket(client, "/live");

    const exit = await host.stop();

    expect(exit).toMatchObject({ code: 0 });
    expect(await socket.closed).toBe(1_001);
  },
  START_MS_MAX,
);
