import { z } from "@hono/zod-openapi";
import { Refusal } from "../core/refusal.ts";
import {
  LOG_LEVELS,
  type LogLevel,
  type LogLine,
  type LogPlace,
  type LogsPage,
} from "../ports/run-logs.ts";
import { instantOut, isoText } from "./wire.ts";

/** No line of an executor has this seq: it is the place of the line that tells what was dropped. */
const SEQ_OF_DROPPED = Number.MAX_SAFE_INTEGER;
const PLACE = /^(\d{1,9})\.(\d{1,16})$/;

export const logLineOut = z
  .object({
    at: instantOut,
    level: z.enum(LOG_LEVELS),
    text: z.string(),
    attempt: z.number(),
    seq: z.number(),
  })
  .openapi("LogLine");

export type LogLineJson = z.infer<typeof logLineOut>;

export function logLineJson({ atMs, level, text, attempt, seq }: LogLine): LogLineJson {
  return { at: isoText(atMs), level, text, attempt, seq };
}

/** A line's place as the text that a caller hands back to go on behind it. */
export function placeText({ attempt, seq }: LogPlace): string {
  return `${attempt}.${seq}`;
}

/** The place in such a text; null for the beginning. Throws `cursor.invalid`. */
export function placeOf(text: string | undefined): LogPlace | null {
  if (text === undefined) return null;
  const [, attempt, seq] = PLACE.exec(text) ?? [];
  const place = { attempt: Number(attempt), seq: Number(seq) };
  if (Number.isSafeInteger(place.attempt) && Number.isSafeInteger(place.seq)) return place;
  throw new Refusal("cursor.invalid", "This is no place in a log.", {
    errors: [{ pointer: "/query/after", message: "Not of the form ATTEMPT.SEQ, such as 1.42." }],
  });
}

/** The level and all that matter more. */
export function levelsFrom(level: LogLevel | undefined): readonly LogLevel[] {
  return level === undefined ? LOG_LEVELS : LOG_LEVELS.slice(LOG_LEVELS.indexOf(level));
}

/**
 * The line that stands for those that a full log has dropped, at the end of the log; null when none were, or
 * it was told before. `last` is the last place that was told.
 */
export function droppedLine(
  { dropped }: LogsPage,
  at: { readonly last: LogPlace | null; readonly nowMs: number },
): LogLine | null {
  if (dropped === 0 || at.last?.seq === SEQ_OF_DROPPED) return null;
  const text = `${dropped} more lines were dropped: the log of a run is full at 10,000.`;
  const attempt = at.last?.attempt ?? 1;
  return { attempt, seq: SEQ_OF_DROPPED, atMs: at.nowMs, level: "warn", text };
}
