import { compileCron } from "../../src/core/cron.ts";
import type { DstRule } from "../../src/core/job.ts";
import { Dice } from "../support/prng.ts";
import { offsetTable } from "../support/offset-table.ts";
import { changesOf, PRESENT } from "./cron-case.ts";
import { differenceOf } from "./difference.ts";
import { casesAt } from "./transitions.ts";

// A fixed set of schedules whose ticks every runtime has to agree on. It uses nothing but the core
// and the language, so that it runs anywhere.

/** What one runtime says of one zone. */
export interface ZoneAnswer {
  /** A hash of every tick, count and anomaly of the corpus. */
  readonly ticks: string;
  /** A hash of the zone's offsets from 2022 to 2039, as this runtime's own data have them. */
  readonly offsets: string;
  /** Where the engine differs from the brute force on this runtime; null is nowhere. */
  readonly fault: string | null;
}

export type CorpusAnswer = Readonly<Record<string, ZoneAnswer>>;

const ZONES = [
  "UTC",
  "Etc/GMT+5",
  "Africa/Cairo",
  "Africa/Casablanca",
  "Africa/El_Aaiun",
  "Africa/Johannesburg",
  "America/Asuncion",
  "America/Chicago",
  "America/Havana",
  "America/Los_Angeles",
  "America/Mexico_City",
  "America/New_York",
  "America/Nuuk",
  "America/Phoenix",
  "America/Santiago",
  "America/Sao_Paulo",
  "America/Scoresbysund",
  "America/St_Johns",
  "Antarctica/Troll",
  "Asia/Almaty",
  "Asia/Beirut",
  "Asia/Gaza",
  "Asia/Jerusalem",
  "Asia/Kathmandu",
  "Asia/Kolkata",
  "Asia/Shanghai",
  "Asia/Tehran",
  "Asia/Tokyo",
  "Atlantic/Azores",
  "Australia/Adelaide",
  "Australia/Lord_Howe",
  "Australia/Sydney",
  "Europe/Dublin",
  "Europe/Lisbon",
  "Europe/London",
  "Europe/Moscow",
  "Europe/Stockholm",
  "Pacific/Apia",
  "Pacific/Auckland",
  "Pacific/Chatham",
  "Pacific/Easter",
  "Pacific/Kiritimati",
];
const PATTERNS: readonly (readonly [string, "standard" | "quartz"])[] = [
  ["0 2 * * *", "standard"],
  ["30 1,2,3 * * *", "standard"],
  ["0,30 0,23 * * *", "standard"],
  ["*/5 * * * *", "standard"],
  ["*/20 * 0-3 * * *", "standard"],
  ["17 */2 * * 1-5", "standard"],
  ["0 9 1,L * *", "standard"],
  ["0 0 13 * 5", "standard"],
  ["0 12 */2 * +MON", "standard"],
  ["0 30 2 * 3,10 SUN#2,SUNL *", "standard"],
  ["@monthly", "standard"],
  ["0 0 22-4 * * ?", "quartz"],
  ["0 0/7 1-3 ? * SAT-MON", "quartz"],
  ["30 15 2 LW * ?", "quartz"],
  ["0 30 1 ? * 1L 2024/2", "quartz"],
  ["0 0 3 ? * L */3", "quartz"],
];
const RULES: readonly DstRule[] = [
  { gap: "shift", fold: "first" },
  { gap: "skip", fold: "last" },
  { gap: "shift", fold: "both" },
];
const STARTS = ["2011-12-29", "2024-03-30", "2026-10-24T23:59:59.500Z", "2035-04-01", "2099-11-01"];
const STEPS = 12;
const YEAR_MS = 365 * 86_400_000;
const CHANGES_CHECKED = 4;

/** Computes the whole corpus: about a second. */
export function corpusAnswer(): CorpusAnswer {
  return Object.fromEntries(
    ZONES.map((zone) => [
      zone,
      { ticks: ticksHash(zone), offsets: offsetsHash(zone), fault: faultOf(zone) },
    ]),
  );
}

function ticksHash(timezone: string): string {
  const hash = new Fnv();
  for (const [cron, dialect] of PATTERNS)
    for (const dst of RULES) {
      const ticks = compileCron({ cron, dialect, timezone, dst });
      for (const start of STARTS) {
        const startMs = Date.parse(start);
        let atMs: number | null = startMs;
        for (let i = 0; i < STEPS && atMs !== null; i++) hash.add((atMs = ticks.nextAfter(atMs)));
        atMs = startMs;
        for (let i = 0; i < STEPS && atMs !== null; i++) hash.add((atMs = ticks.lastBefore(atMs)));
        const range = { afterMs: startMs, untilMs: startMs + YEAR_MS };
        hash.add(ticks.count(range));
        for (const { local, tickMs } of ticks.anomalies({ ...range, limit: 10 })) {
          hash.add(local);
          hash.add(tickMs);
        }
      }
    }
  return hash.text();
}

function offsetsHash(timezone: string): string {
  const hash = new Fnv();
  const table = offsetTable(timezone, PRESENT.tables);
  hash.add(table.offsetMs(0));
  for (const { atMs, afterMs } of table.changes) hash.add(`${atMs} ${afterMs}`);
  return hash.text();
}

function faultOf(timezone: string): string | null {
  for (const change of changesOf(timezone, PRESENT).slice(0, CHANGES_CHECKED))
    for (const drawn of casesAt(timezone, change, PRESENT)) {
      const fault = differenceOf(drawn, new Dice(1, "corpus"));
      if (fault !== null) return `"${drawn.pattern.cron}": ${fault}`;
    }
  return null;
}

/** FNV-1a of 32 bits, twice, with two beginnings. */
class Fnv {
  #a = 0x811c9dc5;
  #b = 0x9747b28c;

  add(value: string | number | null): void {
    for (const char of `${value};`) {
      const code = char.codePointAt(0) ?? 0;
      this.#a = Math.imul(this.#a ^ code, 0x01000193);
      this.#b = Math.imul(this.#b ^ code, 0x01000193);
    }
  }

  text(): string {
    return [this.#a, this.#b].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
  }
}
