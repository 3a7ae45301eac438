import { describe, expect, it } from "vitest";
import {
  addressGroup,
  admitLogin,
  forgiveLogin,
  LOGIN_QUIET_MS,
  LOGIN_RULES,
  loginBucketsOf,
  type LoginBucket,
} from "../../src/core/login-limits.ts";

const STRANGER = { account: "grace", address: "192.0.2.1", device: null } as const;
const START_MS = Date.UTC(2026, 10, 21);

const buckets = (): Map<string, LoginBucket> => new Map();

/** Tries as often as it may for so long, and says when it was let in. */
function admittedMs(
  held: Map<string, LoginBucket>,
  tried: Parameters<typeof loginBucketsOf>[0],
  forMs: number,
): readonly number[] {
  const admitted: number[] = [];
  for (let nowMs = START_MS; nowMs < START_MS + forMs; nowMs += 100)
    if (admitLogin(held, loginBucketsOf(tried), nowMs) === 0) admitted.push(nowMs - START_MS);
  return admitted;
}

const inAnyMinute = (times: readonly number[]): number =>
  Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 60_000).length));

describe("tries to log in", () => {
  it("wait longer and longer from one place, and never longer than a minute", () => {
    const times = admittedMs(buckets(), STRANGER, 3_600_000);
    const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0));

    expect(times.slice(0, 5)).toEqual([0, 100, 200, 300, 400]);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(60_000);
    expect(gaps.slice(5, 9).every((gap, i) => gap >= (gaps[4 + i] ?? 0))).toBe(true);
    expect(gaps.at(-1)).toBe(60_000);
  });

  it("at one account from everywhere are at most twenty in any minute", () => {
    const held = buckets();
    const times: number[] = [];
    for (let i = 0; i < 36_000; i++) {
      const address = `10.${i % 7}.${i % 251}.${i % 241}`;
      const nowMs = START_MS + i * 100;
      if (admitLogin(held, loginBucketsOf({ ...STRANGER, address }), nowMs) === 0)
        times.push(nowMs);
    }

    expect(inAnyMinute(times)).toBeLessThanOrEqual(20);
    // Whoever comes by chance gets in within seconds.
    const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(6_000);
  });

  it("from a browser that was there before count by themselves", () => {
    const held = buckets();
    admittedMs(held, STRANGER, 60_000);
    const known = { ...STRANGER, device: "d1" };

    expect(admitLogin(held, loginBucketsOf(known), START_MS + 60_000)).toBe(0);
    const times = admittedMs(buckets(), known, 600_000);
    expect(inAnyMinute(times)).toBeLessThanOrEqual(LOGIN_RULES.device.perMinute);
  });

  it("that were right free the account and not the address, nor what was hashed already", () => {
    const held = buckets();
    const refs = loginBucketsOf(STRANGER);
    for (let i = 0; i < 8; i++) admitLogin(held, refs, START_MS + i * 60_000);
    forgiveLogin(held, refs);

    expect(held.get("pair grace 192.0.2.1")).toMatchObject({ tries: 0, nextMs: 0 });
    expect(held.get("account grace")?.startedMs).toHaveLength(1);
    expect(held.get("address 192.0.2.1")?.tries).toBe(8);
  });

  it("are forgotten after a quiet quarter of an hour", () => {
    const held = buckets();
    admittedMs(held, STRANGER, 600_000);
    const laterMs = START_MS + 600_000 + LOGIN_QUIET_MS + 60_001;

    const times = [0, 1, 2, 3, 4].map((i) =>
      admitLogin(held, loginBucketsOf(STRANGER), laterMs + i),
    );

    expect(times).toEqual([0, 0, 0, 0, 0]);
  });

  it("do not wait for a clock that stepped back", () => {
    const held = buckets();
    admittedMs(held, STRANGER, 600_000);

    expect(admitLogin(held, loginBucketsOf(STRANGER), START_MS - 86_400_000)).toBe(0);
  });

  it("wait no longer than a minute after a clock that stepped back a little", () => {
    const held = buckets();
    const times = admittedMs(held, STRANGER, 600_000);
    const lastMs = START_MS + (times.at(-1) ?? 0);
    const backMs = lastMs - 10 * 60_000;
    const again = [0, 61_000].map((ms) => admitLogin(held, loginBucketsOf(STRANGER), backMs + ms));

    expect(Math.min(...again)).toBe(0);
  });

  it("remember no more than they must", () => {
    const held = buckets();
    admittedMs(held, STRANGER, 3_600_000);

    for (const { startedMs } of held.values()) expect(startedMs.length).toBeLessThanOrEqual(30);
  });
});

describe("the network of an address", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:0DB8:0001:2::9", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["unknown", "unknown"],
  ])("of %s is %s", (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});
