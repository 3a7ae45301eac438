import type { LogLineJson } from "../../api/shapes.ts";
import { plainOf } from "./ansi.ts";

export const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];

/** What a line that was longer than is kept ends with. */
const CUT = " … (cut)";
/** No executor writes this number: it is the line that tells how many were dropped. */
const SEQ_OF_DROPPED = Number.MAX_SAFE_INTEGER;
/** A longer text is no use to an editor, nor to a clipboard. */
const TEXT_CHARS_MAX = 20_000_000;

export function isLevel(text: string): text is Level {
  return LEVELS.some((level) => level === text);
}

/** The lines of a level and of all that matter more, without the one that tells what was dropped. */
export function linesFrom(lines: readonly LogLineJson[], level: Level): readonly LogLineJson[] {
  const wanted: ReadonlySet<string> = new Set(LEVELS.slice(LEVELS.indexOf(level)));
  return lines.filter((line) => line.seq !== SEQ_OF_DROPPED && wanted.has(line.level));
}

/** How many lines a full log has dropped: the server's line of it begins with the number. */
export function droppedOf(lines: readonly LogLineJson[]): number {
  const text = lines.findLast(({ seq }) => seq === SEQ_OF_DROPPED)?.text ?? "";
  return Number(/^\d{1,9}/u.exec(text)?.[0] ?? 0);
}

export function isCut({ text }: LogLineJson): boolean {
  return text.endsWith(CUT);
}

export function keyOfLine({ attempt, seq }: LogLineJson): string {
  return `${attempt}.${seq}`;
}

const plains = new WeakMap<LogLineJson, string>();

/** The text of a line without colours, made once. */
export function plainLine(line: LogLineJson): string {
  const known = plains.get(line);
  if (known !== undefined) return known;
  const plain = plainOf(line.text);
  plains.set(line, plain);
  return plain;
}

/** Where a text is found, whatever its case: places in `lines`. */
export function findIn(lines: readonly LogLineJson[], query: string): readonly number[] {
  const what = query.toLowerCase();
  if (what === "") return [];
  return lines.flatMap((line, at) => (plainLine(line).toLowerCase().includes(what) ? [at] : []));
}

/** Lines as a file: time, attempt, level and text. What is beyond its bound is counted at the end. */
export function textOfLines(lines: readonly LogLineJson[]): string {
  const texts: string[] = [];
  let chars = 0;
  for (const line of lines) {
    const text = `${line.at} #${line.attempt} ${line.level.toUpperCase()} ${plainLine(line)}\n`;
    chars += text.length;
    if (chars > TEXT_CHARS_MAX) break;
    texts.push(text);
  }
  const left = lines.length - texts.length;
  return left === 0 ? texts.join("") : `${texts.join("")}… (${left} more lines)\n`;
}

/** How much text the lines are, such as `1.2 MB`. */
export function sizeText(lines: readonly LogLineJson[]): string {
  let chars = 0;
  for (const { text } of lines) chars += text.length;
  if (chars < 1_000) return `${chars} B`;
  return chars < 1e6 ? `${(chars / 1e3).toFixed(1)} kB` : `${(chars / 1e6).toFixed(1)} MB`;
}
