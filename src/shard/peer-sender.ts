import type { Answer } from "../core/answer.ts";
import { workflowShardOf } from "../core/placement.ts";
import type { RefusalData } from "../core/refusal.ts";
import type { Answered, Delivery, Route } from "../ports/dispatcher.ts";
import type { ShardReply, Shards } from "../ports/shard-client.ts";
import type { Timers } from "../ports/timers.ts";
import { canceledError } from "./owed-errands.ts";
import { startKey } from "./start-key.ts";

/** A start is the same however often it is sent, so one that nobody answered is sent again at once. */
const TRIES_MAX = 4;
const RETRY_MS = 250;

type WorkflowRoute = Extract<Route, { readonly kind: "workflow" }>;

/** Starts workflow runs for runs whose target is a workflow: on another shard of the deployment, or on this one. */
export class PeerSender {
  readonly #peers: Shards;
  readonly #timers: Timers;
  readonly #shard: number;

  constructor(peers: Shards, timers: Timers, shard: number) {
    this.#peers = peers;
    this.#timers = timers;
    this.#shard = shard;
  }

  /** What came of it: `accepted` when the workflow run has begun or waits for its turn. Never rejects. */
  async send(delivery: Delivery, route: WorkflowRoute): Promise<Answered> {
    const { runId, attempt, send } = delivery;
    const answer = await this.#start(delivery, route);
    const nowhere = { status: null, phases: null, node: null, unreached: [] };
    return { runId, attempt, send, answer, ...nowhere };
  }

  async #start(delivery: Delivery, route: WorkflowRoute): Promise<Answer> {
    let failure: unknown;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      // oxlint-disable-next-line no-await-in-loop -- One try follows the other.
      if (tries > 0) await this.#pause(RETRY_MS * 2 ** (tries - 1));
      try {
        // oxlint-disable-next-line no-await-in-loop
        return answerOfStart(await this.#create(delivery, route));
      } catch (error) {
        failure = error;
      }
    }
    const message = `The workflow's shard could not be reached: ${String(failure)}`;
    return { kind: "unknown", error: { message, code: "unreachable" } };
  }

  #create(
    { runId, attempt, namespace, params, traceparent }: Delivery,
    { target, nesting }: WorkflowRoute,
  ): Promise<ShardReply<"workflow-run.create">> {
    const { workflow } = target;
    const shard = workflowShardOf(namespace, workflow, this.#peers.count);
    return this.#peers.at(shard).call(
      "workflow-run.create",
      {
        ref: { namespace, workflow },
        version: null,
        params,
        trigger: { kind: "run", run: runId, attempt, shard: this.#shard },
        nesting,
        overlap: null,
        traceparent,
      },
      startKey(runId, attempt),
    );
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#timers.after(ms, resolve);
    });
  }
}

/** What the start of a workflow run says of the attempt that asked for it. */
export function answerOfStart(reply: ShardReply<"workflow-run.create">): Answer {
  if (!reply.ok) return refused(reply.refusal);
  const { run } = reply.value;
  if (run.phase.state !== "canceled") return { kind: "accepted" };
  return failed({ error: canceledError(run), retry: false, retryAfterMs: null });
}

/** Another try would be refused for the same reason where nothing but a change of the workflows helps. */
function refused({ code, detail, retryAfterMs }: RefusalData): Answer {
  return failed({
    error: { message: detail, code },
    retry: code !== "workflow.nested",
    retryAfterMs: retryAfterMs ?? null,
  });
}

/** Nothing was begun, so even a run that may be sent once may be tried again. */
function failed(
  answer: Pick<Extract<Answer, { readonly kind: "failed" }>, "error" | "retry" | "retryAfterMs">,
): Answer {
  return { kind: "failed", ...answer, delivered: false, gone: false };
}
