import type { Answered, CancelNotice, Delivery, SendingRef } from "../../src/ports/dispatcher.ts";
import type { ShardCommandKind, ShardReply } from "../../src/ports/shard-client.ts";
import { checkNotice } from "./cancel-laws.ts";
import { keyOf } from "./executor-answers.ts";
import type { Callback } from "./executor-callbacks.ts";
import type { History } from "./history.ts";
import type { HostPeers } from "./host-peers.ts";
import type { Network } from "./network.ts";
import type { Scene } from "./scene.ts";
import type { HostCall } from "./host-inbox.ts";

interface Sending {
  /** Counts the processes of this shard. */
  readonly life: number;
  readonly isUp: boolean;
  call<K extends ShardCommandKind>(call: HostCall<K>): void;
  /** The shard is to hear this in its next transaction. */
  take(answered: Answered): void;
  /** A node has stopped what it was to stop. */
  confirm(notice: CancelNotice): void;
}

/** Lets the deliveries of one shard leave, and brings their answers and callbacks back to it. */
export class HostCourier {
  readonly #scene: Scene;
  readonly #history: History;
  readonly #network: Network;
  readonly #starts: Pick<HostPeers, "start">;
  readonly #shard: number;
  readonly #host: Sending;

  constructor(
    deps: {
      readonly scene: Scene;
      readonly history: History;
      readonly network: Network;
      /** Takes what goes to a shard and not over the network. */
      readonly starts: Pick<HostPeers, "start">;
      readonly shard: number;
    },
    host: Sending,
  ) {
    this.#scene = deps.scene;
    this.#history = deps.history;
    this.#network = deps.network;
    this.#starts = deps.starts;
    this.#shard = deps.shard;
    this.#host = host;
  }

  send(delivery: Delivery): void {
    const { life } = this.#host;
    this.#scene.note(`sends ${keyOf(delivery)} for ${delivery.jobName}`);
    this.#history.leaves(delivery, this.#shard);
    const { route } = delivery;
    if (route.kind === "workflow") {
      this.#starts.start(delivery, route);
      return;
    }
    this.#network.carry(delivery, {
      answer: (answered) => {
        const isGone = !this.#host.isUp || life !== this.#host.life;
        const { answersSurvive } = this.#scene.options.faults;
        if (isGone && (!answersSurvive || !this.#host.isUp)) return;
        if (isGone) this.#scene.reach("answer to an earlier life");
        this.#scene.note(`answer ${keyOf(answered)} ${answered.answer.kind}`);
        this.#host.take(answered);
      },
      callBack: (input) => {
        this.#scene.note(`callback ${input.runId}#${input.attempt} ${input.status}`);
        this.#callBack(input, 0);
      },
      extend: (input, done) =>
        this.#host.call({ kind: "run.extend", input, idempotency: null, done }),
    });
  }

  /** A notice leaves. What its node says is lost when the process has died by then. */
  cancel(notice: CancelNotice): void {
    const { life } = this.#host;
    this.#scene.note(`notice ${notice.runId}#${notice.attempt} to ${notice.node.address}`);
    checkNotice(this.#history, notice);
    this.#network.cancel(notice, (isOver) => {
      if (isOver && this.#host.isUp && life === this.#host.life) this.#host.confirm(notice);
    });
  }

  abort(sending: SendingRef): void {
    this.#history.deliveries.aborted(sending);
    this.#network.abort(sending);
  }

  #callBack(input: Callback, tries: number): void {
    const done = (reply: ShardReply<"run.callback"> | undefined): void => {
      if (reply === undefined && tries < 5)
        this.#scene.agenda.after(1_000, () => this.#callBack(input, tries + 1));
    };
    this.#host.call({ kind: "run.callback", input, idempotency: null, done });
  }
}
