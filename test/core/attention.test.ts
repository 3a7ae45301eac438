import { expect, test } from "vitest";
import {
  ATTENTION_LIMITS,
  streakOf,
  worstFirst,
  type Attention,
} from "../../src/core/attention.ts";
import { quantile } from "../../src/core/quantile.ts";
import type { RunState } from "../../src/core/run.ts";

const streak = (...states: readonly RunState[]) =>
  streakOf(states.map((state, i) => ({ state, createdMs: 100 - i })));

test("a row of failures goes back to the last success", () => {
  expect(streak("failed", "lost", "timed_out", "succeeded", "failed")).toEqual({
    count: 3,
    sinceMs: 98,
  });
  expect(streak("failed", "failed")).toEqual({ count: 2, sinceMs: 99 });
});

test("runs that are under way and canceled ones say nothing of it", () => {
  expect(streak("running", "canceled", "failed", "canceled", "succeeded")).toEqual({
    count: 1,
    sinceMs: 98,
  });
  expect(streak("running", "succeeded", "failed")).toBeNull();
  expect(streak("waiting", "canceled")).toBeNull();
  expect(streak()).toBeNull();
});

test("the worst comes first: errors, then by kind, then the greater count, then the older", () => {
  const items: readonly (Attention & { readonly name: string })[] = [
    { name: "e", kind: "approval_waiting", severity: "warning", count: 9, sinceMs: 1 },
    { name: "d", kind: "job_failing", severity: "error", count: 1, sinceMs: 5 },
    { name: "c", kind: "job_failing", severity: "error", count: 1, sinceMs: 2 },
    { name: "b", kind: "job_failing", severity: "error", count: 4, sinceMs: 9 },
    { name: "a", kind: "scheduler", severity: "error", count: 1, sinceMs: 9 },
  ];

  expect(worstFirst(items).map(({ name }) => name)).toEqual(["a", "b", "c", "d", "e"]);
});

test("no more than fifty things are named", () => {
  const one: Attention = { kind: "job_failing", severity: "error", count: 1, sinceMs: 1 };

  expect(worstFirst(Array.from({ length: 60 }, () => one))).toHaveLength(ATTENTION_LIMITS.itemsMax);
});

test.each([
  [[], 0.5, null],
  [[7], 0.5, 7],
  [[3, 1, 2], 0.5, 2],
  [[4, 1, 3, 2], 0.5, 2],
  [[5, 1, 2, 3, 4], 0.95, 5],
  [[2, 1], 1, 2],
])("of %j, the share %d is not above %s", (values, share, expected) => {
  expect(quantile(values, share)).toBe(expected);
});
