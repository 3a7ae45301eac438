import type { SimulatedTick } from "./simulate.ts";

export const LINE_LIMITS = {
  /** Up to here each tick has its own line. */
  plainMax: 1_000,
  /** Lines after neighbours of one fate were put together; what is more is cut off. */
  linesMax: 10_000,
} as const;

/** A line of the answer: one tick, or neighbours of one fate. */
export type SimulatedLine = Omit<SimulatedTick, "decidedMs" | "isOverlapping">;

/** The ticks line by line; where they are many, neighbours of one fate share a line. */
export function linesOf(ticks: readonly SimulatedTick[]): {
  readonly lines: readonly SimulatedLine[];
  readonly isCut: boolean;
} {
  const isMany = ticks.length > LINE_LIMITS.plainMax;
  const lines: readonly SimulatedLine[] = isMany ? merged(ticks) : ticks;
  const isCut = lines.length > LINE_LIMITS.linesMax;
  return { lines: isCut ? lines.slice(0, LINE_LIMITS.linesMax) : lines, isCut };
}

function merged(ticks: readonly SimulatedTick[]): readonly SimulatedLine[] {
  const lines: SimulatedLine[] = [];
  for (const tick of ticks) {
    const last = lines.at(-1);
    if (last === undefined || !isAlike(last, tick)) {
      lines.push(tick);
      continue;
    }
    const { toMs } = tick;
    lines[lines.length - 1] = { ...last, toMs, count: last.count + tick.count, run: null };
  }
  return lines;
}

/** A line of many keeps no runs, so a canceled run stays by itself. */
function isAlike(line: SimulatedLine, tick: SimulatedTick): boolean {
  return (
    line.disposition === tick.disposition &&
    line.reason === tick.reason &&
    line.intoMs === tick.intoMs &&
    line.run?.isCanceled !== true &&
    tick.run?.isCanceled !== true
  );
}
