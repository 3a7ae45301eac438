import { expect, test } from "vitest";
import type { Answer } from "../../src/core/answer.ts";
import type { NodeReport } from "../../src/ports/executor-commands.ts";
import type { Answered } from "../../src/ports/dispatcher.ts";
import { failedAnswer, OK } from "../support/a-run.ts";
import { aNode } from "../support/executor-shard.ts";
import { N1, N2, RoutedShard } from "../support/routed-shard.ts";

const UNREACHABLE: Answer = failedAnswer({
  delivered: false,
  error: { message: "Connection refused.", code: "unreachable" },
});

/** One delivery goes out and is answered so; what is then told of nodes. */
function answered(
  world: RoutedShard,
  answer: Answer,
  more: Partial<Answered> = {},
): readonly NodeReport[] {
  world.makeRuns(1);
  for (const delivery of world.out()) world.say(delivery, answer, more);
  return told(world);
}

function told(world: RoutedShard): readonly NodeReport[] {
  return world.shard.takeReports(world.nowMs).flatMap(({ reports }) => reports);
}

function aWorld(): RoutedShard {
  const world = new RoutedShard([aNode(1)]);
  expect(answered(world, OK)).toHaveLength(1); // The first count is told at once.
  return world;
}

test.each([
  ["could not be reached", UNREACHABLE, { status: null }],
  ["did not answer in time", { kind: "timed_out" }, {}],
  ["cut the connection", { kind: "unknown", error: { message: "cut", code: "cut" } }, {}],
  ["is behind a gateway that does not reach it", failedAnswer(), { status: 502 }],
  ["is not available, and does not say until when", failedAnswer(), { status: 503 }],
] as const)("a node that %s is told of at once", (_, answer, more) => {
  const world = aWorld();

  const reports = answered(world, answer, more);

  expect(reports).toEqual([{ address: N1, succeeded: 0, failed: 1, suspectMs: world.nowMs }]);
});

test.each([
  ["accepted the run", { kind: "accepted" }, {}],
  ["asked for patience", failedAnswer({ retryAfterMs: 1_000 }), { status: 429 }],
  ["refused the run", failedAnswer(), { status: 404 }],
  ["asked for patience, being full", failedAnswer({ retryAfterMs: 1_000 }), { status: 503 }],
  ["has a handler that failed", failedAnswer(), { status: 500 }],
] as const)("a node that %s is alive", (_, answer, more) => {
  const world = aWorld();
  expect(answered(world, answer, more)).toEqual([]);

  world.nowMs = world.shard.nextReportMs(world.nowMs) ?? 0;

  const failed = "status" in more && more.status >= 500 ? 1 : 0;
  expect(told(world)).toEqual([{ address: N1, succeeded: 1 - failed, failed, suspectMs: null }]);
});

test("counts are told ten seconds after the last ones at the earliest, together", () => {
  const world = aWorld();
  const firstMs = world.nowMs;
  for (let i = 0; i < 3; i++) expect(answered(world, OK)).toEqual([]);

  expect(world.shard.nextReportMs(world.nowMs)).toBe(firstMs + 10_000);
  world.nowMs = firstMs + 10_000;

  expect(told(world)).toEqual([{ address: N1, succeeded: 3, failed: 0, suspectMs: null }]);
  expect(world.shard.nextReportMs(world.nowMs)).toBeUndefined();
});

test("a node that fails again while it is suspect is only counted", () => {
  const world = aWorld();
  expect(answered(world, { kind: "timed_out" })).toHaveLength(1);

  expect(answered(world, { kind: "timed_out" })).toEqual([]);
});

test("nodes that could not be reached before the one that answered are told of", () => {
  const world = new RoutedShard([aNode(1), aNode(2)]);

  const reports = answered(world, OK, { node: N2, unreached: [N1] });

  expect(reports).toEqual([
    { address: N1, succeeded: 0, failed: 1, suspectMs: world.nowMs },
    { address: N2, succeeded: 1, failed: 0, suspectMs: null },
  ]);
});

test("what we refused to send, or broke off ourselves, is not the node's fault", () => {
  const world = aWorld();
  const refused = { message: "The address is private.", code: "refused" };
  expect(
    answered(world, failedAnswer({ delivered: false, error: refused }), { status: null }),
  ).toEqual([]);

  const [run] = world.makeRuns(1);
  const [delivery] = world.out();
  world.do("run.cancel", { ref: { namespace: "default", run: run?.id ?? "" }, reason: null });
  if (delivery !== undefined)
    world.say(delivery, { kind: "unknown", error: { message: "cut", code: "cut" } });

  expect(told(world)).toEqual([]);
  expect(world.shard.nextReportMs(world.nowMs)).toBeUndefined();
});

test("what a transaction that failed has noticed is told once, after it has been done again", () => {
  const world = aWorld();
  world.makeRuns(1);
  const [delivery] = world.out();
  expect(() =>
    world.shard.group(world.nowMs, () => {
      if (delivery !== undefined) world.say(delivery, { kind: "timed_out" });
      throw new Error("The disk is full.");
    }),
  ).toThrow("disk");
  expect(told(world)).toEqual([]);

  world.nowMs += 10_000;
  if (delivery !== undefined) world.say(delivery, { kind: "timed_out" });

  expect(told(world)).toMatchObject([{ address: N1, failed: 1 }]);
});
