import { z } from "@hono/zod-openapi";
import type { PreviewAnomaly } from "../core/schedule-anomalies.ts";
import { instantOut, isoText, isoTextOrNull } from "./wire.ts";

/** A named local time that a change of the clocks skips, moves or doubles, and what becomes of it. */
export const anomalyOut = z
  .object({
    kind: z.enum(["gap", "fold"]),
    at: instantOut,
    local: z.string(),
    tick: instantOut.nullable(),
    note: z.string(),
  })
  .openapi("ClockAnomaly");

export function anomaliesJson(anomalies: readonly PreviewAnomaly[]): z.infer<typeof anomalyOut>[] {
  return anomalies.map(({ kind, atMs, local, tickMs, note }) => ({
    kind,
    at: isoText(atMs),
    local,
    tick: isoTextOrNull(tickMs),
    note,
  }));
}
