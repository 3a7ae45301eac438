/**
 * Goal: what the signs of life of many nodes cost, so that a process has its time for jobs.
 * Method: executors with their nodes in one real SQLite file; each node beats every ten seconds of a made-up
 * clock, each beat with a token of its own, evenly spread. Processor time of this process over all beats,
 * stores included, and the share of one core that the beats of one second would take.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { SqlExecutorStorage } from "../../src/adapters/sql-executor-storage.ts";
import { createIds } from "../../src/adapters/uuid-ids.ts";
import { ExecutorKeeper } from "../../src/registry/executor-keeper.ts";
import { anExecutor, KEEPER_T0 } from "../support/a-keeper.ts";

const BEAT_EVERY_MS = 10_000;

export function beats(options: {
  readonly executors: number;
  readonly nodes: number;
  readonly seconds: number;
}): object {
  const { executors, nodes, seconds } = options;
  const folder = mkdtempSync(join(tmpdir(), "tickwheel-bench-"));
  const sql = openNodeSqlite(join(folder, "executors.db"));
  try {
    const keepers = Array.from({ length: executors }, (_, i) => keeperOf(sql, `app-${i}`));
    const all = executors * nodes;
    const round = (fromMs: number): void => {
      for (let i = 0; i < all; i++) {
        const beaten = keepers[i % executors];
        const nowMs = fromMs + Math.floor((i * BEAT_EVERY_MS) / all);
        if (beaten !== undefined) beat(beaten, Math.floor(i / executors), nowMs);
      }
    };
    // Registers them, and warms up.
    for (let i = 0; i < 3; i++) round(KEEPER_T0 + i * BEAT_EVERY_MS);
    const rounds = Math.max(1, Math.round((seconds * 1_000) / BEAT_EVERY_MS));
    const before = process.cpuUsage();
    for (let i = 0; i < rounds; i++) round(KEEPER_T0 + (3 + i) * BEAT_EVERY_MS);
    const used = process.cpuUsage(before);
    const microsPerBeat = (used.user + used.system) / (rounds * all);
    const beatsPerSecond = all / (BEAT_EVERY_MS / 1_000);
    return {
      bench: "beats",
      executors,
      nodes: all,
      beatsPerSecond,
      microsPerBeat: Number(microsPerBeat.toFixed(1)),
      coreShare: Number(((microsPerBeat * beatsPerSecond) / 1e6).toFixed(4)),
      coreShareGoal: 0.03,
    };
  } finally {
    sql.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Beaten {
  readonly keeper: ExecutorKeeper;
  readonly secretId: string;
  tokens: number;
}

function keeperOf(sql: ReturnType<typeof openNodeSqlite>, appKey: string): Beaten {
  const storage = new SqlExecutorStorage(sql, appKey);
  const keeper = new ExecutorKeeper({ appKey, storage, ids: createIds() });
  const at = { nowMs: KEEPER_T0, idempotency: null };
  keeper.wake(KEEPER_T0);
  const executor = anExecutor({ appKey });
  const reply = keeper.command("executor.create", { executor, sealedSecret: "s", nodes: [] }, at);
  if (!reply.ok) throw new Error(reply.refusal.detail);
  return { keeper, secretId: reply.value.executor.secrets[0]?.id ?? "", tokens: 0 };
}

function beat(beaten: Beaten, node: number, nowMs: number): void {
  const jti = `018f2b1c-0000-7000-8000-${String(++beaten.tokens).padStart(12, "0")}`;
  const input = {
    token: { secretId: beaten.secretId, jti, expMs: nowMs + 60_000 },
    address: `http://10.0.0.${node}:8000`,
    weight: 1,
    tags: ["bench"],
    handlers: ["report", "mail"],
    version: "1.0.0",
    concurrency: null,
    inFlight: node % 3,
  };
  const reply = beaten.keeper.command("node.beat", input, { nowMs, idempotency: null });
  if (!reply.ok) throw new Error(reply.refusal.detail);
}
