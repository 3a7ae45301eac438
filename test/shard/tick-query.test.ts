import { beforeEach, describe, expect, test } from "vitest";
import { MINUTE, REF, T0, TestShard } from "../support/a-shard.ts";

let shard: TestShard;

beforeEach(() => {
  shard = new TestShard();
});

function tickAt(nominalMs: number) {
  return shard.do("tick.get", { ref: REF, nominalMs });
}

describe("a tick that the shard is asked for", () => {
  test("is its run, while the shard holds it", () => {
    shard.put();
    shard.tickAt(T0 + MINUTE);

    const found = tickAt(T0 + MINUTE);

    expect(found).toMatchObject({ tick: null, cursorMs: T0 + MINUTE });
    expect(found.run).toMatchObject({ nominalMs: T0 + MINUTE, trigger: { kind: "tick" } });
  });

  test("is the row of a range around it", () => {
    shard.put({ misfire: { policy: "skip", grace: "5s", maxAge: "1h", maxCatchup: 10 } });
    shard.tickAt(T0 + 10.5 * MINUTE);

    expect(tickAt(T0 + 4 * MINUTE)).toMatchObject({
      run: null,
      tick: { nominalMs: T0 + MINUTE, toMs: T0 + 10 * MINUTE, count: 10, reason: "misfire" },
    });
  });

  test("is found among thousands of rows that the records do not have", () => {
    shard.put();
    for (let minute = 1; minute <= 2_500; minute++) shard.tickAt(T0 + minute * MINUTE);

    const nominalMs = T0 + 2_400 * MINUTE;

    expect(tickAt(nominalMs).tick).toMatchObject({ nominalMs, reason: "overlap" });
  });

  test("is nothing once it has left for the records, and before its time", () => {
    shard.put();
    shard.tickAt(T0 + MINUTE);
    shard.tickAt(T0 + 2 * MINUTE);
    shard.flush();

    expect(tickAt(T0 + 2 * MINUTE)).toMatchObject({ run: null, tick: null });
    expect(tickAt(T0 + 3 * MINUTE)).toMatchObject({ run: null, tick: null });
  });

  test("of an unknown job is refused", () => {
    expect(shard.refusal("tick.get", { ref: REF, nominalMs: T0 })).toBe("job.unknown");
  });
});

describe("the next ticks of a job", () => {
  test("are five, from the next one on", () => {
    shard.put();

    const { view, nextTicksMs } = shard.do("job.get", { ref: REF });

    expect(nextTicksMs[0]).toBe(view.nextTickMs);
    expect(nextTicksMs.map((ms) => (ms - T0) / MINUTE)).toEqual([1, 2, 3, 4, 5]);
  });

  test("are none for a job that is paused", () => {
    shard.put();
    shard.do("job.pause", { ref: REF, untilMs: null, reason: null });

    expect(shard.do("job.get", { ref: REF }).nextTicksMs).toEqual([]);
  });
});
