import type { Simulation, SimulatedTick } from "../core/simulate.ts";
import { linesOf, type SimulatedLine } from "../core/simulated-lines.ts";
import { loadOf } from "../core/simulated-load.ts";
import type { SimulationJson } from "./simulate-schema.ts";
import { isoText } from "./wire.ts";

/** A simulation as it goes out: lines, counts and load; or one line where ticks were only counted. */
export function simulationJson(
  { ticks, count, isCounted, isCut: isBrokenOff }: Simulation,
  range: { readonly fromMs: number; readonly toMs: number },
  anomalies: SimulationJson["anomalies"],
): SimulationJson {
  const same = { nextCursor: null, ticks: count, anomalies } as const;
  if (isCounted) {
    const whole = { from: isoText(range.fromMs), to: isoText(range.toMs), count };
    const open = { counts: null, overlaps: null, load: null } as const;
    return { items: [whole], ...same, ...open, isCounted, isCut: false };
  }
  const { lines, isCut } = linesOf(ticks);
  return {
    items: lines.map(lineJson),
    ...same,
    counts: countsOf(ticks),
    overlaps: sumOf(ticks, ({ isOverlapping }) => isOverlapping),
    load: loadJson(ticks),
    isCounted,
    isCut: isCut || isBrokenOff,
  };
}

function lineJson(line: SimulatedLine): SimulationJson["items"][number] {
  const { nominalMs, toMs, count, disposition, reason, intoMs, run } = line;
  const isRange = count > 1;
  return {
    ...(isRange
      ? { from: isoText(nominalMs), to: isoText(toMs), count }
      : { nominalAt: isoText(nominalMs) }),
    disposition,
    ...(reason === null ? {} : { reason }),
    ...(intoMs === null ? {} : { into: isoText(intoMs) }),
    ...(run === null || isRange ? {} : runJson(run)),
  };
}

function runJson({
  startsMs,
  endsMs,
  isCanceled,
}: NonNullable<SimulatedTick["run"]>): SimulationJson["items"][number] {
  return {
    ...(startsMs === null ? {} : { startsAt: isoText(startsMs) }),
    ...(endsMs === null ? {} : { endsAt: isoText(endsMs) }),
    ...(endsMs === null ? {} : { outcome: isCanceled ? "canceled" : "succeeded" }),
  };
}

function countsOf(ticks: readonly SimulatedTick[]): NonNullable<SimulationJson["counts"]> {
  const skippedFor = (wanted: SimulatedTick["reason"]): number =>
    sumOf(ticks, ({ disposition, reason }) => disposition === "skipped" && reason === wanted);
  return {
    fired: sumOf(ticks, ({ disposition }) => disposition === "fired"),
    coalesced: sumOf(ticks, ({ disposition }) => disposition === "coalesced"),
    skipped: {
      overlap: skippedFor("overlap"),
      paused: skippedFor("paused"),
      misfire: skippedFor("misfire"),
      calendar: skippedFor("calendar"),
    },
    dropped: sumOf(ticks, ({ disposition }) => disposition === "dropped"),
  };
}

function sumOf(
  ticks: readonly SimulatedTick[],
  isWanted: (tick: SimulatedTick) => boolean,
): number {
  return ticks.reduce((sum, tick) => (isWanted(tick) ? sum + tick.count : sum), 0);
}

function loadJson(ticks: readonly SimulatedTick[]): NonNullable<SimulationJson["load"]> {
  const { perMinute, ...load } = loadOf(ticks);
  return {
    ...load,
    perMinute: perMinute.map(({ minuteMs, runs }) => ({ minute: isoText(minuteMs), runs })),
  };
}
