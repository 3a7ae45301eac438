import type { CommandInput, ShardCommandKind, ShardReply } from "../../src/ports/shard-client.ts";
import { checkOwed, noteStop } from "./errand-laws.ts";
import type { Commit, History } from "./history.ts";
import type { HostCall } from "./host-inbox.ts";
import { checkEvents, checkLines } from "./line-laws.ts";
import { checkMachines } from "./machine-laws.ts";
import { checkRevisions } from "./revision-laws.ts";
import { hold } from "./scene.ts";
import type { ShardHost } from "./shard-host.ts";
import { checkStanding } from "./standing-laws.ts";
import { checkStarts } from "./start-laws.ts";
import { checkStepEnds } from "./step-laws.ts";
import type { WorkflowStory } from "./workflow-story.ts";

/** What can only be judged by a transaction as a whole. */
export function checkWorkflows(history: History, commit: Commit): void {
  const { workflows } = history;
  for (const story of workflows.touched) {
    checkRevisions(history, story);
    checkStarts(history, story, commit);
    checkStepEnds(history, story, commit);
    checkStanding(history, story);
  }
  checkLines(history, commit);
  checkEvents(history, commit);
  checkOwed(history, commit);
}

/** A transaction is over and was judged; returns the workflow runs that it has changed. */
export function closeWorkflows({ workflows }: History): readonly WorkflowStory[] {
  workflows.expected = [];
  const touched = [...workflows.touched];
  for (const story of touched) story.settle();
  workflows.touched.clear();
  return touched;
}

/** The effects of a transaction are over. */
export function settleWorkflows(
  history: History,
  host: ShardHost,
  changed: readonly WorkflowStory[],
): void {
  history.workflows.expected = [];
  // Those of a shard that has died before its effects were over are not looked at.
  checkMachines(
    history,
    host,
    changed.filter(({ shard }) => shard === host.deps.shard),
  );
}

/** A command about workflows was done in a transaction that may yet fail. */
export function workflowAnswered(
  history: History,
  shard: number,
  { input }: HostCall,
  reply: ShardReply<ShardCommandKind>,
): void {
  if (!reply.ok || reply.isReplay) return;
  if (isCreation(input) && "run" in reply.value && input.overlap === "allow") {
    if (reply.value.run !== null) history.workflows.waived.add(reply.value.run.id);
  }
  if (isEvent(input)) expect(history, shard, input);
}

type Creation = CommandInput<"workflow-run.create">;
type Event = CommandInput<"event.put">;

function isCreation(input: HostCall["input"]): input is Creation {
  return "nesting" in input;
}

function isStop(input: HostCall["input"]): input is CommandInput<"workflow-run.stop"> {
  return "workflow" in input && "attempt" in input;
}

function isEvent(input: HostCall["input"]): input is Event {
  return "data" in input && "name" in input && "id" in input;
}

/** Which workflows an event is bound to start: those that listen and refuse nobody. */
function expect({ workflows }: History, shard: number, { name, id, data }: Event): void {
  if (workflows.events.has(`${shard} ${name} ${id}`)) return;
  const least = "event.data.n >= 5.0";
  const n = typeof data === "object" && data !== null && "n" in data ? data["n"] : 0;
  const listening = [...workflows.facts.values()].filter(({ newest, isDeleted, shard: at }) => {
    const { on, overlap, concurrency } = newest.spec;
    const isOpen = overlap === "cancel_other" || (overlap === "allow" && concurrency === null);
    const isFor = on.some(
      ({ event, when }) => event === name && (when !== least || Number(n) >= 5),
    );
    return isFor && isOpen && !isDeleted && at === shard;
  });
  const workflowIds = listening.map(({ newest }) => newest.id);
  workflows.expected.push({ shard, eventId: id, workflowIds });
}

/** Its caller is about to hear. True when the answer is of a workflow and says nothing of other runs. */
export function workflowReplied(
  history: History,
  shard: number,
  call: HostCall,
  reply: ShardReply<ShardCommandKind>,
): boolean {
  const { kind, input } = call;
  if (!kind.startsWith("workflow") && kind !== "event.put") return false;
  if (!reply.ok) return true;
  if (isStop(input)) noteStop(history, input, shard);
  const id = promisedIn(reply.value);
  if (id === undefined) return true;
  // A start that was stopped before it came is told as canceled, and is nowhere.
  const isRefused = isCreation(input) && input.trigger.kind === "run";
  const isKnown = history.workflows.stories.has(id) || isRefused;
  hold("R1 durable", isKnown, () => `workflow run ${id} was promised, not stored`);
  if (call.idempotency !== null) checkKey(history, call.idempotency.key, id);
  return true;
}

/** The workflow run that an answer is about. */
function promisedIn(
  value: Extract<ShardReply<ShardCommandKind>, { readonly ok: true }>["value"],
): string | undefined {
  return "run" in value ? value.run?.id : undefined;
}

/** R1: whoever asks twice under one key hears of the same. */
function checkKey({ byKey }: History, key: string, id: string): void {
  const first = byKey.get(key) ?? id;
  byKey.set(key, first);
  hold("R1 one key, one run", first === id, () => `key ${key}: ${first}, then ${id}`);
}
