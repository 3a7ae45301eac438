import { isEnded } from "../../src/core/run.ts";
import type { History } from "./history.ts";
import { isSame, type ModelRecords } from "./model-records.ts";
import { hold } from "./scene.ts";
import type { ShardHost } from "./shard-host.ts";
import { checkWorkflowsAtRest } from "./workflow-rest-laws.ts";

/** Once a world has healed and come to rest: everything has ended, and the records have all of it. */
export function checkRest(
  history: History,
  hosts: readonly ShardHost[],
  records: ModelRecords,
): void {
  for (const { row } of history.runs.values()) {
    const said = (): string => `${row.id} of ${row.jobName}: ${JSON.stringify(row.phase)}`;
    hold("R6 ends", isEnded(row.phase), said);
  }
  for (const { row, isGone } of history.backfills.values())
    hold("B5 ends", isGone || row.state !== "running", () => JSON.stringify(row));
  for (const host of hosts) checkEmpty(host);
  checkRecords(history, records);
  checkExecutors(history);
  checkWorkflowsAtRest(history, hosts, records);
}

function checkEmpty({ shard, deps }: ShardHost): void {
  const where = `shard ${deps.shard}`;
  hold("L1 every process is back", shard !== undefined, () => where);
  if (shard === undefined) return;
  const { storage } = deps;
  hold("L2 slots are given back", shard.inFlight === 0, () => `${where}: ${shard.inFlight} out`);
  hold("S4 outbox drains", shard.outboxSize === 0, () => `${where}: ${shard.outboxSize} left`);
  const run = storage.runsAfter("", 1)[0];
  hold("S4 ended runs leave", run === undefined, () => `${where}: ${run?.id}`);
  const tick = storage.ticksAfter({ jobId: "", nominalMs: 0, onlyThisJob: false, limit: 1 })[0];
  hold("S4 ticks leave", tick === undefined, () => `${where}: ${JSON.stringify(tick)}`);
  hold("S4 job changes leave", storage.countJobOutbox() === 0, () => where);
}

function checkRecords(history: History, records: ModelRecords): void {
  for (const { row } of history.runs.values()) {
    const kept = records.runs.get(row.id);
    const said = (): string => `${row.id} v${row.version}, the records have v${kept?.version}`;
    hold("S4 the records have each run", isSame(kept, row), said);
  }
  hold("S4 no other run", records.runs.size === history.runs.size, () => `${records.runs.size}`);
  for (const [key, tick] of history.ticks)
    hold("S4 the records have each tick", isSame(records.ticks.get(key), tick), () => key);
  hold("S4 no other tick", records.ticks.size === history.ticks.size, () => "more ticks");
  for (const { id, row, isDeleted } of history.jobs.values()) {
    const gone = records.deletedJobs.get(id);
    const said = (): string => `${row.spec.name} v${row.version}`;
    if (isDeleted) hold("S4 a deleted job is gone", (gone?.version ?? 0) > row.version, said);
    else hold("S4 the records have each job", isSame(records.jobs.get(id), row), said);
    hold("S4 a job that lives is not gone", isDeleted || gone === undefined, said);
  }
  for (const id of history.promised)
    hold("R1 durable", records.runs.has(id), () => `run ${id} was promised`);
}

/** What the executors saw, against what was stored. */
function checkExecutors(history: History): void {
  const { arrivals } = history.evidence;
  const runOfTick = new Map<string, string>();
  for (const { runId, jobId, attempt, send, nominalMs, trigger } of arrivals) {
    const story = history.runs.get(runId);
    hold("R3 intent first", story?.sent.has(`${attempt}#${send}`) === true, () => runId);
    if (trigger !== "tick") continue;
    const tick = `${jobId}@${nominalMs}`;
    const first = runOfTick.get(tick) ?? runId;
    runOfTick.set(tick, first);
    hold("T2 unique at the executor", first === runId, () => `${tick}: ${first}, ${runId}`);
  }
  for (const { row } of history.runs.values()) {
    const count = history.evidence.arrivalsOf(row.id);
    if (row.order.delivery === "at_most_once")
      hold("R4 at most once", count <= 1, () => `${row.id} arrived ${count} times`);
    else hold("R4 bounded", count <= 2 * row.phase.attempt, () => `${row.id} ${count} times`);
  }
}
