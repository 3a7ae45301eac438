import { z } from "@hono/zod-openapi";
import type { LedgerEntry } from "../ports/records.ts";
import { instantOut, isoText } from "./wire.ts";

export const TICK_REASONS = ["overlap", "paused", "misfire", "calendar", "limit", "ended"] as const;

/**
 * One line of the tick ledger; a range of ticks with one fate is one line with `from`, `to`,
 * `count`.
 */
export const tickOut = z
  .object({
    nominalAt: instantOut,
    disposition: z.enum(["fired", "coalesced", "skipped", "dropped"]),
    reason: z.enum(TICK_REASONS).optional(),
    into: instantOut.optional(),
    run: z.string().optional(),
    plannedAt: instantOut,
    lagMs: z.number(),
    from: instantOut.optional(),
    to: instantOut.optional(),
    count: z.number().optional(),
  })
  .openapi("Tick");

export type TickJson = z.infer<typeof tickOut>;

export function tickJson(entry: LedgerEntry): TickJson {
  if (entry.kind === "run") {
    const { run } = entry;
    return {
      nominalAt: isoText(run.nominalMs),
      disposition: "fired",
      run: run.id,
      plannedAt: isoText(run.createdMs),
      lagMs: run.createdMs - run.nominalMs,
    };
  }
  const { tick } = entry;
  const { nominalMs, toMs, count } = tick;
  return {
    nominalAt: isoText(nominalMs),
    disposition: tick.disposition,
    ...(tick.reason === null ? {} : { reason: tick.reason }),
    ...(tick.intoMs === null ? {} : { into: isoText(tick.intoMs) }),
    plannedAt: isoText(tick.plannedMs),
    lagMs: tick.plannedMs - nominalMs,
    ...(count === 1 ? {} : { from: isoText(nominalMs), to: isoText(toMs), count }),
  };
}
