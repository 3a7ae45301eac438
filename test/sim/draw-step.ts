import type { SuccessRule } from "../../src/core/job.ts";
import type {
  ApprovalSpec,
  JoinRule,
  StepSpec,
  StepTarget,
  TaskSpec,
  WaitSpec,
} from "../../src/core/workflow.ts";
import type { Dice } from "../support/prng.ts";
import { EVENTS } from "./names.ts";
import type { Scale } from "./options.ts";

interface Palette {
  readonly timeouts: readonly [string, ...string[]];
  readonly backoffs: readonly [string, ...string[]];
  readonly spans: readonly [string, ...string[]];
}

const PALETTES: Readonly<Record<Scale, Palette>> = {
  seconds: {
    timeouts: ["1s", "3s", "10s"],
    backoffs: ["200ms", "1s", "5s"],
    spans: ["0s", "1s", "10s", "1m"],
  },
  minutes: { timeouts: ["5s", "30s"], backoffs: ["1s", "20s"], spans: ["1s", "20s", "10m"] },
  hours: { timeouts: ["30s", "5m"], backoffs: ["10s", "5m"], spans: ["1s", "5m", "5h"] },
};

const KINDS = [
  "gate",
  "run",
  "tasks",
  "map",
  "sleep",
  "waitFor",
  "approval",
  "workflow",
  "mapOfWorkflows",
] as const;
const WEIGHTS = {
  gate: 1,
  run: 6,
  tasks: 2,
  map: 2.5,
  sleep: 1,
  waitFor: 1,
  approval: 1,
  workflow: 3,
  mapOfWorkflows: 0.5,
};

/** What is known of a step before it is drawn. */
interface Drawn {
  readonly scale: Scale;
  /** Steps before it have names from `s0` on. */
  readonly index: number;
  /** The workflow that it may start; null is none. */
  readonly nested: string | null;
}

export function drawStep(dice: Dice, drawn: Drawn): StepSpec {
  const after = drawAfter(dice, drawn.index);
  const join = drawJoin(dice, after.length);
  return {
    name: `s${drawn.index}`,
    ...(after.length > 0 && { after }),
    ...(after.length > 0 && join !== "all" && { join }),
    ...(dice.chance(0.15) && { when: `params.n >= ${dice.int(1, 9)}.0` }),
    ...drawWork(dice, drawn),
  };
}

function drawAfter(dice: Dice, index: number): readonly string[] {
  const count = Math.min(index, dice.pick([0, 1, 1, 1, 2, 2, 3]));
  const parents = new Set<string>();
  // The newest ones more often, so that there are long ways, too.
  for (let i = 0; i < count; i++)
    parents.add(`s${index - 1 - Math.floor(index * dice.next() ** 2 * 0.999)}`);
  return [...parents];
}

function drawJoin(dice: Dice, parents: number): JoinRule {
  return dice.pick<JoinRule>([
    "all",
    "all",
    "any",
    "all_done",
    { count: dice.int(1, Math.max(1, parents)) },
  ]);
}

function drawWork(dice: Dice, drawn: Drawn): Partial<StepSpec> {
  const palette = PALETTES[drawn.scale];
  const kind = dice.weighted(KINDS, WEIGHTS);
  const works: Readonly<Record<typeof kind, () => Partial<StepSpec>>> = {
    gate: () => ({}),
    sleep: () => ({ sleep: dice.pick(palette.spans) }),
    waitFor: () => ({ waitFor: drawWait(dice, palette) }),
    approval: () => ({ approval: drawApproval(dice, palette) }),
    run: () => ({ ...drawRun(dice, palette), ...drawUndo(dice, palette) }),
    tasks: () => ({ ...drawTasks(dice, palette), ...drawUndo(dice, palette) }),
    map: () => ({ ...drawMap(dice), ...drawRun(dice, palette), ...drawUndo(dice, palette) }),
    workflow: () => drawNested(dice, drawn, false),
    mapOfWorkflows: () => drawNested(dice, drawn, true),
  };
  return works[kind]();
}

function drawWait(dice: Dice, palette: Palette): WaitSpec {
  return {
    event: dice.pick(EVENTS),
    ...drawTimeout(dice, palette),
    ...(dice.chance(0.2) && { match: "event.data.n >= 5.0" }),
    ...(dice.chance(0.3) && { lookBack: dice.pick(palette.spans) }),
  };
}

function drawApproval(dice: Dice, palette: Palette): ApprovalSpec {
  return {
    ...drawTimeout(dice, palette),
    ...(dice.chance(0.5) && { onTimeout: dice.pick(["reject", "approve"] as const) }),
  };
}

function drawNested(dice: Dice, { nested, scale }: Drawn, isMap: boolean): Partial<StepSpec> {
  const palette = PALETTES[scale];
  if (nested === null) return { ...drawRun(dice, palette), ...drawUndo(dice, palette) };
  return {
    workflow: nested,
    ...(dice.chance(0.4) && { params: { n: "${params.n}" } }),
    ...(dice.chance(0.2) && { timeout: "1m" }),
    ...(dice.chance(0.3) && { retry: { max: 1 } }),
    ...(isMap && drawMap(dice)),
    ...drawUndo(dice, palette),
  };
}

function drawTimeout(dice: Dice, { spans }: Palette): { readonly timeout?: string } {
  return dice.chance(0.6) ? { timeout: dice.pick(spans) } : {};
}

function drawRun(dice: Dice, palette: Palette): Partial<StepSpec> {
  return { run: drawTarget(dice), ...drawTries(dice, palette) };
}

function drawTries(
  dice: Dice,
  { timeouts, backoffs }: Palette,
): Pick<TaskSpec, "retry" | "timeout"> {
  const base = dice.pick(backoffs);
  const backoff = { kind: "exponential", base, factor: 2, max: "1m" } as const;
  return { timeout: dice.pick(timeouts), retry: { max: dice.pick([0, 1, 3]), backoff } };
}

function drawTarget(dice: Dice): StepTarget {
  if (dice.chance(0.5))
    return {
      url: `https://hooks${dice.pick(["", "", "2"])}.example.com/step`,
      mode: dice.pick(["async", "sync"]),
    };
  const executor = dice.weighted(["billing", "mailing", "nobody"], {
    billing: 5,
    mailing: 4,
    nobody: 0.3,
  });
  return {
    executor,
    handler: "report",
    ...(dice.chance(0.5) && { onNodeLost: dice.pick(["resend", "fail", "wait"] as const) }),
  };
}

function drawTasks(dice: Dice, palette: Palette): Partial<StepSpec> {
  const tasks = Array.from({ length: dice.int(1, 3) }, () => ({
    run: drawTarget(dice),
    ...drawTries(dice, palette),
  }));
  return { tasks, ...drawComplete(dice, tasks.length) };
}

function drawMap(dice: Dice): Partial<StepSpec> {
  return {
    map: {
      over: "${params.items}",
      ...(dice.chance(0.8) && { concurrencyMax: dice.int(1, 3) }),
    },
    params: { item: "${item}", at: "${index}" },
    ...drawComplete(dice, 3),
  };
}

function drawComplete(dice: Dice, most: number): Pick<StepSpec, "complete"> {
  if (dice.chance(0.4)) return {};
  const rest = dice.pick(["cancel", "finish"] as const);
  const rule = dice.pick<SuccessRule>([
    { mode: "all" },
    { mode: "any" },
    { mode: "count", count: dice.int(1, most) },
  ]);
  return { complete: { ...rule, rest } };
}

function drawUndo(dice: Dice, palette: Palette): Pick<StepSpec, "compensate"> {
  if (!dice.chance(0.4)) return {};
  return { compensate: { run: drawTarget(dice), ...drawTries(dice, palette) } };
}
