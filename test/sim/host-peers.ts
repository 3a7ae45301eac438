import { workflowShardOf } from "../../src/core/placement.ts";
import type { Answered, Delivery, Route } from "../../src/ports/dispatcher.ts";
import type {
  CommandInput,
  Idempotency,
  ShardCommandKind,
  ShardReply,
} from "../../src/ports/shard-client.ts";
import type { Errand } from "../../src/ports/shard-storage.ts";
import { answerOfStart } from "../../src/shard/peer-sender.ts";
import type { Shard } from "../../src/shard/shard.ts";
import { startKey } from "../../src/shard/start-key.ts";
import type { Dice } from "../support/prng.ts";
import type { Scene } from "./scene.ts";
import type { ErrandNote, HostCall } from "./host-inbox.ts";

/** As the production sender has it. */
const TRIES_MAX = 4;
const RETRY_MS = 250;
/** How long a call is waited for that nobody answers. */
const SILENCE_MS = 10_000;

type WorkflowRoute = Extract<Route, { readonly kind: "workflow" }>;
type Reply<K extends ShardCommandKind> = (reply: ShardReply<K> | undefined) => void;

interface Caller {
  /** Counts the processes of this shard. */
  readonly life: number;
  readonly isUp: boolean;
  take(answered: Answered): void;
  /** Whether an errand was answered. */
  noteErrand(note: ErrandNote): void;
}

interface Peer {
  call<K extends ShardCommandKind>(call: HostCall<K>): void;
}

/** The command that one shard gives another. */
interface PeerCall<K extends ShardCommandKind> {
  readonly shard: number;
  readonly kind: K;
  readonly input: CommandInput<K>;
  readonly idempotency: Idempotency | null;
}

/** Calls between the shards of a world, on ways that lose, double and delay them; a shard calls itself directly. */
export class HostPeers {
  readonly #scene: Scene;
  readonly #dice: Dice;
  readonly #shard: number;
  readonly #host: Caller;
  readonly #peers: readonly Peer[];

  constructor(
    deps: { readonly scene: Scene; readonly shard: number; readonly peers: readonly Peer[] },
    host: Caller,
  ) {
    this.#scene = deps.scene;
    this.#dice = deps.scene.dice(`peers ${deps.shard}`);
    this.#shard = deps.shard;
    this.#peers = deps.peers;
    this.#host = host;
  }

  /** Starts a workflow run: sent again at once as long as nobody answers, as often as production does. */
  start(delivery: Delivery, route: WorkflowRoute): void {
    const { runId, attempt, send, namespace, params, traceparent } = delivery;
    const { workflow } = route.target;
    const call: PeerCall<"workflow-run.create"> = {
      shard: workflowShardOf(namespace, workflow, this.#peers.length),
      kind: "workflow-run.create",
      input: {
        ref: { namespace, workflow },
        version: null,
        params,
        trigger: { kind: "run", run: runId, attempt, shard: this.#shard },
        nesting: route.nesting,
        overlap: null,
        traceparent,
      },
      idempotency: startKey(runId, attempt),
    };
    const nowhere = { status: null, phases: null, node: null, unreached: [] };
    this.#tryStart(call, 1, (answer) =>
      this.#host.take({ runId, attempt, send, answer, ...nowhere }),
    );
  }

  /** Sends a command that the shard owes. Only an answer ends it, be that a refusal. */
  errand(errand: Errand): void {
    const { id } = errand;
    const { life } = this.#host;
    this.#scene.note(`shard ${this.#shard}: errand ${id}`);
    this.#scene.reach(`errand: ${errand.kind}`);
    const done = (reply: unknown): void => {
      const isAnswered = reply !== undefined;
      if (!isAnswered) this.#scene.reach("errand: not answered");
      if (this.#isAlive(life)) this.#host.noteErrand({ id, isAnswered });
    };
    const idempotency = null;
    if (errand.kind === "run.callback") {
      const { shard, kind, input } = errand;
      this.#call({ shard, kind, input, idempotency }, done);
      return;
    }
    const { kind, input } = errand;
    const shard = workflowShardOf(input.namespace, input.workflow, this.#peers.length);
    this.#call({ shard, kind, input, idempotency }, done);
  }

  #tryStart(
    call: PeerCall<"workflow-run.create">,
    tries: number,
    onAnswer: (answer: Answered["answer"]) => void,
  ): void {
    const { life } = this.#host;
    this.#call(call, (reply) => {
      if (!this.#isAlive(life)) return;
      if (reply !== undefined) {
        this.#scene.reach(reply.ok ? "start: taken" : "start: refused");
        onAnswer(answerOfStart(reply));
      } else if (tries < TRIES_MAX) {
        const waitMs = RETRY_MS * 2 ** (tries - 1);
        this.#scene.agenda.after(waitMs, () => {
          if (this.#isAlive(life)) this.#tryStart(call, tries + 1, onAnswer);
        });
      } else {
        this.#scene.reach("start: nobody answers");
        onAnswer({ kind: "unknown", error: { message: "Nobody answers.", code: "unreachable" } });
      }
    });
  }

  #isAlive(life: number): boolean {
    return this.#host.isUp && this.#host.life === life;
  }

  /** `done` hears undefined when the call, or its answer, was lost. */
  #call<K extends ShardCommandKind>(call: PeerCall<K>, done: Reply<K>): void {
    const { shard, kind, input, idempotency } = call;
    const peer = this.#peers[shard];
    if (shard === this.#shard) {
      peer?.call({ kind, input, idempotency, done });
      return;
    }
    const { faults, agenda } = this.#scene;
    this.#scene.reach("peers: a call");
    if (this.#dice.chance(faults.deliveryLost)) {
      this.#scene.reach("peers: call lost");
      agenda.after(this.#dice.int(100, SILENCE_MS), () => done(undefined));
      return;
    }
    const isLate = this.#dice.chance(faults.answerDelayed);
    if (isLate) this.#scene.reach("peers: call delayed");
    const waitMs = isLate ? this.#dice.int(100, 3 * SILENCE_MS) : this.#dice.int(1, 40);
    // Whoever waits for it gives up when it takes too long; it arrives all the same.
    const answered = once(done);
    if (waitMs > SILENCE_MS) agenda.after(SILENCE_MS, () => answered(undefined));
    this.#arrive({ call, peer, afterMs: waitMs }, answered);
    if (!this.#dice.chance(faults.answerDoubled)) return;
    this.#scene.reach("peers: call doubled");
    this.#arrive({ call, peer, afterMs: waitMs + this.#dice.int(0, 30_000) }, () => {});
  }

  #arrive<K extends ShardCommandKind>(
    way: { readonly call: PeerCall<K>; readonly peer: Peer | undefined; readonly afterMs: number },
    answered: Reply<K>,
  ): void {
    const { agenda } = this.#scene;
    const { kind, input, idempotency } = way.call;
    const back: Reply<K> = (reply) => {
      const isLost = this.#dice.chance(this.#scene.faults.replyLost);
      if (isLost) this.#scene.reach("peers: answer lost");
      agenda.after(this.#dice.int(1, 40), () => answered(isLost ? undefined : reply));
    };
    agenda.after(way.afterMs, () => way.peer?.call({ kind, input, idempotency, done: back }));
  }
}

/** What became of an errand, in a transaction of its shard. */
export function tellErrand(shard: Shard, { id, isAnswered }: ErrandNote, nowMs: number): void {
  if (isAnswered) shard.errandDone(id, nowMs);
  else shard.errandFailed(id, nowMs);
}

/** Only the first answer counts. */
function once<T>(take: (value: T) => void): (value: T) => void {
  let isTaken = false;
  return (value) => {
    if (!isTaken) take(value);
    isTaken = true;
  };
}
