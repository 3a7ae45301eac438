import { useMemo, useRef, useState } from "preact/compat";
import { criticalPath } from "../../../../src/core/critical-path.ts";
import { useApi, type Read } from "../../api/use-api.ts";
import type { WorkflowRunFullJson, WorkflowRunJson } from "../../api/shapes.ts";
import type { LiveRow } from "../../live/live-connection.ts";
import { useLive, useLiveState } from "../../live/use-live.ts";
import type { GraphStepJson } from "./workflow-shapes.ts";

const POLL_MS = 5_000;
/** The whole is read again after live rows, but a long one not that often: so long for each step. */
const RELOAD_MS = { least: 1_000, perStep: 5 } as const;
/** A row that came this shortly before an answer may be newer than the answer. */
const OVERLAP_MS = 3_000;

type StepRow = Partial<Omit<GraphStepJson, "name" | "kind" | "after" | "runs">>;

interface HeardStep {
  readonly version: number;
  readonly atMs: number;
  readonly row: StepRow;
}

/** What live rows say beyond what was read. */
interface Heard {
  /** By place in the definition. */
  readonly steps: ReadonlyMap<number, HeardStep>;
  readonly run: Partial<WorkflowRunJson> | null;
}

const NOTHING: Heard = { steps: new Map(), run: null };

/**
 * A workflow run with its steps as they are now: what was read, with the live rows that have come since laid over
 * it. Soon after live rows the whole is read again, for what they do not tell.
 */
export function useWorkflowRun(id: string): Read<WorkflowRunFullJson> {
  const isPolling = useLiveState() === "polling";
  const path = `/workflow-runs/${encodeURIComponent(id)}`;
  const read = useApi<WorkflowRunFullJson>(path, isPolling ? { everyMs: POLL_MS } : {});
  const { data } = read;
  const heard = useHeard(id, data, () => read.again());
  const merged = useMemo(
    () => (data === undefined ? undefined : laidOver(data, heard)),
    [data, heard],
  );
  return { ...read, data: merged };
}

function useHeard(id: string, data: WorkflowRunFullJson | undefined, reload: () => void): Heard {
  const [heard, setHeard] = useState<Heard>(NOTHING);
  const [seen, setSeen] = useState(data);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  if (seen !== data) {
    setSeen(data);
    setHeard(sinceAnswer(heard, Date.now()));
  }
  const again = (): void => {
    const steps = data?.graph.steps.length ?? 0;
    timer.current ??= setTimeout(
      () => {
        timer.current = null;
        reload();
      },
      Math.max(RELOAD_MS.least, steps * RELOAD_MS.perStep),
    );
  };
  useLive([`workflow-run:${id}`], (rows, isReset) => {
    setHeard((old) => withRows(isReset ? NOTHING : old, rows, Date.now()));
    again();
  });
  return heard;
}

/** What the answer that has just come may not have in it yet. */
function sinceAnswer({ steps, run }: Heard, nowMs: number): Heard {
  const late = [...steps].filter(([, { atMs }]) => nowMs - atMs < OVERLAP_MS);
  return { steps: new Map(late), run };
}

function withRows(heard: Heard, rows: readonly LiveRow[], atMs: number): Heard {
  const steps = new Map(heard.steps);
  let { run } = heard;
  for (const told of rows) {
    const { version = 0 } = told;
    if (isRunRow(told) && isNewer(version, run)) run = { ...told, version };
    if (isStepRow(told) && isNewer(version, steps.get(told.step)))
      steps.set(told.step, { version, atMs, row: told });
  }
  return { steps, run };
}

function isNewer(
  version: number,
  known: { readonly version?: number } | null | undefined,
): boolean {
  return version >= (known?.version ?? 0);
}

/** The feed gives rows of this kind the form of a list. */
function isRunRow(row: LiveRow): row is LiveRow & Partial<WorkflowRunJson> {
  return row.kind === "workflow-run";
}

/** The feed gives steps their place in the definition. */
function isStepRow(row: LiveRow): row is LiveRow & StepRow & { readonly step: number } {
  return row.kind === "step" && "step" in row;
}

function laidOver(data: WorkflowRunFullJson, { steps: rows, run }: Heard): WorkflowRunFullJson {
  if (rows.size === 0 && (run?.version ?? 0) <= data.version) return data;
  const steps = data.graph.steps.map((step, place): GraphStepJson => {
    const row = rows.get(place)?.row;
    if (row === undefined) return step;
    // A step that has just begun has no row with its start yet; the one that was read stands.
    return {
      ...step,
      ...row,
      kind: step.kind,
      name: step.name,
      startedAt: row.startedAt ?? (row.state === "running" ? step.startedAt : null),
    };
  });
  return {
    ...data,
    ...((run?.version ?? 0) > data.version ? shortRow(run) : {}),
    counts: countsOf(steps),
    graph: { steps, criticalPath: pathOf(steps) },
  };
}

/** Of the run's own row what a list tells; what is long is read. */
function shortRow(run: Partial<WorkflowRunJson> | null): Partial<WorkflowRunJson> {
  const {
    params: _,
    context: __,
    revisions: ___,
    output: ____,
    outputCut: _____,
    ...rest
  } = run ?? {};
  return rest;
}

function countsOf(steps: readonly GraphStepJson[]): WorkflowRunFullJson["counts"] {
  const count = (state: string): number =>
    steps.reduce((sum, step) => sum + Number(step.state === state), 0);
  return {
    total: steps.length,
    succeeded: count("succeeded"),
    failed: count("failed"),
    skipped: count("skipped"),
    canceled: count("canceled"),
  };
}

/** The same as the server says, of the steps as they are now. */
function pathOf(steps: readonly GraphStepJson[]): string[] {
  const places = new Map(steps.map(({ name }, place) => [name, place]));
  const parents = steps.map(({ after }) => after.flatMap((name) => places.get(name) ?? []));
  const times = steps.map(({ startedAt, endedAt }) => ({
    startedMs: startedAt === null ? null : Date.parse(startedAt),
    endedMs: endedAt === null ? null : Date.parse(endedAt),
  }));
  return criticalPath(parents, times).flatMap((place) => steps[place]?.name ?? []);
}
