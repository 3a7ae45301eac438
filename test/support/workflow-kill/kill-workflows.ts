import type { StepSpec, StepTarget, WorkflowSpec } from "../../../src/core/workflow.ts";

/** A definition as it is sent. */
export type SentWorkflow = Partial<WorkflowSpec> & Pick<WorkflowSpec, "name" | "steps">;

/** One of the workflows of the kill test, and what people may do to its runs. */
export interface KillWorkflow {
  readonly spec: SentWorkflow;
  /** Steps that may be skipped or marked as succeeded: nothing after them needs more than "some output". */
  readonly touchable: readonly string[];
  /** How often people start it; 0 is what events, a job, or other workflows start. */
  readonly weight: number;
}

export const TICKED = "k-ticked";
export const QUEUED = "k-queued";
export const APPROVED = "k-approval";
export const AWAITED = "k-naps";
export const ORDER_EVENT = "order";
export const PAID_EVENT = "paid";
/** Orders of more than this start one workflow more. */
export const BIG_AMOUNT = 50;
export const ITEMS_AT_ONCE = 3;

const RETRY = {
  max: 8,
  backoff: { kind: "exponential", base: "50ms", factor: 2, max: "500ms" },
} as const;

type More = Partial<Omit<StepSpec, "name" | "after">>;

/** Steps that call one sink, each told the outputs of those that it comes after. */
class Steps {
  readonly #sink: string;

  constructor(sink: string) {
    this.#sink = sink;
  }

  sync(name: string, after: readonly string[] = [], more: More = {}): StepSpec {
    return this.#step(name, after, { run: this.call("sync"), ...more });
  }

  /** Its answer comes by callback. */
  async(name: string, after: readonly string[] = [], more: More = {}): StepSpec {
    return this.#step(name, after, { run: this.call("async"), ...more });
  }

  tasks(name: string, after: readonly string[], count: number, more: More): StepSpec {
    const tasks = Array.from({ length: count }, () => ({ run: this.call("sync"), retry: RETRY }));
    return this.#step(name, after, { tasks, ...more });
  }

  /** It can be undone, and whoever undoes it is told its output. */
  undoable(name: string, after: readonly string[] = []): StepSpec {
    const params = { undo: `\${steps.${name}.output}` };
    return this.sync(name, after, {
      compensate: { run: this.call("sync"), params, retry: RETRY },
    });
  }

  nested(name: string, after: readonly string[], workflow: string): StepSpec {
    const { retry: _, ...step } = this.#step(name, after, { workflow });
    return step;
  }

  call(mode: "sync" | "async"): StepTarget {
    return { url: `${this.#sink}/${mode}`, mode };
  }

  #step(name: string, after: readonly string[], more: More): StepSpec {
    const from = Object.fromEntries(after.map((parent) => [parent, `\${steps.${parent}.output}`]));
    const params = { ...(after.length > 0 && { from }), ...more.params };
    return { name, after, retry: RETRY, ...more, params };
  }
}

/** Every kind of step, every join, maps, nesting and undoing, over one sink. */
export function killWorkflows(sink: string): readonly KillWorkflow[] {
  const steps = new Steps(sink);
  return [...plain(steps), ...several(steps), ...waiting(steps), ...failing(steps), ...fed(steps)];
}

/** The names of the steps after which nothing comes, and their number. */
export function lastSteps({ steps }: SentWorkflow): readonly string[] {
  const before = new Set(steps.flatMap(({ after = [] }) => after));
  return steps.map(({ name }) => name).filter((name) => !before.has(name));
}

function started(spec: SentWorkflow, ...touchable: readonly string[]): KillWorkflow {
  return { spec, touchable, weight: 1 };
}

function plain(steps: Steps): readonly KillWorkflow[] {
  const chain = [
    steps.sync("a"),
    steps.async("b", ["a"]),
    steps.sync("c", ["b"]),
    steps.sync("d", ["c"]),
    steps.async("e", ["d"]),
  ];
  const diamond = [
    steps.sync("a"),
    steps.sync("b", ["a"]),
    steps.async("c", ["a"]),
    { name: "gate", after: ["b", "c"] },
    steps.sync("d", ["gate", "b", "c"]),
  ];
  const joins = [
    steps.sync("a"),
    steps.sync("b", ["a"]),
    steps.async("c", ["a"]),
    steps.sync("f", ["a"]),
    steps.sync("first", ["b", "c", "f"], { join: "any" }),
    steps.sync("two", ["b", "c", "f"], { join: { count: 2 } }),
    steps.sync("every", ["b", "c", "f"], { join: "all_done" }),
  ];
  const chosen = [
    steps.sync("a"),
    steps.sync("high", ["a"], { when: "steps.a.output.v >= 500.0" }),
    steps.sync("low", ["a"], { when: "steps.a.output.v < 500.0" }),
    steps.sync("never", ["a"], { when: "false" }),
    steps.sync("after", ["never"]),
    steps.sync("end", ["high", "low", "after"]),
  ];
  return [
    started({ name: "k-chain", steps: chain }, "b", "d"),
    started(
      {
        name: "k-diamond",
        steps: diamond,
        output: { left: "${steps.b.output}", right: "${steps.c.output}", end: "${steps.d.output}" },
      },
      "b",
      "c",
      "gate",
    ),
    started({ name: "k-joins", steps: joins }, "b", "c"),
    started({ name: "k-chosen", steps: chosen }, "low"),
  ];
}

function several(steps: Steps): readonly KillWorkflow[] {
  const map = [
    steps.sync("list", [], { params: { items: 7 } }),
    steps.sync("each", ["list"], {
      map: { over: "${steps.list.output.items}", concurrencyMax: ITEMS_AT_ONCE },
      params: { item: "${item}", index: "${index}" },
    }),
    steps.sync("sum", ["each"]),
  ];
  const tasks = [
    steps.sync("a"),
    steps.tasks("all", ["a"], 3, {}),
    steps.tasks("any", ["a"], 3, { complete: { mode: "any" } }),
    steps.tasks("two", ["a"], 4, { complete: { mode: "count", count: 2, rest: "finish" } }),
    steps.sync("end", ["all", "any", "two"]),
  ];
  return [
    { ...started({ name: "k-map", steps: map }, "each"), weight: 2 },
    { ...started({ name: "k-tasks", steps: tasks }, "any", "two"), weight: 2 },
  ];
}

function waiting(steps: Steps): readonly KillWorkflow[] {
  const naps = [
    steps.sync("a"),
    { name: "nap", after: ["a"], sleep: "700ms" },
    { name: "wait", after: ["a"], waitFor: { event: PAID_EVENT, match: "event.data.isPaid" } },
    steps.sync("end", ["nap", "wait"]),
  ];
  const approval = [
    steps.sync("a"),
    { name: "ok", after: ["a"], approval: {} },
    steps.sync("end", ["ok"]),
  ];
  return [
    started({ name: AWAITED, steps: naps }, "nap", "wait"),
    started({ name: APPROVED, steps: approval }),
    {
      spec: {
        name: "k-inner",
        params: { from: null },
        steps: [
          steps.sync("x", [], { params: { from: "${params.from}" } }),
          steps.async("y", ["x"]),
        ],
      },
      touchable: [],
      weight: 0,
    },
    {
      spec: {
        name: "k-middle",
        params: { from: null },
        steps: [
          steps.sync("p", [], { params: { from: "${params.from}" } }),
          steps.nested("inner", ["p"], "k-inner"),
          // Long enough for somebody to notice that it goes on after a cancel of what is around it.
          { name: "rest", after: ["inner"], sleep: "4s" },
          steps.sync("q", ["inner", "rest"]),
        ],
      },
      touchable: [],
      weight: 0,
    },
    {
      spec: {
        name: "k-outer",
        steps: [
          steps.sync("s"),
          steps.nested("middle", ["s"], "k-middle"),
          steps.nested("beside", ["s"], "k-inner"),
          steps.sync("t", ["middle", "beside"]),
        ],
      },
      touchable: ["beside"],
      weight: 4,
    },
  ];
}

/** `boom` fails in the first revision, whatever happens, and in no other. */
function failing(steps: Steps): readonly KillWorkflow[] {
  const fail = { params: { fail: 1 } };
  const chain = [
    steps.undoable("a"),
    steps.undoable("b", ["a"]),
    steps.undoable("c", ["b"]),
    steps.sync("boom", ["c"], fail),
    steps.sync("end", ["boom"]),
  ];
  const branches = [
    steps.undoable("a"),
    steps.undoable("b", ["a"]),
    steps.sync("boom", ["a"], fail),
    steps.undoable("c", ["b"]),
    steps.sync("lost", ["boom"]),
    steps.sync("tidy", ["c", "boom"], { join: "all_done" }),
  ];
  return [
    started({ name: "k-undo", steps: chain }, "boom"),
    started({ name: "k-branches", onFailure: "finish_branches", steps: branches }, "boom"),
  ];
}

/** Those that something else than a person starts, and one whose runs wait for each other. */
function fed(steps: Steps): readonly KillWorkflow[] {
  const two = [steps.sync("x"), steps.sync("y", ["x"])];
  const of = (name: string, more: Partial<SentWorkflow>): KillWorkflow => ({
    spec: { name, steps: two, ...more },
    touchable: [],
    weight: 0,
  });
  const when = `event.data.amount > ${BIG_AMOUNT}.0`;
  const params = { amount: "${event.data.amount}" };
  return [
    of(TICKED, {}),
    of("k-order", { on: [{ event: ORDER_EVENT, when: null, params: null }] }),
    of("k-big-order", { on: [{ event: ORDER_EVENT, when, params }] }),
    started({ name: QUEUED, concurrency: 1, overlap: "buffer_all", steps: two }),
  ];
}
