import type {
  Idempotency,
  ShardCommandKind,
  ShardCommands,
  ShardReply,
} from "../../src/ports/shard-client.ts";
import type { Dice } from "../support/prng.ts";
import type { Scene } from "./scene.ts";
import type { ShardHost } from "./shard-host.ts";

const TRIES_MAX = 40;

export interface Request<K extends ShardCommandKind> {
  readonly host: ShardHost;
  readonly kind: K;
  readonly input: ShardCommands[K]["input"];
  /** Repeated under one key, or plainly: for commands that are harmless when repeated. */
  readonly isKeyed: boolean;
  /** It is not asked again when no answer comes. */
  readonly isOnce?: boolean;
}

/** Those who give commands over a network that loses answers: they ask again until they have one. */
export class Callers {
  readonly #scene: Scene;
  readonly #dice: Dice;
  #keys = 0;
  #round = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#dice = scene.dice("callers");
  }

  /** Whoever still waits for an answer gives up. */
  hush(): void {
    this.#round++;
  }

  ask<K extends ShardCommandKind>(
    request: Request<K>,
    onReply: (reply: ShardReply<K>) => void = () => {},
  ): void {
    const key = `key ${this.#keys++}`;
    const bodyHash = JSON.stringify(request.kind);
    this.#try(request, request.isKeyed ? { key, bodyHash } : null, { tries: 1, onReply });
  }

  #try<K extends ShardCommandKind>(
    request: Request<K>,
    idempotency: Idempotency | null,
    { tries, onReply }: { readonly tries: number; onReply: (reply: ShardReply<K>) => void },
  ): void {
    const { host, kind, input, isOnce = false } = request;
    const round = this.#round;
    const again = (waitMs: number): void => {
      if (tries >= TRIES_MAX || isOnce) return;
      this.#scene.agenda.after(waitMs, () => {
        if (round === this.#round) this.#try(request, idempotency, { tries: tries + 1, onReply });
      });
    };
    const done = (reply: ShardReply<K> | undefined): void => {
      if (reply === undefined) {
        again(this.#dice.int(200, 5_000));
        return;
      }
      if (this.#dice.chance(this.#scene.faults.replyLost)) {
        this.#scene.reach("fault: reply lost");
        again(this.#dice.int(0, 3_000));
        return;
      }
      const isBusy = !reply.ok && reply.refusal.retryAfterMs !== undefined;
      if (isBusy) again(this.#dice.int(1_000, 10_000));
      else onReply(reply);
    };
    host.call({ kind, input, idempotency, done });
  }
}
