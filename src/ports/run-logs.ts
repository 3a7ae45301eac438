/** How much a line of a log matters, the least first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Where a line stands in the log of its run. */
export interface LogPlace {
  readonly attempt: number;
  /** Given by the executor: it counts up within an attempt. */
  readonly seq: number;
}

/** A line that a handler wrote. */
export interface LogLine extends LogPlace {
  /** When it was written, by the clock of the executor. */
  readonly atMs: number;
  readonly level: LogLevel;
  readonly text: string;
}

/** Lines of one attempt as they came. */
export interface LogBatch {
  readonly run: string;
  readonly attempt: number;
  /** At most 500. */
  readonly lines: readonly Omit<LogLine, "attempt">[];
  /** When we got them. They are kept for so long from here, whatever the executor's clock says. */
  readonly nowMs: number;
}

/** What became of a batch: together as many as came. */
export interface LogsKept {
  readonly stored: number;
  /** A line of this attempt and seq was there already, and stays. */
  readonly duplicates: number;
  /** The run's log is full. */
  readonly dropped: number;
}

export interface LogsQuery {
  readonly run: string;
  /** Only lines behind this place; null begins with the first. */
  readonly after: LogPlace | null;
  readonly levels: readonly LogLevel[];
  readonly limit: number;
}

export interface LogsPage {
  /** By attempt and seq. */
  readonly lines: readonly LogLine[];
  readonly hasMore: boolean;
  /** Lines that were dropped because the log was full. */
  readonly dropped: number;
}

/** What handlers wrote while they ran. All methods throw `Refusal("records.unavailable")`. */
export interface RunLogs {
  /** Repeating a batch is harmless, but that lines beyond the bound are counted as dropped again. */
  add(batch: LogBatch): Promise<LogsKept>;
  page(query: LogsQuery): Promise<LogsPage>;
  /** Deletes what came before the instant, within the bounds of one round. */
  purge(beforeMs: number): Promise<void>;
}

export const RUN_LOG_LIMITS = {
  linesPerBatchMax: 500,
  /** Of one run. */
  linesMax: 10_000,
  /** Of one line; what is longer is cut, and says so. */
  lineBytesMax: 8_192,
} as const;
