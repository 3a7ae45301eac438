import type { Dice } from "../support/prng.ts";
import type { Scene } from "./scene.ts";

interface Woken {
  readonly nowMs: number;
  turn(): void;
  readonly deps: { readonly shard: number };
}

/** How late the watchdog finds a shard whose alarm was lost. */
const WATCHDOG_MS = 60_000;

/** The one alarm of a shard: late, twice, or lost until the watchdog comes by. */
export class HostAlarm {
  readonly #scene: Scene;
  readonly #host: Woken;
  readonly #dice: Dice;
  #armedMs: number | null = null;
  /** Counts settings: an alarm that was replaced does not go off. */
  #setting = 0;

  constructor(scene: Scene, host: Woken) {
    this.#scene = scene;
    this.#host = host;
    this.#dice = scene.dice(`alarm ${host.deps.shard}`);
  }

  /** In the shard's own time; null when none is set. */
  get armedMs(): number | null {
    return this.#armedMs;
  }

  set(atMs: number | null): void {
    if (atMs !== null && atMs === this.#armedMs) return;
    this.#armedMs = atMs;
    const setting = ++this.#setting;
    if (atMs === null) return;
    const { agenda, faults } = this.#scene;
    const waitMs = Math.max(1, atMs - this.#host.nowMs);
    if (this.#dice.chance(faults.alarmLost)) {
      this.#scene.reach("fault: alarm lost");
      agenda.after(waitMs + this.#dice.int(1, WATCHDOG_MS), () => this.#fire(setting));
      return;
    }
    const isLate = this.#dice.chance(faults.alarmLate);
    if (isLate) this.#scene.reach("fault: alarm late");
    agenda.after(waitMs + (isLate ? this.#dice.int(1, 20_000) : 0), () => this.#fire(setting));
    if (!this.#dice.chance(faults.alarmDoubled)) return;
    this.#scene.reach("fault: alarm doubled");
    agenda.after(waitMs + this.#dice.int(0, 5_000), () => this.#host.turn());
  }

  /** The clock stepped under the alarm: the watchdog looks at the shard within its minute. */
  doubt(): void {
    this.#scene.agenda.after(this.#dice.int(1, WATCHDOG_MS), () => {
      this.#armedMs = null;
      this.#host.turn();
    });
  }

  #fire(setting: number): void {
    if (setting !== this.#setting) return;
    this.#armedMs = null;
    this.#host.turn();
  }
}
