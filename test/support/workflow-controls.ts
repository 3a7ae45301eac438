/** The table of what every control does in every state, as the machine says: it is part of ARCHITECTURE.md. */
import { readFileSync, writeFileSync } from "node:fs";
import type { WorkflowEffects, WorkflowInput } from "../../src/core/workflow-effect.ts";
import { stages, type StagedRun } from "./workflow-stages.ts";

const FILE = new URL("../../ARCHITECTURE.md", import.meta.url);
const BEGIN = "<!-- controls:begin -->";
const END = "<!-- controls:end -->";

type Controls = Readonly<Record<string, (step: string) => WorkflowInput>>;

const ON_RUNS: Controls = {
  pause: () => ({ kind: "pause", reason: null }),
  resume: () => ({ kind: "resume" }),
  cancel: () => ({ kind: "cancel", reason: null }),
  retry: () => ({ kind: "retry", step: null, by: null }),
  "send an event": () => ({ kind: "event", name: "paid", data: null }),
};

const WORDLESS = { result: null, note: null, by: null } as const;
const ON_STEPS: Controls = {
  "retry from it": (step) => ({ kind: "retry", step, by: null }),
  skip: (step) => ({ kind: "decide", action: "skip", step, ...WORDLESS }),
  succeed: (step) => ({ kind: "decide", action: "succeed", step, ...WORDLESS }),
  approve: (step) => ({ kind: "decide", action: "approve", step, ...WORDLESS }),
  reject: (step) => ({ kind: "decide", action: "reject", step, ...WORDLESS }),
};

export function controlsTable(): string {
  return [
    "What a control makes of a run, at once. A code is a refusal, and changes nothing.",
    "",
    ...tableOf(["run", ...Object.keys(ON_RUNS)], runRows()),
    "",
    "What it makes of a step, at once. *again* is a new revision: what comes after the step is pending again, too.",
    "",
    ...tableOf(["run", "step", ...Object.keys(ON_STEPS)], stepRows()),
  ].join("\n");
}

/** What the file holds between its markers. */
export function writtenTable(): string {
  const text = readFileSync(FILE, "utf8");
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  return begin === -1 || end === -1 ? "" : text.slice(begin + BEGIN.length, end).trim();
}

/** Puts the table between the markers; where there are none, they are made at the end. */
export function writeTable(): void {
  const text = readFileSync(FILE, "utf8");
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  const isThere = begin !== -1 && end !== -1;
  const before = isThere ? text.slice(0, begin) : `${text.trimEnd()}\n\n`;
  const after = isThere ? text.slice(end + END.length) : "\n";
  writeFileSync(FILE, `${before}${BEGIN}\n\n${controlsTable()}\n\n${END}${after}`);
}

function runRows(): readonly (readonly string[])[] {
  return [...stages()].map(([words, stage]) => [
    words,
    ...Object.values(ON_RUNS).map((control) => onRun(stage(), control(""))),
  ]);
}

function onRun(run: StagedRun, input: WorkflowInput): string {
  const { words, revision } = run;
  const done = run.attempt(input);
  if (typeof done === "string") return `\`${done}\``;
  if (run.revision > revision) return `${run.words} again`;
  if (done.events.length > 0) return "is kept";
  return run.words === words && isNothing(done) ? "nothing changes" : run.words;
}

function isNothing({ starts, cancels, rows, run }: WorkflowEffects): boolean {
  return run === null && starts.length + cancels.length + rows.length === 0;
}

/** Runs whose steps are treated alike share their rows, and so do states of steps within a run. */
function stepRows(): readonly (readonly string[])[] {
  const alike = new Map<string, { readonly runs: string[]; readonly rows: readonly Row[] }>();
  for (const [words, stage] of stages()) {
    const rows = rowsOf(stage);
    const key = JSON.stringify(rows);
    const group = alike.get(key) ?? { runs: [], rows };
    group.runs.push(words);
    alike.set(key, group);
  }
  return [...alike.values()].flatMap(({ runs, rows }) =>
    rows.map(({ states, cells }) => [
      runs.join("; "),
      rows.length === 1 ? "any" : states.join(", "),
      ...cells,
    ]),
  );
}

interface Row {
  readonly states: string[];
  readonly cells: readonly string[];
}

function rowsOf(stage: () => StagedRun): readonly Row[] {
  const names = [...stage().steps, ["of no such name", "nowhere"] as const];
  const rows = new Map<string, Row>();
  for (const [state, name] of names.toSorted(([a], [b]) => placeOf(a) - placeOf(b))) {
    const cells = Object.values(ON_STEPS).map((control) => onStep(stage(), name, control(name)));
    const row = rows.get(cells.join("|")) ?? { states: [], cells };
    row.states.push(state);
    rows.set(cells.join("|"), row);
  }
  const all = [...rows.values()];
  // What is refused whatever the steps are has one row.
  return all.length === 1 ? all.map((row) => ({ ...row, states: [] })) : all;
}

const ORDER = ["pending", "running", "waiting", "succeeded", "failed", "skipped", "canceled"];

/** The place of a state among the rows of a run; what is none comes last. */
function placeOf(state: string): number {
  const place = ORDER.findIndex((each) => state.startsWith(each));
  return place === -1 ? ORDER.length : place;
}

function onStep(run: StagedRun, name: string, input: WorkflowInput): string {
  const { revision } = run;
  const done = run.attempt(input);
  if (typeof done === "string") return `\`${done}\``;
  return run.revision > revision ? `${run.stateOf(name)} again` : run.stateOf(name);
}

function tableOf(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  return [
    `| ${heads.join(" | ")} |`,
    `|${"---|".repeat(heads.length)}`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
  ];
}
