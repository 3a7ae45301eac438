import type { Json } from "../core/json.ts";
import { idOf } from "../core/placement.ts";
import type { WorkflowPlan } from "../core/workflow-plan.ts";
import type { CommandInput, CommandOutput, Idempotency } from "../ports/shard-client.ts";
import { rememberReply } from "./idempotency.ts";
import { addWorkflowRun, admissionOf } from "./new-workflow-run.ts";
import { refuseWithoutRoom } from "./run-commands.ts";
import { settleWorkflows } from "./settle-workflows.ts";
import type { ShardState } from "./shard-state.ts";
import type { WorkflowHead } from "./workflow-definitions.ts";
import { refuseTooMany } from "./workflow-run-commands.ts";

/** A workflow that an event is to start, and with what. */
interface Wanted {
  readonly head: WorkflowHead;
  readonly plan: WorkflowPlan;
  readonly params: { readonly [key: string]: Json };
}

/**
 * An event comes in: each workflow that it starts gets one run, unless its policy wants none beside those that it
 * has. The same event is taken once.
 */
export function putEvent(
  state: ShardState,
  event: CommandInput<"event.put">,
  nowMs: number,
): CommandOutput<"event.put"> {
  const { namespace, name, id, traceparent } = event;
  // Neither a namespace nor an id holds a space, and a name may hold anything.
  const idempotency: Idempotency = { key: `event:${namespace} ${id} ${name}`, bodyHash: "event" };
  const earlier = state.storage.getIdempotency(idempotency.key);
  // Written by this very function.
  if (earlier !== undefined) return { runs: JSON.parse(earlier.reply) };
  const wanted = wantedBy(state, event);
  if (wanted.length === 0) return { runs: [] };
  refuseWithoutRoom(state);
  const started = wanted.filter(({ head }) => admissionOf(state, head, null) === "run");
  const steps = started.reduce((sum, { plan }) => sum + plan.workflow.spec.steps.length, 0);
  refuseTooMany(state, started.length, steps);
  const runs = started.map(({ head, plan, params }) => {
    const run = addWorkflowRun(state, head, {
      id: idOf("wr", state.ids.next(nowMs), state.shard),
      plan,
      params,
      trigger: { kind: "event", event: name, id },
      nesting: 0,
      overlap: null,
      traceparent,
      nowMs,
    });
    return { id: run.id, workflowName: run.workflowName };
  });
  rememberReply(state, { idempotency, reply: JSON.stringify(runs), nowMs });
  settleWorkflows(state, nowMs);
  return { runs };
}

/** Workflows that the event is to start, whatever their policies make of it. */
function wantedBy(state: ShardState, event: CommandInput<"event.put">): readonly Wanted[] {
  const wanted: Wanted[] = [];
  for (const head of state.workflows.definitions.listening(event.namespace, event.name)) {
    const plan = state.workflows.definitions.plan(head.id, head.version);
    const params = plan === undefined ? null : paramsOf(plan, event);
    if (plan !== undefined && params !== null) wanted.push({ head, plan, params });
  }
  return wanted;
}

/** By the first trigger that takes it; null when none does. One that cannot be evaluated does not. */
function paramsOf(
  plan: WorkflowPlan,
  { name, data, id }: CommandInput<"event.put">,
): Wanted["params"] | null {
  for (const trigger of plan.triggers) {
    if (trigger.event !== name) continue;
    const start = trigger.startOf({ name, data, id });
    if (start.kind === "start") return start.params;
  }
  return null;
}
