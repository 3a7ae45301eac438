import type { Clock } from "../src/ports/clock.ts";
import type { Timers } from "../src/ports/timers.ts";

/** The platform's wall clock. It stands still between two events of input or output. */
export const hostClock: Clock = { nowMs: () => Date.now() };

/** Timers of an object or request that is awake; a pending one keeps its object awake. */
export const hostTimers: Timers = {
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};
