import type { Answer } from "../../src/core/answer.ts";
import { executorKey, type ExecutorCopy, type NodeCopy } from "../../src/core/directory.ts";
import type { JobSpec, TargetSpec } from "../../src/core/job.ts";
import type { Run } from "../../src/core/run.ts";
import type { Answered, Delivery } from "../../src/ports/dispatcher.ts";
import type { DirectoryCopy } from "../../src/ports/shard-storage.ts";
import type { ShardLimits } from "../../src/shard/limits.ts";
import { REF, TestShard } from "./a-shard.ts";
import { addressOf } from "./executor-shard.ts";
import { EXECUTOR_DEFAULTS } from "./specs.ts";

const APP_KEY = "billing";

type ExecutorTarget = Extract<TargetSpec, { readonly kind: "executor" }>;

/** The executor as a shard's copy, with two live secrets. */
export function anExecutor(
  nodes: readonly NodeCopy[],
  more: Partial<ExecutorCopy> & { readonly version?: number } = {},
): DirectoryCopy {
  const { version = 1, ...rest } = more;
  const copy: ExecutorCopy = {
    appKey: APP_KEY,
    namespace: "default",
    nodes,
    sealedSecrets: ["older", "newer"],
    concurrency: null,
    ...rest,
  };
  return { key: executorKey(copy.namespace, copy.appKey), version, body: JSON.stringify(copy) };
}

/** A shard with one executor and a job of it that is run by hand. */
export class RoutedShard extends TestShard {
  #version = 1;
  #copy: Partial<ExecutorCopy>;

  constructor(
    nodes: readonly NodeCopy[],
    more: Partial<ExecutorCopy> & { readonly limits?: Partial<ShardLimits> } = {},
  ) {
    const { limits = {}, ...copy } = more;
    super(limits);
    this.#copy = copy;
    this.job({}, {}, [anExecutor(nodes, copy)]);
  }

  /** Puts a job of the executor, which may have any number of runs at once. */
  job(
    target: Partial<ExecutorTarget> = {},
    spec: Partial<JobSpec> = {},
    copies: readonly DirectoryCopy[] = [],
  ): void {
    const whole: ExecutorTarget = {
      kind: "executor",
      executor: APP_KEY,
      handler: "bill",
      ...EXECUTOR_DEFAULTS,
      ...target,
    };
    const schedule = { kind: "manual" } as const;
    this.put({ schedule, overlap: "allow", timeout: "1h", target: whole, ...spec }, { copies });
  }

  /** The keeper pushes the executor as it now is. */
  push(nodes: readonly NodeCopy[], more: Partial<ExecutorCopy> = {}): void {
    this.#copy = { ...this.#copy, ...more };
    const copy = anExecutor(nodes, { ...this.#copy, version: ++this.#version });
    this.do("directory.put", { copies: [copy] });
  }

  /** Makes so many runs of a job, each a millisecond after the other; `out` starts them. */
  makeRuns(count: number, job = REF.job): readonly Run[] {
    return Array.from({ length: count }, () => {
      this.nowMs++;
      return this.runNow({ ref: { ...REF, job } });
    });
  }

  /** What goes out now: the shard is ticked as often as it says that it has work. */
  out(): readonly Delivery[] {
    const out: Delivery[] = [];
    do out.push(...this.shard.tick(this.nowMs));
    while ((this.shard.nextTickMs(this.nowMs) ?? Infinity) <= this.nowMs);
    return out;
  }

  /** An answer of the node that was chosen, unless it says otherwise. */
  say(delivery: Delivery, answer: Answer, more: Partial<Answered> = {}): void {
    const { runId, attempt, send, route } = delivery;
    const node = route.kind === "executor" ? route.node.address : null;
    const said = { runId, attempt, send, answer, phases: null, node, unreached: [] };
    const status = STATUS[answer.kind];
    this.shard.answers([{ ...said, status, ...more }], this.nowMs);
  }
}

const STATUS: Readonly<Record<Answer["kind"], number | null>> = {
  succeeded: 200,
  accepted: 202,
  failed: 400,
  timed_out: null,
  unknown: null,
};

/** The address that a delivery goes to, or its workflow; the error's code when it goes nowhere. */
export function whereTo({ route }: Delivery): string | null {
  if (route.kind === "executor") return route.node.address;
  if (route.kind === "workflow") return route.target.workflow;
  return route.kind === "none" ? route.error.code : route.target.url;
}

/** The addresses of the first three nodes. */
export const [N1, N2, N3] = [addressOf(1), addressOf(2), addressOf(3)];
