import { deepEqual, equal, throws } from "node:assert/strict";
import type { ShardStorage } from "../../src/ports/shard-storage.ts";
import {
  aStepRow,
  aWorkflow,
  aWorkflowEvent,
  aWorkflowRun,
  anErrand,
} from "../support/stored-workflows.ts";
import type { ShardStorageCase } from "./shard-storage-case.ts";

/** Three bytes a character, and where a piece of a long row ends, a character of two halves. */
const LONG_TEXT = `${"語".repeat(599_000)}${"🎌".repeat(3_000)}${"語".repeat(395_000)}`;

const versionsOf = (storage: ShardStorage, before = 0): readonly number[] =>
  storage.workflowVersions("wf_a", before, 10).map(({ version }) => version);

const placesOf = (storage: ShardStorage, workflowRun: string): readonly string[] =>
  storage
    .stepsAfter(workflowRun, { step: -1, part: -1 }, 100)
    .map(({ step, part }) => `${step}.${part}`);

const outboxEntry = (version: number) => ({ workflowId: "wf_a", version, tombstone: null });

export const SHARD_STORAGE_WORKFLOW_CASES: readonly ShardStorageCase[] = [
  {
    name: "a workflow is its newest version, and every version stays",
    run(storage) {
      const [first, second] = [aWorkflow(), aWorkflow({ version: 2, updatedMs: 7 })];
      storage.putWorkflow(first);
      deepEqual(storage.getWorkflow("wf_a"), first);
      storage.putWorkflow(second);

      deepEqual(storage.getWorkflow("wf_a"), second);
      deepEqual(storage.getWorkflowByName("default", "nightly-orders"), second);
      deepEqual(storage.getWorkflowVersion("wf_a", 1), first);
      equal(storage.getWorkflowVersion("wf_a", 3), undefined);
      equal(storage.getWorkflow("wf_b"), undefined);
      equal(storage.getWorkflowByName("other", "nightly-orders"), undefined);
      throws(() => storage.putWorkflow(aWorkflow({ version: 2 })));
    },
    afterReopen(storage) {
      equal(storage.getWorkflowByName("default", "nightly-orders")?.version, 2);
      deepEqual(versionsOf(storage), [2, 1]);
    },
  },
  {
    name: "two workflows of one namespace never share a name, those of two namespaces may",
    run(storage) {
      storage.putWorkflow(aWorkflow());
      storage.putWorkflow(aWorkflow({ id: "wf_b", namespace: "other" }));

      throws(() => storage.putWorkflow(aWorkflow({ id: "wf_c" })));
      equal(storage.getWorkflowVersion("wf_c", 1), undefined);
      equal(storage.getWorkflowByName("default", "nightly-orders")?.id, "wf_a");
      equal(storage.getWorkflowByName("other", "nightly-orders")?.id, "wf_b");
    },
  },
  {
    name: "a deleted workflow frees its name and keeps its versions",
    run(storage) {
      storage.putWorkflow(aWorkflow());
      storage.putWorkflow(aWorkflow({ version: 2 }));
      storage.deleteWorkflow("wf_a");
      storage.deleteWorkflow("wf_a");

      equal(storage.getWorkflow("wf_a"), undefined);
      equal(storage.getWorkflowByName("default", "nightly-orders"), undefined);
      deepEqual(versionsOf(storage), [2, 1]);
      storage.putWorkflow(aWorkflow({ id: "wf_b" }));
      storage.deleteWorkflow("wf_a");
      equal(storage.getWorkflowByName("default", "nightly-orders")?.id, "wf_b");
      storage.deleteWorkflowVersion("wf_a", 2);
      storage.deleteWorkflowVersion("wf_a", 2);
      deepEqual(versionsOf(storage), [1]);
    },
    afterReopen(storage) {
      equal(storage.getWorkflow("wf_a"), undefined);
      equal(storage.getWorkflowVersion("wf_a", 1)?.version, 1);
    },
  },
  {
    name: "a version that is brought back does not bring the workflow back",
    run(storage) {
      storage.putWorkflow(aWorkflow({ id: "wf_b" }));
      storage.restoreWorkflowVersion(aWorkflow());
      storage.restoreWorkflowVersion(aWorkflow());

      deepEqual(storage.getWorkflowVersion("wf_a", 1), aWorkflow());
      equal(storage.getWorkflow("wf_a"), undefined);
      equal(storage.getWorkflowByName("default", "nightly-orders")?.id, "wf_b");
      deepEqual(
        storage.workflowsAfter("", 10).map(({ id }) => id),
        ["wf_b"],
      );
    },
  },
  {
    name: "versions come newest first, and workflows page by page with their newest",
    run(storage) {
      for (const id of ["wf_c", "wf_a", "wf_d", "wf_b"])
        for (const version of [1, 2, 3])
          storage.putWorkflow(aWorkflow({ id, version, spec: { name: id } }));
      storage.deleteWorkflow("wf_b");
      const newest = (afterId: string, limit: number): readonly string[] =>
        storage.workflowsAfter(afterId, limit).map(({ id, version }) => `${id}@${version}`);

      deepEqual(newest("", 2), ["wf_a@3", "wf_c@3"]);
      deepEqual(newest("wf_a", 9), ["wf_c@3", "wf_d@3"]);
      deepEqual(newest("wf_d", 9), []);
      deepEqual(versionsOf(storage, 3), [2, 1]);
      deepEqual(storage.workflowVersions("wf_a", 0, 1), [
        aWorkflow({ version: 3, spec: { name: "wf_a" } }),
      ]);
      deepEqual(versionsOf(storage, 1), []);
    },
  },
  {
    name: "a workflow run is stored whole, replaced, and listed in the order of ids",
    run(storage) {
      const ended = aWorkflowRun({
        version: 2,
        phase: { state: "succeeded", endedMs: 9 },
        output: { text: "é\u2028\u0000" },
      });
      storage.putWorkflowRun(aWorkflowRun());
      storage.putWorkflowRun(ended);
      for (const id of ["wfr_c", "wfr_b"]) storage.putWorkflowRun(aWorkflowRun({ id }));
      const ids = (afterId: string, limit: number): readonly string[] =>
        storage.workflowRunsAfter(afterId, limit).map(({ id }) => id);

      deepEqual(storage.getWorkflowRun("wfr_a"), ended);
      equal(storage.getWorkflowRun("wfr_x"), undefined);
      deepEqual(ids("", 2), ["wfr_a", "wfr_b"]);
      deepEqual(ids("wfr_b", 2), ["wfr_c"]);
      deepEqual(ids("wfr_c", 2), []);
    },
    afterReopen(storage) {
      equal(storage.getWorkflowRun("wfr_a")?.version, 2);
    },
  },
  {
    name: "steps are stored by their place, replaced, and read in its order",
    run(storage) {
      const row = aStepRow({ step: 1, part: 10, state: "failed", version: 2 });
      for (const [step, part] of [
        [1, 10],
        [0, -1],
        [1, -1],
        [10, -1],
        [1, 9],
      ] as const)
        storage.putStep(aStepRow({ step, part }));
      storage.putStep(row);
      storage.putStep(aStepRow({ workflowRun: "wfr_b" }));

      deepEqual(storage.getStep("wfr_a", 1, 10), row);
      equal(storage.getStep("wfr_a", 0, 0), undefined);
      deepEqual(placesOf(storage, "wfr_a"), ["0.-1", "1.-1", "1.9", "1.10", "10.-1"]);
      const some = storage.stepsAfter("wfr_a", { step: 1, part: 9 }, 1);
      deepEqual(some, [row]);
      deepEqual(storage.stepPlacesAfter({ workflowRun: "wfr_a", step: 1, part: 10 }, 9), [
        { workflowRun: "wfr_a", step: 10, part: -1 },
        { workflowRun: "wfr_b", step: 0, part: -1 },
      ]);
      equal(storage.stepPlacesAfter({ workflowRun: "", step: 0, part: 0 }, 2).length, 2);
    },
    afterReopen(storage) {
      equal(storage.getStep("wfr_a", 1, 10)?.state, "failed");
    },
  },
  {
    name: "a workflow run leaves with its events at once, and with its steps some at a time",
    run(storage) {
      storage.putWorkflowRun(aWorkflowRun());
      storage.putWorkflowRun(aWorkflowRun({ id: "wfr_b" }));
      for (const workflowRun of ["wfr_a", "wfr_b"]) {
        for (let step = 0; step < 5; step++) storage.putStep(aStepRow({ workflowRun, step }));
        storage.putWorkflowEvent(aWorkflowEvent({ workflowRun }));
      }

      equal(storage.deleteWorkflowRun("wfr_a", 3), 3);
      equal(storage.getWorkflowRun("wfr_a"), undefined);
      deepEqual(storage.workflowEvents("wfr_a"), []);
      deepEqual(placesOf(storage, "wfr_a"), ["3.-1", "4.-1"]);
      equal(storage.deleteWorkflowRun("wfr_a", 3), 2);
      equal(storage.deleteWorkflowRun("wfr_a", 3), 0);

      deepEqual(placesOf(storage, "wfr_a"), []);
      equal(storage.workflowEvents("wfr_b").length, 1);
    },
    afterReopen(storage) {
      equal(storage.getWorkflowRun("wfr_b")?.id, "wfr_b");
      equal(placesOf(storage, "wfr_b").length, 5);
      equal(storage.stepPlacesAfter({ workflowRun: "", step: 0, part: 0 }, 9).length, 5);
    },
  },
  {
    name: "events are kept in the order they came",
    run(storage) {
      const [first, tenth] = [aWorkflowEvent(), aWorkflowEvent({ seq: 10, data: null })];
      storage.putWorkflowEvent(tenth);
      storage.putWorkflowEvent(first);
      storage.putWorkflowEvent(aWorkflowEvent({ workflowRun: "wfr_b" }));

      deepEqual(storage.workflowEvents("wfr_a"), [first, tenth]);
      throws(() => storage.putWorkflowEvent(first));
      storage.deleteWorkflowEvent("wfr_a", 1);
      storage.deleteWorkflowEvent("wfr_a", 1);
      deepEqual(storage.workflowEvents("wfr_a"), [tenth]);
    },
  },
  {
    name: "versions that the records lack are listed until each is confirmed",
    run(storage) {
      const gone = {
        ...outboxEntry(10),
        tombstone: { namespace: "default", name: "nightly-orders" },
      };
      for (const each of [gone, outboxEntry(2), outboxEntry(1), outboxEntry(10), gone])
        storage.putWorkflowOutbox(each);
      storage.putWorkflowOutbox({ workflowId: "wf_b", version: 1, tombstone: null });
      const after = { workflowId: "wf_a", version: 1 };

      deepEqual(storage.workflowOutboxAfter(after, 2), [outboxEntry(2), gone]);
      storage.deleteWorkflowOutbox("wf_a", 2);
      storage.deleteWorkflowOutbox("wf_a", 2);
      deepEqual(
        storage.workflowOutboxAfter({ workflowId: "", version: 0 }, 9).map((one) => one.version),
        [1, 10, 1],
      );
    },
    afterReopen(storage) {
      equal(storage.workflowOutboxAfter({ workflowId: "", version: 0 }, 9).length, 3);
    },
  },
  {
    name: "an errand is kept until it is done",
    run(storage) {
      const errands = ["b", "a", "c"].map((id) => anErrand(id));
      for (const errand of errands) storage.putErrand(errand);
      storage.putErrand(anErrand("c", "again"));

      deepEqual(storage.getErrand("c"), anErrand("c", "again"));
      equal(storage.getErrand("x"), undefined);
      deepEqual(storage.errandsAfter("a", 9), [anErrand("b"), anErrand("c", "again")]);
      storage.deleteErrand("b");
      storage.deleteErrand("b");
      equal(storage.errandsAfter("", 1).length, 1);
    },
    afterReopen(storage) {
      deepEqual(
        storage.errandsAfter("", 9).map(({ id }) => id),
        ["a", "c"],
      );
    },
  },
  {
    name: "what is longer than two million bytes is stored, replaced by less, and deleted",
    run(storage) {
      const workflow = aWorkflow({ spec: { description: LONG_TEXT.slice(0, 700_000) } });
      const run = aWorkflowRun({ output: LONG_TEXT });
      const row = aStepRow({ items: [LONG_TEXT], output: [LONG_TEXT] });
      storage.putWorkflow(workflow);
      storage.putWorkflowRun(run);
      storage.putStep(row);
      storage.putErrand(anErrand("long", LONG_TEXT));

      deepEqual(storage.getWorkflow("wf_a"), workflow);
      deepEqual(storage.getWorkflowRun("wfr_a"), run);
      deepEqual(storage.getStep("wfr_a", 0, -1), row);
      deepEqual(storage.getErrand("long"), anErrand("long", LONG_TEXT));
      storage.putStep(aStepRow({ items: null, output: LONG_TEXT.slice(0, 650_000) }));
      deepEqual(storage.getStep("wfr_a", 0, -1)?.output, LONG_TEXT.slice(0, 650_000));
      storage.putStep(aStepRow());
      deepEqual(storage.getStep("wfr_a", 0, -1), aStepRow());
      equal(storage.deleteWorkflowRun("wfr_a", 9), 1);
      storage.putWorkflowRun(aWorkflowRun({ output: "short" }));
    },
    afterReopen(storage) {
      equal(storage.getWorkflowRun("wfr_a")?.output, "short");
      equal(storage.getWorkflow("wf_a")?.spec.description.length, 700_000);
    },
  },
  {
    name: "pages of long rows hold few, and lose none",
    run(storage) {
      for (let part = 0; part < 9; part++)
        storage.putStep(aStepRow({ part, output: `${part}`.repeat(1_500_000) }));
      const seen: number[] = [];
      for (let page = storage.stepsAfter("wfr_a", { step: 0, part: -1 }, 9); page.length > 0;) {
        seen.push(...page.map(({ part }) => part));
        page = storage.stepsAfter("wfr_a", page.at(-1) ?? aStepRow(), 9);
      }

      deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    },
  },
];
