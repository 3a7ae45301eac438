import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { HostClient } from "../support/host-client.ts";
import { type HostName, type HostProcess, startHost } from "../support/host-process.ts";
import { Sink } from "../support/sink.ts";
import { HOST_CALENDAR_CASES } from "./host-calendars.cases.ts";
import { HOST_CALLBACK_CASES } from "./host-callback.cases.ts";
import type { HostCase } from "./host-case.ts";
import {
  type BeforeCrash,
  expectRunsSurvived,
  expectTicksAccounted,
  outage,
  prepareCrash,
} from "./host-crash.ts";
import { HOST_EXECUTOR_CASES } from "./host-executors.cases.ts";
import { HOST_OPERATION_CASES } from "./host-operations.cases.ts";
import { HOST_OVERLAP_CASES } from "./host-overlap.cases.ts";
import { HOST_REFUSAL_CASES } from "./host-refusal.cases.ts";
import { HOST_RUN_CASES } from "./host-runs.cases.ts";
import { HOST_TICK_CASES } from "./host-ticks.cases.ts";
import { HOST_WORKFLOW_CASES } from "./host-workflows.cases.ts";

const START_MS_MAX = 60_000;

const CASES: readonly HostCase[] = [
  ...HOST_TICK_CASES,
  ...HOST_RUN_CASES,
  ...HOST_CALLBACK_CASES,
  ...HOST_REFUSAL_CASES,
  ...HOST_OPERATION_CASES,
  ...HOST_CALENDAR_CASES,
  ...HOST_OVERLAP_CASES,
  ...HOST_EXECUTOR_CASES,
  ...HOST_WORKFLOW_CASES,
];

/** What the tests of one host share: one process at a time, and one sink. */
interface Stage {
  readonly hostName: HostName;
  readonly sink: Sink;
  readonly host: HostProcess;
  readonly client: HostClient;
}

/**
 * Declares what every host promises, over HTTP only. The scenarios share one process and run side by
 * side, each with jobs of its own; then the process is killed, and started again on its folder.
 */
export function hostContract(name: HostName): void {
  describe(`the host contract on ${name}`, () => {
    let folder: string;
    let sink: Sink;
    let stage: Stage;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), `tickwheel-${name}-`));
      sink = await Sink.open();
      return async () => {
        await sink.close();
        rmSync(folder, { recursive: true, force: true });
      };
    });

    beforeAll(async () => {
      stage = { hostName: name, sink, ...(await startHost(name, folder)) };
      return () => stage.host.kill9();
    }, START_MS_MAX);

    describe.concurrent("over HTTP", () => {
      for (const claim of CASES)
        // The name is text, and the case asserts by itself.
        // oxlint-disable-next-line vitest/expect-expect, vitest/valid-title -- see above
        it(claim.name, () => claim.run(stage));
    });

    describe("killed and started again", () => {
      let before: BeforeCrash;
      let readyMs: number;

      beforeAll(async () => {
        const prepared = await prepareCrash(stage);
        const killedMs = Date.now();
        await stage.host.kill9();
        before = { ...prepared, killedMs };
        await outage(before);
        stage = { ...stage, ...(await startHost(name, folder)) };
        readyMs = Date.now();
      }, START_MS_MAX);

      it("every acknowledged run ends as it must, under its own identity", async () => {
        await expectRunsSurvived(stage, before);
      });

      it("every nominal tick of the outage is accounted for, by policy and truly", async () => {
        await expectTicksAccounted(stage, before, readyMs);
      });

      it("stops when it is asked to, and leaves nothing behind", async () => {
        expect(await stage.host.stop()).toMatchObject({ code: 0 });
      });
    });
  });
}
