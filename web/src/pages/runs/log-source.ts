import { call, streamed } from "../../api/client.ts";
import { Problem, unreachable } from "../../api/problem.ts";
import type { LogLineJson, PageJson } from "../../api/shapes.ts";
import { eventsOf } from "./sse.ts";

const LIMITS = {
  linesPerPage: 200,
  /** What a run keeps, and the line that tells what was dropped. */
  linesMax: 10_001,
  /** Lines that come one after the other are shown together. */
  flushMs: 100,
  retryMsFirst: 1_000,
  retryMsMost: 15_000,
} as const;

export type LogPhase = "idle" | "loading" | "following" | "reconnecting" | "done" | "failed";

/** What is known of the log of a run. */
export interface LogState {
  readonly lines: readonly LogLineJson[];
  readonly phase: LogPhase;
  readonly problem: Problem | null;
}

/**
 * The log of one run: page by page, and then as it is written. The server ends a stream that is followed after
 * five minutes; it is taken up again behind the last line that came.
 */
export class LogSource {
  readonly #path: string;
  readonly #listeners = new Set<() => void>();
  #lines: LogLineJson[] = [];
  #state: LogState = { lines: [], phase: "idle", problem: null };
  #stop: AbortController | null = null;
  #flush: ReturnType<typeof setTimeout> | undefined;

  constructor(run: string) {
    this.#path = `/runs/${encodeURIComponent(run)}/logs`;
  }

  get state(): LogState {
    return this.#state;
  }

  onChange(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  /** Reads what is there; `isOpen` follows it until the run has ended. Returns what ends it. */
  start(isOpen: boolean): () => void {
    const stop = new AbortController();
    this.#stop?.abort();
    this.#stop = stop;
    this.#lines = [];
    void this.#read(isOpen, stop.signal);
    return () => {
      stop.abort();
      clearTimeout(this.#flush);
      this.#flush = undefined;
    };
  }

  async #read(isOpen: boolean, signal: AbortSignal): Promise<void> {
    this.#say("loading");
    try {
      await this.#readPages(signal);
      if (isOpen) await this.#follow(signal);
      this.#say("done");
    } catch (error) {
      if (!signal.aborted) this.#say("failed", problemOfError(error));
    }
  }

  async #readPages(signal: AbortSignal): Promise<void> {
    let after: string | null = null;
    do {
      const query = new URLSearchParams({ limit: String(LIMITS.linesPerPage) });
      if (after !== null) query.set("after", after);
      // oxlint-disable-next-line no-await-in-loop -- A page names the next one.
      const { body } = await call<PageJson<LogLineJson>>("GET", `${this.#path}?${query}`, {
        signal,
      });
      this.#add(body.items);
      after = body.nextCursor;
    } while (after !== null && this.#lines.length < LIMITS.linesMax);
  }

  /** Until the server says that nothing can come any more. */
  async #follow(signal: AbortSignal): Promise<void> {
    let waitMs: number = LIMITS.retryMsFirst;
    while (!signal.aborted && this.#lines.length < LIMITS.linesMax) {
      const before = this.#lines.length;
      // oxlint-disable-next-line no-await-in-loop -- One stream after the other.
      const end = await this.#followOnce(signal);
      if (end === "end") return;
      if (end === "timeout" || this.#lines.length > before) waitMs = LIMITS.retryMsFirst;
      if (end === "timeout" || signal.aborted) continue;
      this.#say("reconnecting");
      // oxlint-disable-next-line no-await-in-loop -- Not at once: whatever broke it needs a moment.
      await pause(end.retryAfterSeconds === null ? waitMs : end.retryAfterSeconds * 1_000, signal);
      waitMs = Math.min(waitMs * 2, LIMITS.retryMsMost);
    }
  }

  /** What ended the stream: the server's word, or the failure after which it is worth trying again. */
  async #followOnce(signal: AbortSignal): Promise<"end" | "timeout" | Problem> {
    try {
      const query = new URLSearchParams({ follow: "1" });
      const last = this.#lines.at(-1);
      if (last !== undefined) query.set("after", `${last.attempt}.${last.seq}`);
      const stream = await streamed(`${this.#path}?${query}`, signal);
      this.#say("following");
      for await (const { event, data } of eventsOf(stream)) {
        if (event === "end" || event === "timeout") return event;
        if (event === "line") this.#add([lineOf(data)]);
      }
      return unreachable(new Error("The stream has ended early."));
    } catch (error) {
      const problem = problemOfError(error);
      const isWorthIt = problem.status === 0 || problem.status === 429 || problem.status >= 500;
      if (isWorthIt) return problem;
      throw error;
    }
  }

  #add(lines: readonly LogLineJson[]): void {
    if (lines.length === 0) return;
    this.#lines.push(...lines);
    this.#flush ??= setTimeout(() => {
      this.#flush = undefined;
      this.#tell({ ...this.#state, lines: [...this.#lines] });
    }, LIMITS.flushMs);
  }

  #say(phase: LogPhase, problem: Problem | null = null): void {
    this.#tell({ lines: [...this.#lines], phase, problem });
  }

  #tell(state: LogState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** Written by the server in the form that `GET /runs/{run}/logs` describes. */
function lineOf(data: string): LogLineJson {
  const line: LogLineJson = JSON.parse(data);
  return line;
}

function problemOfError(error: unknown): Problem {
  return error instanceof Problem ? error : unreachable(error);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
