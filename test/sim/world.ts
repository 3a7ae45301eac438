import { MemoryShardStorage } from "../../src/adapters/memory-shard-storage.ts";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { SqlShardStorage } from "../../src/adapters/sql-shard-storage.ts";
import type { ShardStorage } from "../../src/ports/shard-storage.ts";
import { Callers } from "./callers.ts";
import { Evidence } from "./evidence.ts";
import { ExecutorDesk } from "./executor-desk.ts";
import { checkRest } from "./final-laws.ts";
import { History } from "./history.ts";
import { checkLedger } from "./ledger-laws.ts";
import { ModelRecords } from "./model-records.ts";
import { Network } from "./network.ts";
import { Operators } from "./operators.ts";
import type { Scale, SimOptions } from "./options.ts";
import { asViolation, hold, Scene, type Violation } from "./scene.ts";
import { ShardHost } from "./shard-host.ts";
import { jitterMs } from "./spec-times.ts";

export interface SimResult {
  readonly violation: Violation | undefined;
  /** Of the trace: equal for equal seeds. */
  readonly hash: string;
  readonly events: number;
  readonly reached: ReadonlyMap<string, number>;
  readonly lines: readonly string[];
}

const DAY_MS = 86_400_000;
/** Steps of one world: far more than any needs that comes to rest. */
const STEPS_MAX = 60_000;
/** How long a healed world runs on before its jobs are stopped. */
const CALM_MS: Readonly<Record<Scale, number>> = {
  seconds: 130_000,
  minutes: 600_000,
  hours: 3_600_000,
};
/**
 * A clock that stepped back by a day makes waits so much longer, and so may Retry-After. A tick that
 * a calendar moved, of a job that is gone by then, may still wake its shard once.
 */
const DRAIN_MS = 60 * DAY_MS;

/** Plays the world of these options to its end, and says whether every law held. */
export function simulate(options: SimOptions, isVerbose = false): SimResult {
  const scene = new Scene(options, isVerbose);
  const closing: (() => void)[] = [];
  let violation: Violation | undefined;
  try {
    play(scene, closing);
  } catch (error) {
    violation = asViolation(error);
    scene.note(`VIOLATION ${violation.message}`);
  } finally {
    for (const close of closing) close();
  }
  const { hash, events, reached, lines } = scene;
  return { violation, hash, events, reached, lines };
}

function play(scene: Scene, closing: (() => void)[]): void {
  const { options, agenda } = scene;
  const evidence = new Evidence();
  const history = new History(scene, evidence);
  const executors = new ExecutorDesk(scene);
  const network = new Network(scene, evidence, executors);
  const records = new ModelRecords(scene);
  history.records = records;
  const hosts: ShardHost[] = [];
  for (let shard = 0; shard < options.shards; shard++) {
    const storage = openStorage(options, closing);
    const deps = { scene, shard, storage, history, network, records, executors, peers: hosts };
    hosts.push(new ShardHost(deps));
  }
  const [first, ...others] = hosts;
  if (first === undefined) return;
  const callers = new Callers(scene);
  executors.serve(callers, hosts);
  const operators = new Operators(scene, callers, {
    hosts: [first, ...others],
    records,
    executors,
  });
  for (const host of hosts) host.boot();
  planStorm(scene, { hosts, operators, records, executors });
  const stormEndMs = options.startMs + options.stormMs;
  run(scene, stormEndMs);
  scene.note("the storm is over");
  scene.heal();
  records.comeBack();
  executors.heal();
  for (const host of hosts) {
    host.boot();
    host.alarm.doubt();
  }
  run(scene, stormEndMs + CALM_MS[options.scale]);
  finishEras(history, hosts);
  operators.stopAll();
  run(scene, stormEndMs + DRAIN_MS);
  hold("L3 the world comes to rest", agenda.size === 0, () => `${agenda.size} things to come`);
  checkRest(history, hosts, records);
  checkLedger(history, records);
}

function run(scene: Scene, untilMs: number): void {
  for (let steps = 0; scene.agenda.step(untilMs); steps++)
    hold("L3 the world comes to rest", steps < STEPS_MAX, () => "too many steps");
  scene.agenda.at(untilMs, () => {});
  scene.agenda.step(untilMs);
}

function openStorage(options: SimOptions, closing: (() => void)[]): ShardStorage {
  if (options.storage === "memory") return new MemoryShardStorage();
  const sql = openNodeSqlite(":memory:");
  closing.push(() => sql.close());
  return new SqlShardStorage(sql);
}

interface Stage {
  readonly hosts: readonly ShardHost[];
  readonly operators: Operators;
  readonly records: ModelRecords;
  readonly executors: ExecutorDesk;
}

/** Everything that comes by itself: commands, crashes, steps of clocks, and hours without records. */
function planStorm(scene: Scene, { hosts, operators, records, executors }: Stage): void {
  const { options, agenda } = scene;
  const { faults, stormMs } = options;
  const dice = scene.dice("storm");
  const someHost = (): ShardHost | undefined => hosts[dice.int(0, hosts.length - 1)];
  const at = (act: () => void): void => agenda.after(dice.int(0, stormMs), act);
  for (const host of hosts) {
    if (faults.skewMsMax === 0) continue;
    host.stepClock(dice.int(-faults.skewMsMax, faults.skewMsMax));
  }
  for (let i = 0; i < options.jobs; i++)
    agenda.after(dice.int(0, Math.floor(stormMs / 20)), () => operators.create());
  for (let i = 0; i < options.commands; i++) at(() => operators.act());
  planWorkflows(scene, operators);
  for (let i = 0; i < options.nodeEvents; i++) at(() => executors.act());
  for (let i = 0; i < faults.crashes; i++) at(() => someHost()?.crash("between events"));
  for (let i = 0; i < faults.clockSteps; i++)
    at(() => {
      const size = 1_000 + Math.floor(dice.next() ** 3 * faults.clockStepMsMax);
      someHost()?.stepClock(dice.chance(0.5) ? size : -size);
    });
  for (let i = 0; i < faults.recordsAway; i++)
    at(() => records.goAway(dice.int(1_000, Math.floor(stormMs / 3))));
}

function planWorkflows(scene: Scene, { workflows }: Operators): void {
  const { options, agenda } = scene;
  const { stormMs } = options;
  const dice = scene.dice("workflow storm");
  for (let i = 0; i < options.workflows; i++)
    agenda.after(dice.int(0, Math.floor(stormMs / 20)), () => workflows.put(i));
  for (let i = 0; i < options.workflowCommands; i++)
    agenda.after(dice.int(0, stormMs), () => workflows.act());
}

/** What the ledger must hold of jobs that still live: everything but the last few seconds. */
function finishEras(history: History, hosts: readonly ShardHost[]): void {
  for (const job of history.jobs.values()) {
    const host = hosts[job.shard];
    if (host === undefined) continue;
    const slackMs = 5_000 + jitterMs(job.row.spec);
    job.finish({ nowMs: host.nowMs, latestMs: Number.POSITIVE_INFINITY, slackMs });
  }
}
