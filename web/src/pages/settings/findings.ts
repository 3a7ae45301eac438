import type { AboutJson } from "../../api/shapes.ts";
import { spanText } from "../../kit/time.tsx";
import type { LiveState } from "../../live/live-connection.ts";

/** From here on something is not as it should be. */
const LIMITS = { lagMs: 5_000, outboxRows: 1_000, recordsMs: 500, clockMs: 2_000 } as const;
const STALLED_MS = 30_000;
const OWN_HOSTS: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** How far the clock of the server is ahead of this browser's, and how exactly that is known. */
export interface ClockDifference {
  readonly aheadMs: number;
  readonly withinMs: number;
}

/** One thing that is not as it should be; its text is `key`, and what to do about it `keyDo`. */
export interface Finding {
  readonly key:
    | "shardAway"
    | "shardUnarmed"
    | "shardLate"
    | "shardOutbox"
    | "recordsAway"
    | "recordsSlow"
    | "clockOff"
    | "notLive"
    | "plainHttp";
  readonly isError: boolean;
  readonly values: Readonly<Record<string, string | number>>;
}

export interface Seen {
  readonly about: AboutJson;
  readonly clock: ClockDifference;
  /** Null for who is limited to some executors, and gets no live rows. */
  readonly live: LiveState | null;
  readonly page: { readonly protocol: string; readonly hostname: string };
}

/** What is not as it should be, the worst first. */
export function findingsOf({ about, clock, live, page }: Seen): readonly Finding[] {
  const found = [
    ...recordsFindings(about.records),
    ...about.shards.flatMap(shardFindings),
    ...clockFindings(clock),
    ...(live === "polling" ? [warning("notLive")] : []),
    ...(page.protocol === "http:" && !OWN_HOSTS.has(page.hostname) ? [warning("plainHttp")] : []),
  ];
  return found.toSorted((a, b) => Number(b.isError) - Number(a.isError));
}

function recordsFindings({ isReachable, latencyMs }: AboutJson["records"]): readonly Finding[] {
  if (!isReachable) return [error("recordsAway")];
  const isSlow = latencyMs !== null && latencyMs > LIMITS.recordsMs;
  return isSlow ? [warning("recordsSlow", { time: spanText(latencyMs) })] : [];
}

function shardFindings(one: AboutJson["shards"][number]): readonly Finding[] {
  const { shard, lagMs, outbox } = one;
  if (!one.isAnswering) return [error("shardAway", { shard })];
  const late = { ...warning("shardLate", { shard, lag: spanText(lagMs) }) };
  return [
    ...(one.isArmed ? [] : [error("shardUnarmed", { shard })]),
    ...(lagMs > LIMITS.lagMs ? [{ ...late, isError: lagMs > STALLED_MS }] : []),
    ...(outbox > LIMITS.outboxRows ? [warning("shardOutbox", { shard, count: outbox })] : []),
  ];
}

function clockFindings({ aheadMs, withinMs }: ClockDifference): readonly Finding[] {
  const surelyMs = Math.abs(aheadMs) - withinMs;
  return surelyMs > LIMITS.clockMs ? [warning("clockOff", { time: spanText(surelyMs) })] : [];
}

function error(key: Finding["key"], values: Finding["values"] = {}): Finding {
  return { key, isError: true, values };
}

function warning(key: Finding["key"], values: Finding["values"] = {}): Finding {
  return { key, isError: false, values };
}
