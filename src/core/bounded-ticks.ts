import type { TickRange, TickSource } from "./tick-source.ts";

/** From when to when ticks count, both inclusive, and how many; an open end is infinite. */
export interface TickBounds {
  readonly startMs: number;
  readonly endMs: number;
  /** Counted from `startMs`, which is then finite. */
  readonly ticksMax: number | null;
}

/** Another source's ticks, as far as they lie within bounds. */
export class BoundedTicks implements TickSource {
  readonly #source: TickSource;
  readonly #bounds: TickBounds;
  /**
   * Where the ticks end; found when it is first asked for, because a number of them must be listed.
   */
  #lastMs: number | null = null;

  constructor(source: TickSource, bounds: TickBounds) {
    this.#source = source;
    this.#bounds = bounds;
  }

  nextAfter(afterMs: number): number | null {
    const tick = this.#source.nextAfter(Math.max(afterMs, this.#bounds.startMs - 1));
    return tick !== null && tick <= this.#untilMs() ? tick : null;
  }

  lastBefore(beforeMs: number): number | null {
    const tick = this.#source.lastBefore(Math.min(beforeMs, this.#untilMs() + 1));
    return tick !== null && tick >= this.#bounds.startMs ? tick : null;
  }

  count(range: TickRange): number {
    const afterMs = Math.max(range.afterMs, this.#bounds.startMs - 1);
    const untilMs = Math.min(range.untilMs, this.#untilMs());
    return untilMs <= afterMs ? 0 : this.#source.count({ afterMs, untilMs });
  }

  #untilMs(): number {
    this.#lastMs ??= this.#findLast();
    return this.#lastMs;
  }

  #findLast(): number {
    const { startMs, endMs, ticksMax } = this.#bounds;
    if (ticksMax === null) return endMs;
    let lastMs = startMs - 1;
    for (let count = 0; count < ticksMax; count++) {
      const tick = this.#source.nextAfter(lastMs);
      if (tick === null || tick > endMs) return endMs;
      lastMs = tick;
    }
    return lastMs;
  }
}
