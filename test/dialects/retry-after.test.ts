import { expect, it } from "vitest";
import { RETRY_AFTER_MS_MAX, retryAfterMs } from "../../src/dialects/retry-after.ts";

const NOW_MS = Date.UTC(2026, 10, 21, 2);

it.each([
  ["0", 0],
  ["120", 120_000],
  [" 120 ", 120_000],
  ["86400", RETRY_AFTER_MS_MAX],
  ["99999999", RETRY_AFTER_MS_MAX],
  ["Sat, 21 Nov 2026 02:00:30 GMT", 30_000],
  ["Saturday, 21-Nov-26 02:00:30 GMT", 30_000],
  ["Sat Nov 21 02:00:30 2026", 30_000],
  ["Fri, 20 Nov 2026 02:00:30 GMT", 0],
  ["Wed, 21 Nov 2029 02:00:30 GMT", RETRY_AFTER_MS_MAX],
])("%s asks for %i ms", (text, expected) => {
  expect(retryAfterMs(text, NOW_MS)).toBe(expected);
});

it.each([
  undefined,
  "",
  "-1",
  "1.5",
  "1e9",
  "soon",
  "2026-11-21T02:00:30Z",
  "Sat, 21 Nov 2026 02:00:30 CET",
  "Sat, 99 Nov 2026 02:00:30 GMT",
  "99999999999999999999",
])("%j asks for nothing", (text) => {
  expect(retryAfterMs(text, NOW_MS)).toBeNull();
});
