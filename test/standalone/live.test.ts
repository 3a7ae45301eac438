import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, it } from "vitest";
import type { Scene } from "../contract/host-case.ts";
import { HOST_LIVE_CASES } from "../contract/host-live.cases.ts";
import { type HostName, startHost } from "../support/host-process.ts";
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
