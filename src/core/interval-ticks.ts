import { INSTANT_LIMITS } from "./instant.ts";
import type { TickRange, TickSource } from "./tick-source.ts";

/** The ticks of a fixed rate: the anchor, and then one after each interval. All is arithmetic. */
export class IntervalTicks implements TickSource {
  readonly everyMs: number;
  readonly anchorMs: number;

  constructor({ everyMs, anchorMs }: { readonly everyMs: number; readonly anchorMs: number }) {
    this.everyMs = everyMs;
    this.anchorMs = anchorMs;
  }

  nextAfter(afterMs: number): number | null {
    const { everyMs, anchorMs } = this;
    const periods = Math.max(0, Math.floor((afterMs - anchorMs) / everyMs) + 1);
    const tick = anchorMs + periods * everyMs;
    return tick <= INSTANT_LIMITS.msMax ? tick : null;
  }

  lastBefore(beforeMs: number): number | null {
    const { everyMs, anchorMs } = this;
    const limitMs = Math.min(Math.ceil(beforeMs) - 1, INSTANT_LIMITS.msMax);
    return limitMs < anchorMs
      ? null
      : anchorMs + Math.floor((limitMs - anchorMs) / everyMs) * everyMs;
  }

  count({ afterMs, untilMs }: TickRange): number {
    const first = this.nextAfter(afterMs);
    const limitMs = Math.min(untilMs, INSTANT_LIMITS.msMax);
    if (first === null || first > limitMs) return 0;
    return Math.floor((limitMs - first) / this.everyMs) + 1;
  }
}
