import { BACKFILL_LIMITS } from "../../src/core/backfill.ts";
import type { Dice } from "../support/prng.ts";
import type { Callers } from "./callers.ts";
import type { Scale } from "./options.ts";
import type { Scene } from "./scene.ts";
import type { ShardHost } from "./shard-host.ts";

/** How much of the past a backfill runs again. */
const SPANS_MS: Readonly<Record<Scale, number>> = {
  seconds: 90_000,
  minutes: 3_600_000,
  hours: 2 * 86_400_000,
};

interface Target {
  readonly namespace: string;
  readonly job: string;
  readonly host: ShardHost;
}

/** People who run the past of a job again, and change their minds about it. */
export class BackfillDesk {
  readonly #scene: Scene;
  readonly #callers: Callers;
  readonly #dice: Dice;
  /** Backfills by the job they are of. */
  readonly #known = new Map<string, string>();

  constructor(scene: Scene, callers: Callers) {
    this.#scene = scene;
    this.#callers = callers;
    this.#dice = scene.dice("backfills");
  }

  /** A command about the job's newest backfill, or a new one. */
  act(target: Target): void {
    if (this.#known.has(target.job) && this.#dice.chance(0.5)) this.#change(target);
    else this.#start(target);
  }

  #change({ namespace, job, host }: Target): void {
    const backfill = this.#known.get(job);
    if (backfill === undefined || !this.#scene.isStormy) return;
    const input = { ref: { namespace, job, backfill } };
    const kind = this.#dice.pick([
      "backfill.pause",
      "backfill.pause",
      "backfill.resume",
      "backfill.resume",
      "backfill.cancel",
    ] as const);
    if (kind !== "backfill.cancel") {
      this.#callers.ask({ host, kind, input, isKeyed: true });
      return;
    }
    const running = this.#dice.pick(["finish", "cancel"] as const);
    const canceled = { ...input, ifVersion: null, running };
    this.#callers.ask({ host, kind, input: canceled, isKeyed: false });
  }

  #start({ namespace, job, host }: Target): void {
    const dice = this.#dice;
    const spanMs = SPANS_MS[this.#scene.options.scale];
    const toMs = host.nowMs - dice.int(0, Math.floor(spanMs / 4));
    const input = {
      ref: { namespace, job },
      fromMs: toMs - dice.int(1_000, spanMs),
      toMs,
      overlap: dice.pick(["buffer_all", "skip", "allow"] as const),
      rate: dice.pick([6, 12, 60, BACKFILL_LIMITS.rateMax]),
      params: null,
    };
    this.#callers.ask({ host, kind: "backfill.create", input, isKeyed: true }, (reply) => {
      if (!reply.ok) return;
      this.#known.set(job, reply.value.backfill.id);
      this.#plan({ namespace, job, host });
    });
  }

  /** Those who have started one look at it again soon. */
  #plan(target: Target): void {
    const { agenda } = this.#scene;
    for (let i = this.#dice.int(0, 2); i > 0; i--)
      agenda.after(this.#dice.int(0, 60_000), () => this.#change(target));
  }
}
