import { expect, test } from "vitest";
import {
  afterFailure,
  afterReturn,
  afterReturnOfNode,
  afterSend,
  afterSuccess,
  BREAKER_LIMITS,
  BREAKER_START,
  mayPass,
  opensAtMs,
  type Breaker,
} from "../../src/core/breaker.ts";

const NOW_MS = 1_000_000;
const { failuresMax, pauseMsMin, pauseMsMax } = BREAKER_LIMITS;

function failing(times: number, from: Breaker = BREAKER_START): Breaker {
  let breaker = from;
  for (let i = 0; i < times; i++) breaker = afterFailure(breaker, NOW_MS);
  return breaker;
}

test("five failures in a row shut it for ten seconds, four do not", () => {
  expect(mayPass(failing(failuresMax - 1), NOW_MS)).toBe(true);

  const shut = failing(failuresMax);

  expect(mayPass(shut, NOW_MS + pauseMsMin - 1)).toBe(false);
  expect(opensAtMs(shut, NOW_MS)).toBe(NOW_MS + pauseMsMin);
  expect(mayPass(shut, NOW_MS + pauseMsMin)).toBe(true);
});

test("a success between failures starts the count again", () => {
  const breaker = failing(1, afterSuccess(failing(failuresMax - 1)));

  expect(breaker).toEqual({ kind: "passing", failures: 1 });
});

test("after the pause one probe goes through at a time", () => {
  const atMs = NOW_MS + pauseMsMin;

  const probed = afterSend(failing(failuresMax));

  expect(mayPass(probed, atMs)).toBe(false);
  expect(opensAtMs(probed, atMs)).toBeNull();
  expect(mayPass(afterReturn(probed), atMs)).toBe(true);
  expect(afterSuccess(probed)).toEqual(BREAKER_START);
});

test("each failed probe doubles the pause, up to five minutes", () => {
  let [breaker, atMs] = [failing(failuresMax), NOW_MS];
  const pausesMs: number[] = [];
  for (let i = 0; i < 7; i++) {
    const opensMs = opensAtMs(breaker, atMs) ?? Number.NaN;
    pausesMs.push(opensMs - atMs);
    atMs = opensMs;
    breaker = afterFailure(afterSend(breaker), atMs);
  }

  expect(pausesMs).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, pauseMsMax, pauseMsMax]);
});

test("failures of what was sent before it shut do not make the pause longer", () => {
  expect(failing(failuresMax + 20)).toEqual(failing(failuresMax));
});

test("a node that came back is probed at once, and its earlier failures are forgotten", () => {
  expect(mayPass(afterReturnOfNode(failing(failuresMax), NOW_MS + 1), NOW_MS + 1)).toBe(true);
  expect(afterReturnOfNode(failing(3), NOW_MS)).toEqual(BREAKER_START);
});

test("a clock that steps back does not lengthen the pause", () => {
  expect(mayPass(failing(failuresMax), NOW_MS - 3_600_000)).toBe(true);
});
