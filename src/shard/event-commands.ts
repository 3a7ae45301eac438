import type { Json } from "../core/json.ts";
import { idOf } from "../core/placement.ts";
import type { WorkflowPlan } from "../core/workflow-plan.ts";
import type { WorkflowRun } from "../core/workflow-run.ts";
import type { CommandInput, CommandOutput, Idempotency } from "../ports/shard-client.ts";
import { rememberReply } from "./idempotency.ts";
import { addWorkflowRun, admissionOf } from "./new-workflow-run.ts";
import { refuseWithoutRoom } from "./run-commands.ts";
import { settleWorkflows } from "./settle-workflows.ts";
import type { ShardState } from "./shard-state.ts";
import type { WorkflowHead } from "./workflow-definitions.ts";
import { refuseTooMany } from "./workflow-run-commands.ts";

/** A workflow that an event starts, and with what. */
interface Started {
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
  const idempotency: Idempotency = { key: `event:${namespace}:${name}:${id}`, bodyHash: "event" };
  const earlier = state.storage.getIdempotency(idempotency.key);
  if (earlier !== undefined) return { runs: runsOf(state, earlier.reply) };
  const started = startedBy(state, event);
  if (started.length === 0) return { runs: [] };
  refuseWithoutRoom(state);
  const steps = started.reduce((sum, { plan }) => sum + plan.workflow.spec.steps.length, 0);
  refuseTooMany(state, started.length, steps);
  const ids = started.map(({ head, plan, params }) => {
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
    return run.id;
  });
  const reply = JSON.stringify(ids);
  rememberReply(state, { idempotency, reply, nowMs });
  settleWorkflows(state, nowMs);
  return { runs: runsOf(state, reply) };
}

/** The runs that it started, as far as the shard still holds them. */
function runsOf(state: ShardState, reply: string): readonly WorkflowRun[] {
  // Written by `putEvent`.
  const ids: readonly string[] = JSON.parse(reply);
  return ids.map((id) => state.workflows.run(id)).filter((run) => run !== undefined);
}

function startedBy(state: ShardState, event: CommandInput<"event.put">): readonly Started[] {
  const started: Started[] = [];
  for (const head of state.workflows.definitions.listening(event.namespace, event.name)) {
    if (admissionOf(state, head, null) !== "run") continue;
    const plan = state.workflows.definitions.plan(head.id, head.version);
    const params = plan === undefined ? null : paramsOf(plan, event);
    if (plan !== undefined && params !== null) started.push({ head, plan, params });
  }
  return started;
}

/** By the first trigger that takes it; null when none does. One that cannot be evaluated does not. */
function paramsOf(
  plan: WorkflowPlan,
  { name, data, id }: CommandInput<"event.put">,
): Started["params"] | null {
  for (const trigger of plan.triggers) {
    if (trigger.event !== name) continue;
    const start = trigger.startOf({ name, data, id });
    if (start.kind === "start") return start.params;
  }
  return null;
}
