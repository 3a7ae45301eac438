import type { Dice } from "../support/prng.ts";
import { referenceFields } from "../support/reference-fields.ts";
import { drawDate, drawField, drawHour } from "./draw-field.ts";
import { ALL_ZONES, changesOf, PRESENT, type CronCase } from "./cron-case.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const FIRST_MS = Date.UTC(PRESENT.changes.from, 0, 1);
const LAST_MS = Date.UTC(PRESENT.changes.until, 0, 1);

/**
 * Any pattern under any rule, in a zone or in any: mostly near a change of the clocks, and often in
 * its hours.
 */
export function drawCase(dice: Dice, zone: string | undefined): CronCase {
  const timezone = zone ?? drawZone(dice);
  const changes = changesOf(timezone, PRESENT);
  const change = dice.chance(0.75) ? changes[dice.int(0, changes.length - 1)] : undefined;
  const nearMs = change?.atMs ?? dice.int(FIRST_MS, LAST_MS);
  const localMs = nearMs + (change === undefined ? 0 : Math.min(change.beforeMs, change.afterMs));
  const dialect = dice.chance(0.35) ? "quartz" : "standard";
  const cron = drawCron(dice, dialect, new Date(localMs));
  const dst = {
    gap: dice.pick(["shift", "skip"] as const),
    fold: dice.pick(["first", "last", "both"] as const),
  };
  const pattern = { cron, dialect, timezone, dst } as const;
  const lengthMs = windowMs(dice, cron, dialect);
  // A few windows begin between two seconds.
  const fromMs = Math.floor(nearMs - dice.next() * lengthMs) + (dice.chance(0.2) ? 500 : 0);
  return { pattern, fromMs, untilMs: fromMs + lengthMs, era: PRESENT };
}

/** Most zones do not change their clocks any more, and would teach little. */
function drawZone(dice: Dice): string {
  const any = (): string => ALL_ZONES[dice.int(0, ALL_ZONES.length - 1)] ?? "UTC";
  const zones = Array.from({ length: 4 }, any);
  const changing = zones.find((zone) => changesOf(zone, PRESENT).length > 0);
  return changing ?? any();
}

/** `near` shows in UTC what the clocks on the wall show at the change. */
function drawCron(dice: Dice, dialect: "standard" | "quartz", near: Date): string {
  const hasSeconds = dialect === "quartz" || dice.chance(0.3);
  const isDense = hasSeconds && dice.chance(0.25);
  const spelling = { dialect, isFixed: dice.chance(0.6) };
  const second = isDense ? drawField(dice, spelling, 59) : dice.pick(["0", "0", "0", "30", "59"]);
  const minute = drawField(dice, spelling, 59);
  const hour = drawHour(dice, spelling, near.getUTCHours());
  const date = drawDate(dice, dialect, near);
  const year = dialect === "quartz" || hasSeconds ? drawYear(dice, dialect, near) : [];
  return [...(hasSeconds ? [second] : []), minute, hour, ...date, ...year].join(" ");
}

function drawYear(dice: Dice, dialect: "standard" | "quartz", near: Date): readonly string[] {
  if (dice.chance(0.75)) return [];
  const year = near.getUTCFullYear();
  const both = ["*", `${year}`, `${year - 1}-${year + 3}`, `${year},${year + 1}`, "*/2", "*/3"];
  const [first = "*", ...rest] =
    dialect === "quartz" ? [...both, `${year - 6}/3`, `1990/${dice.int(1, 9)}`] : both;
  return [dice.pick([first, ...rest])];
}

/** As long as the brute force can look at in about a millisecond. */
function windowMs(dice: Dice, cron: string, dialect: "standard" | "quartz"): number {
  const fields = referenceFields(cron, dialect);
  const perDay = fields.hour.size * fields.minute.size * fields.second.size;
  const isBySecond = fields.second.size > 1 || !fields.second.has(0);
  if (!fields.isFixed)
    return isBySecond ? dice.pick([0.3, 0.7, 1.5]) * HOUR_MS : dice.pick([12, 36, 72]) * HOUR_MS;
  if (perDay > 200) return 30 * HOUR_MS;
  return dice.pick(perDay > 20 ? [3, 3, 10] : [3, 3, 3, 40, 400]) * DAY_MS;
}
