import type { Words } from "./schedule-words.ts";
import { localText, type Zone } from "./zone.ts";

/** RFC 3339 UTC with milliseconds. */
export function utcText(atMs: number): string {
  return new Date(atMs).toISOString();
}

/**
 * An instant for people: the wall time of a zone and the instant in UTC. It is the same text in every
 * language.
 */
export function whenText(zone: Zone, atMs: number): string {
  if (zone.name === "UTC") return utcText(atMs);
  const [wall] = localText(zone, atMs).split(/(?=[+-]\d\d:\d\d$)/);
  return `${(wall ?? "").replace("T", " ")} ${zone.name} (${utcText(atMs)})`;
}

const UNITS = [
  { ms: 86_400_000, en: "d", zh: "天" },
  { ms: 3_600_000, en: "h", zh: "小时" },
  { ms: 60_000, en: "min", zh: "分" },
  { ms: 1_000, en: "s", zh: "秒" },
  { ms: 1, en: "ms", zh: "毫秒" },
] as const;

/** A length of time for people, in its two largest units: `2 h 5 min`, `750 ms`. */
export function spanWords(ms: number): Words {
  const first = UNITS.findIndex((unit) => ms >= unit.ms);
  if (first === -1) return { en: "0 ms", zh: "0 毫秒" };
  const en: string[] = [];
  const zh: string[] = [];
  let left = ms;
  for (const unit of UNITS.slice(first, first + 2)) {
    const count = Math.floor(left / unit.ms);
    left -= count * unit.ms;
    if (count === 0) continue;
    en.push(`${count} ${unit.en}`);
    zh.push(`${count} ${unit.zh}`);
  }
  return { en: en.join(" "), zh: zh.join(" ") };
}

/** Sentences one after the other; those that are null say nothing. */
export function sentences(parts: readonly (Words | null)[]): Words {
  const said = parts.filter((part) => part !== null);
  return {
    en: said.map(({ en }) => en).join(" "),
    zh: said.map(({ zh }) => zh).join(""),
  };
}
