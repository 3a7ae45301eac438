import { createRoute, z } from "@hono/zod-openapi";
import { BoundedMap } from "../core/bounded-map.ts";
import { instantMs } from "../core/instant.ts";
import { Refusal } from "../core/refusal.ts";
import { LOG_LEVELS, RUN_LOG_LIMITS, type LogBatch } from "../ports/run-logs.ts";
import type { Api, ApiDeps, ExecCaller } from "./api-deps.ts";
import { execCallerOf, useToken } from "./exec-caller.ts";
import { LineBudget } from "./line-budget.ts";
import { BASE_PATH } from "./routes.ts";
import type { RunStore } from "./run-store.ts";
import { unlessRefused } from "./shard-call.ts";
import { instant, jsonAnswer, jsonBody, problemAnswers } from "./wire.ts";

const RUNS_REMEMBERED_MAX = 10_000;
const CUT = " … (cut)";

const logsBody = z
  .strictObject({
    run: z.string().min(1).max(64),
    attempt: z.int().min(1),
    lines: z
      .array(
        z.strictObject({
          at: instant,
          level: z.enum(LOG_LEVELS).default("info"),
          text: z.string().openapi({ description: "Beyond 8 KiB it is cut, and says so." }),
          seq: z
            .int()
            .min(0)
            // The greatest stands for the line that tells what was dropped.
            .max(Number.MAX_SAFE_INTEGER - 1)
            .openapi({
              description: "Counts up within an attempt: a line that comes again is known by it.",
            }),
        }),
      )
      .min(1)
      .max(RUN_LOG_LIMITS.linesPerBatchMax),
  })
  .openapi("LogsBody");

type LogsBody = z.infer<typeof logsBody>;

const addLogs = createRoute({
  method: "post",
  path: `${BASE_PATH}/executor/logs`,
  summary: "Lines that a handler wrote, for the log of its run",
  description:
    "Authorization is a token that the executor signed for this very call. A run keeps 10,000 lines.",
  request: { body: jsonBody(logsBody) },
  responses: {
    200: jsonAnswer(
      "Taken.",
      z
        .object({
          stored: z.number(),
          duplicates: z.number(),
          dropped: z.number().openapi({ description: "The run's log is full." }),
        })
        .openapi("LogsKept"),
    ),
    ...problemAnswers,
  },
});

/** The way of an executor's lines into the records. */
export function addLogIntake(api: Api, deps: ApiDeps, runs: RunStore): void {
  const budget = new LineBudget();
  const owners = new RunOwners(runs);
  api.openapi(addLogs, async (c) => {
    const caller = execCallerOf(c);
    const { run, attempt, lines } = c.req.valid("json");
    const nowMs = c.get("nowMs");
    const waitMs = budget.take(caller.appKey, lines.length, nowMs);
    if (waitMs > 0)
      throw new Refusal("rate.limited", "More than 3,000 lines a second of this executor.", {
        retryAfterMs: waitMs,
      });
    await useToken(deps.executors, caller);
    await owners.check(caller, { run, attempt });
    const kept = await deps.logs.add({ run, attempt, lines: lines.map(keptLine), nowMs });
    return c.json(kept, 200);
  });
}

function keptLine({ at, level, text, seq }: LogsBody["lines"][number]): LogBatch["lines"][number] {
  return { seq, level, text: cutText(text), atMs: instantMs(at) ?? 0 };
}

/** At most so many bytes of UTF-8, cut between two characters. */
export function cutText(text: string): string {
  const { lineBytesMax } = RUN_LOG_LIMITS;
  // No character takes more than three bytes for each of its two-byte units.
  if (text.length * 3 <= lineBytesMax) return text;
  const encoder = new TextEncoder();
  if (encoder.encode(text).length <= lineBytesMax) return text;
  const room = new Uint8Array(lineBytesMax - encoder.encode(CUT).length);
  const { read } = encoder.encodeInto(text, room);
  return `${text.slice(0, read)}${CUT}`;
}

/** Whose run it is, asked of the shard once and then remembered: a handler writes many lines. */
class RunOwners {
  readonly #runs: RunStore;
  /** The newest attempt that was seen. */
  readonly #attempts = new BoundedMap<string, number>(RUNS_REMEMBERED_MAX);

  constructor(runs: RunStore) {
    this.#runs = runs;
  }

  /** Throws `run.unknown` for a run of somebody else, and `request.invalid` for an attempt that never was. */
  async check(
    { namespace, appKey }: ExecCaller,
    { run: runId, attempt }: { readonly run: string; readonly attempt: number },
  ): Promise<void> {
    const key = `${namespace} ${appKey} ${runId}`;
    if (attempt <= (this.#attempts.get(key) ?? 0)) return;
    const run = await unlessRefused(["run.unknown"], this.#runs.get(namespace, runId));
    const target = run?.order.target;
    if (run === null || target?.kind !== "executor" || target.executor !== appKey)
      throw new Refusal("run.unknown", `There is no run ${runId} of this executor.`);
    if (attempt > run.phase.attempt)
      throw new Refusal("request.invalid", `Run ${runId} has had no attempt ${attempt} yet.`, {
        errors: [{ pointer: "/attempt", message: `Not between 1 and ${run.phase.attempt}.` }],
      });
    this.#attempts.set(key, run.phase.attempt);
  }
}
