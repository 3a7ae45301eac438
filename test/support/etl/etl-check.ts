/** One call that an executor process has written down before it did anything. */
export interface EtlWork {
  readonly handler: string;
  readonly run: string;
  readonly attempt: number;
  readonly workflow: {
    readonly run: string;
    readonly step: string;
    readonly revision: number;
    readonly part: number | null;
    readonly isCompensation: boolean;
  } | null;
}

export interface EtlVerdict {
  readonly violations: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

/** A workflow run as the API shows it. */
interface ShownRun {
  readonly id: string;
  readonly state: string;
  readonly workflow: string;
  readonly output: unknown;
  readonly context: { readonly batch?: unknown };
  readonly params: { readonly day: string; readonly files: number };
  readonly graph: {
    readonly steps: readonly { readonly name: string; readonly state: string }[];
    readonly criticalPath: readonly string[];
  };
}

/** How often each step of `etl.json` calls a handler, with the five files that it defaults to. */
const CALLS: Readonly<Record<string, number>> = { extract: 1, clean: 3, each: 5 };
/** An attempt is sent a second time when nobody knows what came of the first. */
const SENDS_MAX = 2;

/** What was promised, held against what the executor processes wrote down. */
export function checkEtl(told: {
  readonly runs: readonly unknown[];
  readonly children: readonly unknown[];
  readonly work: readonly EtlWork[];
}): EtlVerdict {
  // The host's API gives them in this form.
  const runs = told.runs.map((run): ShownRun => Object(run));
  const children = told.children.map((run): ShownRun => Object(run));
  const violations = [
    ...runs.flatMap((run) => ofRun(run, told.work)),
    ...ofChildren(runs, children, told.work),
    ...ofIdentities(told.work),
  ];
  const sendings = Map.groupBy(told.work, sendingOf);
  const counts = {
    workflowRuns: runs.length,
    subWorkflowRuns: children.length,
    calls: told.work.length,
    sentAgain: [...sendings.values()].filter(({ length }) => length > 1).length,
    triedAgain: new Set(told.work.filter(({ attempt }) => attempt > 1).map(({ run }) => run)).size,
  };
  return { violations, counts };
}

function ofRun(run: ShownRun, work: readonly EtlWork[]): readonly string[] {
  const violations: string[] = [];
  if (run.state !== "succeeded") violations.push(`${run.id} is ${run.state}`);
  for (const { name, state } of run.graph.steps)
    if (state !== "succeeded") violations.push(`step ${name} of ${run.id} is ${state}`);
  if (run.context.batch !== `${run.params.day}/1`)
    violations.push(`the context of ${run.id} is ${JSON.stringify(run.context)}`);
  if (JSON.stringify(run.output) !== JSON.stringify({ published: run.params.files }))
    violations.push(`the output of ${run.id} is ${JSON.stringify(run.output)}`);
  if (run.graph.criticalPath.at(-1) !== "child")
    violations.push(`the critical path of ${run.id} is ${run.graph.criticalPath.join(", ")}`);
  const calls = Map.groupBy(
    work.filter(({ workflow }) => workflow?.run === run.id),
    ({ workflow }) => workflow?.step ?? "",
  );
  for (const [step, count] of Object.entries(CALLS)) {
    const ids = new Set(calls.get(step)?.map(({ run: id }) => id));
    if (ids.size !== count)
      violations.push(`step ${step} of ${run.id} has ${ids.size} runs and not ${count}`);
  }
  return violations;
}

/** Each workflow run has started the workflow within it once, and that has published once. */
function ofChildren(
  runs: readonly ShownRun[],
  children: readonly ShownRun[],
  work: readonly EtlWork[],
): readonly string[] {
  const violations: string[] = [];
  if (children.length !== runs.length)
    violations.push(`${children.length} sub-workflow runs of ${runs.length} workflow runs`);
  for (const child of children) {
    if (child.state !== "succeeded") violations.push(`${child.id} is ${child.state}`);
    const ids = work.filter(({ workflow }) => workflow?.run === child.id).map(({ run }) => run);
    if (new Set(ids).size !== 1)
      violations.push(`${child.id} has published in ${new Set(ids).size} runs`);
  }
  return violations;
}

/** A part of a step has one run, whatever happened, and no attempt is sent more often than it may. */
function ofIdentities(work: readonly EtlWork[]): readonly string[] {
  const violations: string[] = [];
  for (const [part, calls] of Map.groupBy(work, ({ workflow }) => JSON.stringify(workflow))) {
    const ids = new Set(calls.map(({ run }) => run));
    if (ids.size !== 1) violations.push(`${part} was done by ${[...ids].join(", ")}`);
  }
  for (const [sending, calls] of Map.groupBy(work, sendingOf))
    if (calls.length > SENDS_MAX) violations.push(`${sending} was sent ${calls.length} times`);
  return violations;
}

function sendingOf({ run, attempt }: EtlWork): string {
  return `${run}#${attempt}`;
}
