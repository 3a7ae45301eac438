import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { Refusal } from "../core/refusal.ts";
import { isEnded, type Run } from "../core/run.ts";
import type { LogLevel, LogLine, LogPlace, LogsPage } from "../ports/run-logs.ts";
import type { ApiDeps, ApiEnv } from "./api-deps.ts";
import { droppedLine, logLineJson, placeText } from "./log-json.ts";
import { unlessRefused } from "./shard-call.ts";

const FOLLOW_LIMITS = {
  /** In this process: each asks the records once a second. */
  followersMax: 100,
  msMax: 300_000,
  /** A line that says nothing, so that nobody between takes the connection for dead. */
  silenceMsMax: 15_000,
  linesAtOnce: 200,
  /** An executor's last lines may come this long after the end of the run. */
  lateMs: 2_000,
  pollMs: 1_000,
  /** After lines more of them are likely. */
  pollSoonMs: 200,
} as const;

/** What somebody follows, and from where on. */
interface Followed {
  readonly run: Pick<Run, "id" | "namespace">;
  readonly after: LogPlace | null;
  readonly levels: readonly LogLevel[];
}

type LogDeps = Pick<ApiDeps, "clock" | "log" | "logs" | "records">;

/**
 * Tells lines while they come, as server-sent events. It asks the records again and again: lines may come
 * in through any process or isolate, and the records are the one place where they all meet. A stream that a
 * Durable Object fed would keep that object awake, and be paid for, as long as anybody has a page open.
 */
export class LogFollowers {
  readonly #deps: LogDeps;
  #count = 0;

  constructor(deps: LogDeps) {
    this.#deps = deps;
  }

  /** Throws `rate.limited` when as many follow as may. */
  follow(c: Context<ApiEnv>, followed: Followed): Response {
    if (this.#count >= FOLLOW_LIMITS.followersMax)
      throw new Refusal("rate.limited", "As many logs are followed here as may be.", {
        hint: "Ask for pages, or try again in a moment.",
        retryAfterMs: 10_000,
      });
    this.#count += 1;
    c.header("X-Accel-Buffering", "no");
    return streamSSE(c, async (stream) => {
      try {
        await new Follower(this.#deps, stream, followed).tell();
      } catch (error) {
        this.#deps.log.write({
          level: "error",
          event: "follow.failed",
          fields: { requestId: c.get("requestId"), message: String(error) },
        });
      } finally {
        this.#count -= 1;
      }
    });
  }
}

/** One reader and how far it is. */
class Follower {
  readonly #deps: LogDeps;
  readonly #stream: SSEStreamingApi;
  readonly #followed: Followed;
  readonly #untilMs: number;
  #last: LogPlace | null;
  #toldMs: number;

  constructor(deps: LogDeps, stream: SSEStreamingApi, followed: Followed) {
    this.#deps = deps;
    this.#stream = stream;
    this.#followed = followed;
    this.#toldMs = deps.clock.nowMs();
    this.#untilMs = this.#toldMs + FOLLOW_LIMITS.msMax;
    this.#last = followed.after;
  }

  /** Until the run has ended and everything was told, the reader has gone, or the time is over. */
  async tell(): Promise<void> {
    while (!this.#stream.aborted) {
      // Each turn waits for the one before it: lines have an order.
      // oxlint-disable-next-line no-await-in-loop
      const end = await this.#turn();
      if (end === null) continue;
      // oxlint-disable-next-line no-await-in-loop -- It is the last turn.
      await this.#stream.writeSSE({ event: end, data: "{}" });
      return;
    }
  }

  /** What ends the stream; null to go on. */
  async #turn(): Promise<"end" | "timeout" | null> {
    const hasEnded = await this.#hasEnded();
    const page = await this.#nextPage();
    const lines = page?.lines ?? [];
    for (const line of lines) {
      // oxlint-disable-next-line no-await-in-loop -- As they come. Waiting for the reader is wanted, too.
      await this.#write(line);
    }
    if (page !== null && lines.length === 0 && hasEnded) return this.#end(page);
    if (this.#deps.clock.nowMs() >= this.#untilMs) return "timeout";
    await this.#breakSilence();
    if (page?.hasMore !== true) await this.#rest(lines.length > 0);
    return null;
  }

  #rest(isLively: boolean): Promise<unknown> {
    const { pollMs, pollSoonMs } = FOLLOW_LIMITS;
    return this.#stream.sleep(isLively ? pollSoonMs : pollMs);
  }

  async #breakSilence(): Promise<void> {
    const nowMs = this.#deps.clock.nowMs();
    if (nowMs - this.#toldMs < FOLLOW_LIMITS.silenceMsMax) return;
    this.#toldMs = nowMs;
    await this.#stream.write(": nothing new\n\n");
  }

  async #end(page: LogsPage): Promise<"end"> {
    const line = droppedLine(page, { last: this.#last, nowMs: this.#deps.clock.nowMs() });
    if (line !== null) await this.#write(line);
    return "end";
  }

  /** Whether no line can be expected any more. Asked before the lines are, so that none slips between. */
  async #hasEnded(): Promise<boolean> {
    const { records, clock } = this.#deps;
    const { namespace, id } = this.#followed.run;
    const run = await unlessRefused(["records.unavailable"], records.run(namespace, id));
    if (run === null || !isEnded(run.phase)) return false;
    return clock.nowMs() - run.phase.endedMs >= FOLLOW_LIMITS.lateMs;
  }

  /** Null while the records are away: they come back, or the reader's time is over. */
  #nextPage(): Promise<LogsPage | null> {
    const { run, levels } = this.#followed;
    const query = { run: run.id, levels, after: this.#last, limit: FOLLOW_LIMITS.linesAtOnce };
    return unlessRefused(["records.unavailable"], this.#deps.logs.page(query));
  }

  async #write(line: LogLine): Promise<void> {
    if (this.#stream.aborted) return;
    this.#last = { attempt: line.attempt, seq: line.seq };
    this.#toldMs = this.#deps.clock.nowMs();
    const data = JSON.stringify(logLineJson(line));
    await this.#stream.writeSSE({ event: "line", id: placeText(line), data });
  }
}
