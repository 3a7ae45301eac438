import { expect, test } from "vitest";
import { ObjectAlarm } from "../../workers/object-alarm.ts";

/** An alarm on a platform that only takes notes, at a time that stands still until it is moved. */
function anAlarm() {
  const platform = { nowMs: 1_000_000, set: [] as number[], timers: [] as number[], woken: 0 };
  const alarm = new ObjectAlarm({
    clock: { nowMs: () => platform.nowMs },
    timers: {
      after: (ms) => {
        platform.timers.push(ms);
        return () => platform.timers.pop();
      },
    },
    setAlarm: async (atMs) => void platform.set.push(atMs),
    wake: () => platform.woken++,
    onFailure: () => {},
  });
  return { alarm, platform };
}

test("a wish is armed, and wishing it again writes nothing", () => {
  const { alarm, platform } = anAlarm();

  alarm.set(1_060_000);
  alarm.set(1_060_000);

  expect(platform.set).toEqual([1_060_000]);
  expect(alarm.armedMs).toBe(1_060_000);
});

test("a later wish leaves an earlier alarm alone, and is armed when that has gone off", () => {
  const { alarm, platform } = anAlarm();
  alarm.set(1_060_000);

  alarm.set(1_090_000);
  const written = platform.set.length;
  platform.nowMs = 1_060_000;
  alarm.fired();
  alarm.rearm();

  expect(written).toBe(1);
  expect(platform.set).toEqual([1_060_000, 1_090_000]);
});

test("an earlier wish replaces a later alarm", () => {
  const { alarm, platform } = anAlarm();
  alarm.set(1_060_000);

  alarm.set(1_030_000);

  expect(platform.set).toEqual([1_060_000, 1_030_000]);
});

test("an alarm whose time has passed counts as none", () => {
  const { alarm, platform } = anAlarm();
  alarm.found(999_000);
  expect(alarm.armedMs).toBeNull();

  alarm.set(1_060_000);

  expect(platform.set).toEqual([1_060_000]);
});

test("an alarm is never set for now or earlier", () => {
  const { alarm, platform } = anAlarm();

  alarm.set(5);

  expect(Math.min(...platform.set)).toBeGreaterThan(platform.nowMs);
});

test("a near wish is served by a timer, with one alarm behind several of them", () => {
  const { alarm, platform } = anAlarm();

  alarm.set(1_000_300);
  alarm.set(1_000_200);
  platform.nowMs = 1_000_200;
  alarm.set(1_000_900);

  expect(platform.timers).toEqual([700]);
  expect(platform.set).toHaveLength(1);
});

test("an alarm that the platform refused is armed with the next wish", async () => {
  const set: number[] = [];
  const failures: unknown[] = [];
  const alarm = new ObjectAlarm({
    clock: { nowMs: () => 1_000 },
    timers: { after: () => () => {} },
    setAlarm: async (atMs) => {
      set.push(atMs);
      if (set.length === 1) throw new Error("storage is away");
    },
    wake: () => {},
    onFailure: (error) => failures.push(error),
  });

  alarm.set(60_000);
  await Promise.resolve();
  await Promise.resolve();
  alarm.rearm();

  expect(failures).toHaveLength(1);
  expect(set).toEqual([60_000, 60_000]);
});

test("a wish that need not outlive the object writes nothing", () => {
  const { alarm, platform } = anAlarm();

  alarm.set(1_015_000, 1_300_000);
  alarm.set(1_015_000, null);

  expect(platform.set).toEqual([1_300_000]);
});
