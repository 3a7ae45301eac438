import type { Dice } from "../support/prng.ts";

// The texts of fields, as people write them: values, lists, ranges, steps and names, in all
// spellings that a dialect has.

type Dialect = "standard" | "quartz";

interface Spelling {
  readonly dialect: Dialect;
  /** Only values and lists. */
  readonly isFixed: boolean;
}

/** Minutes or seconds. */
export function drawField(dice: Dice, { dialect, isFixed }: Spelling, max: number): string {
  const value = (): string => String(dice.int(0, max));
  const edge = dice.pick(["0", "1", "15", `${max - 14}`, "20", `${max}`]);
  const values = () => list(dice, value);
  if (isFixed) return dice.pick([() => edge, value, values, () => `${edge}-${edge}`])();
  const by = (): string => String(dice.int(1, max === 23 ? 24 : 40));
  const drawers: readonly [() => string, ...(() => string)[]] = [
    () => "*",
    () => edge,
    value,
    values,
    () => `*/${by()}`,
    () => range(dice, 0, max),
    () => `${range(dice, 0, max)}/${dice.int(1, 9)}`,
    () => `${edge},${range(dice, 0, max)}`,
    ...(dialect === "quartz"
      ? [
          () => `${value()}/${by()}`,
          () => `/${by()}`,
          () => `${value()}-${value()}`,
          () => `${value()}-${value()}/${dice.int(1, 20)}`,
          () => `${value()},${value()}-${value()}`,
        ]
      : []),
  ];
  return dice.pick(drawers)();
}

/** Mostly the hours at which the clocks are changed. */
export function drawHour(dice: Dice, spelling: Spelling, near: number): string {
  if (dice.chance(0.15)) return drawField(dice, spelling, 23);
  const hour = (): string => String((near + dice.int(-1, 3) + 24) % 24);
  const value = (): string => (dice.chance(0.8) ? hour() : String(dice.int(0, 23)));
  const values = () => list(dice, value);
  if (spelling.isFixed) return dice.pick([value, value, values, () => `${near}-${near}`])();
  return dice.pick([
    () => "*",
    value,
    values,
    () => range(dice, 0, 5),
    () => range(dice, 18, 23),
    () => `*/${dice.int(1, 12)}`,
    () => (spelling.dialect === "quartz" ? "22-4" : "22-23,0-4"),
  ])();
}

/** Day of the month, month and weekday; half of the time every day. `near` is read in UTC. */
export function drawDate(dice: Dice, dialect: Dialect, near: Date): readonly string[] {
  const open = dialect === "quartz" ? "?" : "*";
  const month = dice.chance(0.7) ? "*" : drawMonth(dice, dialect, near.getUTCMonth() + 1);
  if (dice.chance(0.5))
    return dice.pick([["*", month, open] as const, [open, month, "*"] as const]);
  const day = drawDayOfMonth(dice, dialect, near.getUTCDate());
  const weekday = drawWeekday(dice, dialect, near.getUTCDay());
  if (dice.chance(0.45)) return [day, month, open];
  if (dialect === "quartz" || dice.chance(0.6)) return [open === "*" ? "*" : "?", month, weekday];
  return [day, month, dice.chance(0.2) ? `+${weekday}` : weekday];
}

function drawMonth(dice: Dice, dialect: Dialect, near: number): string {
  const both = [`${near}`, `${near},6`, "3,4,9-11", "MAR-NOV", "*/2", "OCT,MAR", "jan-jun/2", "2"];
  return dice.pick<string>(
    dialect === "quartz" ? [`${near}`, ...both, "10-4", "NOV-FEB", "3/7"] : ["1-6", ...both],
  );
}

function drawDayOfMonth(dice: Dice, dialect: Dialect, near: number): string {
  const both = ["*/2", "1-15", "L", "LW", "15W", "1W", "31W", "30W,1W", "1,L", "5,20-31/3", "29"];
  const here = [`${near}`, `${near}`, `${near},1`, `${near}W`];
  return dice.pick<string>(
    dialect === "quartz" ? [`${near}`, ...here, ...both, "25-5", "5/10"] : ["31", ...here, ...both],
  );
}

/** `near` counts from Sunday, 0. */
function drawWeekday(dice: Dice, dialect: Dialect, near: number): string {
  const here = String(near + (dialect === "quartz" ? 1 : 0));
  const both: readonly [string, ...string[]] = [
    here,
    here,
    `${here}#${dice.int(1, 5)}`,
    `${here}L`,
    "SUN",
    "sat",
    "MON-FRI",
    "MON-FRI/2",
    "6#3",
    "SUN#1",
    "FRI#5",
    "MON#1,FRI#3",
    "5L",
    "SUNL",
    "FRIL,MON",
    "1",
    "*/2",
    "1,3,5",
  ];
  return dice.pick(
    dialect === "quartz"
      ? [...both, "7", "SAT-MON", "6-2", "FRI-SUN", "2/3", "1-7", "L", "6L", "2-6/2"]
      : [...both, "0", "7", "0-7", "5-7", "SAT-SUN", "0-6/2", "fri-sun", "0,6,7"],
  );
}

function list(dice: Dice, value: () => string): string {
  return Array.from({ length: dice.int(2, 5) }, value).join(",");
}

function range(dice: Dice, min: number, max: number): string {
  const [a, b] = [dice.int(min, max), dice.int(min, max)];
  return `${Math.min(a, b)}-${Math.max(a, b)}`;
}
