import { isWorkflowEnded } from "../../src/core/workflow-run.ts";
import { checkOrigins } from "./errand-laws.ts";
import type { History } from "./history.ts";
import { versionKey } from "./known-workflows.ts";
import { isSame, type ModelRecords, stepKey } from "./model-records.ts";
import { hold } from "./scene.ts";
import type { ShardHost } from "./shard-host.ts";

/** D3: once a world has come to rest, each workflow run has ended, and nothing of it is left. */
export function checkWorkflowsAtRest(
  history: History,
  hosts: readonly ShardHost[],
  records: ModelRecords,
): void {
  for (const { row, live } of history.workflows.stories.values()) {
    const said = (): string => `${row.id} of ${row.workflowName}: ${JSON.stringify(row.phase)}`;
    hold("D3 each workflow run ends", isWorkflowEnded(row.phase), said);
    hold("D3 nothing lives after its end", live.size === 0, said);
  }
  for (const id of history.due.keys())
    hold("D3 nothing of it is due", !id.startsWith("wr_"), () => id);
  for (const host of hosts) checkEmpty(host);
  checkOrigins(history);
  checkRecords(history, records);
}

function checkEmpty({ deps }: ShardHost): void {
  const { storage, shard } = deps;
  const errand = storage.errandsAfter("", 1)[0];
  hold("D3 no errand is left", errand === undefined, () => `shard ${shard}: ${errand?.id}`);
  const run = storage.workflowRunsAfter("", 1)[0];
  hold("S4 ended workflow runs leave", run === undefined, () => `shard ${shard}: ${run?.id}`);
  const step = storage.stepPlacesAfter({ workflowRun: "", step: -1, part: -1 }, 1)[0];
  hold("S4 their steps leave", step === undefined, () => `shard ${shard}: ${step?.workflowRun}`);
  const change = storage.workflowOutboxAfter({ workflowId: "", version: 0 }, 1)[0];
  hold("S4 changes of workflows leave", change === undefined, () => `shard ${shard}`);
}

function checkRecords({ workflows, scene }: History, records: ModelRecords): void {
  let steps = 0;
  for (const { id, row, rows, parts } of workflows.stories.values()) {
    const kept = records.workflowRuns.get(id);
    const said = (): string => `${id} v${row.version}, the records have v${kept?.version}`;
    hold("S4 the records have each workflow run", isSame(kept, row), said);
    for (const each of [...rows.values(), ...parts.values()]) {
      const key = stepKey(each);
      hold("S4 the records have each step", isSame(records.steps.get(key), each), () => key);
      steps++;
    }
  }
  const isAll = records.workflowRuns.size === workflows.stories.size;
  hold("S4 no other workflow run", isAll, () => `${records.workflowRuns.size}`);
  hold("S4 no other step", records.steps.size === steps, () => `${records.steps.size}`);
  for (const workflow of workflows.versions.values()) {
    const key = versionKey(workflow);
    hold(
      "S4 the records have each version",
      isSame(records.workflows.get(key), workflow),
      () => key,
    );
  }
  for (const { newest, isDeleted } of workflows.facts.values()) {
    const gone = records.deletedWorkflows.get(newest.id);
    const isTold = isDeleted ? (gone?.version ?? 0) > newest.version : gone === undefined;
    hold("S4 a deleted workflow is gone", isTold, () => newest.spec.name);
    if (isDeleted) scene.reach("workflow: deleted");
  }
}
