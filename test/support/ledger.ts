/** One nominal tick as the ledger accounts for it. */
export interface Accounted {
  readonly nominalMs: number;
  readonly disposition: "fired" | "coalesced" | "skipped" | "dropped";
  readonly reason: string | null;
  readonly intoMs: number | null;
  readonly run: string | null;
  readonly plannedMs: number;
}

/** A line of `GET /jobs/{job}/ticks`. */
interface LedgerLine {
  readonly nominalAt: string;
  readonly disposition: Accounted["disposition"];
  readonly reason?: string;
  readonly into?: string;
  readonly run?: string;
  readonly plannedAt: string;
  readonly from?: string;
  readonly to?: string;
  readonly count?: number;
}

/** The lines of a ledger tick by tick: a range of a schedule of one rate becomes its ticks. */
export function accountedTicks(lines: readonly LedgerLine[], everyMs: number): Accounted[] {
  return lines.flatMap((line) => {
    const fromMs = Date.parse(line.from ?? line.nominalAt);
    const toMs = Date.parse(line.to ?? line.nominalAt);
    const count = line.count ?? 1;
    if ((toMs - fromMs) / everyMs !== count - 1)
      throw new Error(`${count} ticks do not fit: ${JSON.stringify(line)}`);
    return Array.from({ length: count }, (_, i) => ({
      nominalMs: fromMs + i * everyMs,
      disposition: line.disposition,
      reason: line.reason ?? null,
      intoMs: line.into === undefined ? null : Date.parse(line.into),
      run: line.run ?? null,
      plannedMs: Date.parse(line.plannedAt),
    }));
  });
}

/** The nominal times of a rate within `[fromMs, toMs]`, by plain arithmetic. */
export function nominalTimes(rate: {
  readonly anchorMs: number;
  readonly everyMs: number;
  readonly fromMs: number;
  readonly toMs: number;
}): number[] {
  const { anchorMs, everyMs, fromMs, toMs } = rate;
  const times: number[] = [];
  const first = anchorMs + Math.max(0, Math.ceil((fromMs - anchorMs) / everyMs)) * everyMs;
  for (let atMs = first; atMs <= toMs; atMs += everyMs) times.push(atMs);
  return times;
}
