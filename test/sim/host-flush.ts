import type { Shard } from "../../src/shard/shard.ts";
import type { Dice } from "../support/prng.ts";
import type { ModelRecords } from "./model-records.ts";
import type { Scene } from "./scene.ts";

interface Flushed {
  readonly nowMs: number;
  readonly shard: Shard | undefined;
  acknowledge(work: (shard: Shard) => void): void;
  turn(): void;
}

const LINGER_MS = 50;
const BACKOFF_MS_MAX = 30_000;

/** Carries the outbox of one shard to the records: one batch at a time, again until it is confirmed. */
export class HostFlush {
  readonly #scene: Scene;
  readonly #host: Flushed;
  readonly #records: ModelRecords;
  readonly #dice: Dice;
  #isBusy = false;
  #failures = 0;
  #life = 0;

  constructor(
    deps: { readonly scene: Scene; readonly shard: number; readonly records: ModelRecords },
    host: Flushed,
  ) {
    this.#scene = deps.scene;
    this.#records = deps.records;
    this.#host = host;
    this.#dice = deps.scene.dice(`flush ${deps.shard}`);
  }

  stop(): void {
    this.#life++;
    this.#isBusy = false;
    this.#failures = 0;
  }

  soon(): void {
    if (this.#isBusy || (this.#host.shard?.outboxSize ?? 0) === 0) return;
    this.#isBusy = true;
    const waitMs = Math.min(BACKOFF_MS_MAX, LINGER_MS * 2 ** this.#failures);
    this.#later(waitMs, () => this.#write());
  }

  #write(): void {
    const taken = this.#host.shard?.takeOutbox();
    if (taken === undefined) {
      this.#isBusy = false;
      return;
    }
    this.#later(this.#dice.int(1, 60), () => {
      const isWritten = this.#records.write(taken.batch);
      this.#later(this.#dice.int(1, 60), () => {
        this.#isBusy = false;
        this.#failures = isWritten ? 0 : this.#failures + 1;
        if (isWritten)
          this.#host.acknowledge((shard) =>
            shard.acknowledgeOutbox(taken.receipt, this.#host.nowMs),
          );
        if (isWritten) this.#host.turn();
        this.soon();
      });
    });
  }

  #later(ms: number, act: () => void): void {
    const life = this.#life;
    this.#scene.agenda.after(ms, () => {
      if (life === this.#life) act();
    });
  }
}
