import { deepEqual, equal } from "node:assert/strict";
import { LibsqlRunLogs } from "../../src/adapters/libsql-run-logs.ts";
import { LOG_LEVELS, RUN_LOG_LIMITS } from "../../src/ports/run-logs.ts";
import type { LogBatch, LogLine, LogPlace, LogsQuery } from "../../src/ports/run-logs.ts";
import type { OpenedRecords } from "../support/open-records.ts";
import { refuses } from "../support/records-queries.ts";
import type { ContractCase } from "./contract-case.ts";

/** What the API may rely on when it keeps and shows what handlers wrote. */
export const runLogsContract: readonly ContractCase<OpenedRecords>[] = [
  {
    name: "lines come back as they were sent, by attempt and seq, a page after another",
    async run({ database }) {
      const logs = new LibsqlRunLogs(database);
      const [first, second, third] = [aLine(1), aLine(2, { text: "漢字 🕒\n" }), aLine(3)];

      deepEqual(await logs.add(aBatch({ attempt: 2, lines: [first] })), kept({ stored: 1 }));
      deepEqual(await logs.add(aBatch({ lines: [third, second] })), kept({ stored: 2 }));
      await logs.add(aBatch({ run: "other", lines: [aLine(9)] }));

      const all = [of(1, second), of(1, third), of(2, first)];
      deepEqual(await logs.page(aQuery()), { lines: all, hasMore: false, dropped: 0 });
      const head = await logs.page(aQuery({ limit: 2 }));
      deepEqual(head, { lines: all.slice(0, 2), hasMore: true, dropped: 0 });
      const tail = await logs.page(aQuery({ limit: 2, after: placeOf(head.lines.at(-1)) }));
      deepEqual(tail, { lines: all.slice(2), hasMore: false, dropped: 0 });
    },
  },
  {
    name: "characters that a database cannot keep are replaced, and the rest of the line stays",
    async run({ database }) {
      const logs = new LibsqlRunLogs(database);
      await logs.add(aBatch({ lines: [aLine(1, { text: "a\u0000b\ud83d c" })] }));

      equal((await logs.page(aQuery())).lines[0]?.text, "a\ufffdb\ufffd c");
    },
  },
  {
    name: "only lines of the levels that are asked for come back",
    async run({ database }) {
      const logs = new LibsqlRunLogs(database);
      await logs.add(aBatch({ lines: LOG_LEVELS.map((level, i) => aLine(i, { level })) }));

      const { lines } = await logs.page(aQuery({ levels: ["warn", "error"] }));
      deepEqual(
        lines.map((line) => line.level),
        ["warn", "error"],
      );
    },
  },
  {
    name: "a line that comes again stays as it was and counts as a duplicate",
    async run({ database }) {
      const logs = new LibsqlRunLogs(database);
      await logs.add(aBatch({ lines: [aLine(1), aLine(2)] }));
      const again = [aLine(2, { text: "changed" }), aLine(3), aLine(3, { text: "twice" })];

      deepEqual(await logs.add(aBatch({ lines: again })), kept({ stored: 1, duplicates: 2 }));
      const { lines } = await logs.page(aQuery());
      deepEqual(lines, [of(1, aLine(1)), of(1, aLine(2)), of(1, aLine(3))]);
    },
  },
  {
    name: "a full log drops what comes, counts it, and still knows its duplicates",
    async run({ client, database }) {
      const logs = new LibsqlRunLogs(database);
      await fill(client, RUN_LOG_LIMITS.linesMax - 2);

      const before = await logs.add(aBatch({ lines: linesOf(1, 3) }));
      deepEqual(before, kept({ stored: 2, dropped: 1 }));
      const after = await logs.add(aBatch({ lines: linesOf(2, 5) }));
      deepEqual(after, kept({ duplicates: 1, dropped: 3 }));

      equal((await logs.page(aQuery())).dropped, 4);
      deepEqual(
        await logs.add(aBatch({ run: "other", lines: linesOf(1, 3) })),
        kept({ stored: 3 }),
      );
    },
  },
  {
    name: "what came before an instant is purged, and nothing else",
    async run({ client, database }) {
      const logs = new LibsqlRunLogs(database);
      await fill(client, 12_000);
      await client.execute("insert into run_log_drops values ('run', 5, 99)");
      await logs.add(aBatch({ lines: [aLine(1, { atMs: 0 })], run: "new", nowMs: 100 }));

      await logs.purge(100);

      deepEqual(await logs.page(aQuery()), { lines: [], hasMore: false, dropped: 0 });
      equal((await logs.page(aQuery({ run: "new" }))).lines.length, 1);
    },
  },
  {
    name: "logs that cannot be reached refuse",
    async run({ client, database }) {
      const logs = new LibsqlRunLogs(database);
      client.close();

      await refuses("records.unavailable", logs.add(aBatch()));
      await refuses("records.unavailable", logs.page(aQuery()));
      await refuses("records.unavailable", logs.purge(1));
    },
  },
];

function aLine(seq: number, over: Partial<LogLine> = {}): LogBatch["lines"][number] {
  return { seq, atMs: seq * 10, level: "info", text: `line ${seq}`, ...over };
}

function linesOf(from: number, to: number): LogBatch["lines"] {
  return Array.from({ length: to - from + 1 }, (_, i) => aLine(from + i));
}

function aBatch(over: Partial<LogBatch> = {}): LogBatch {
  return { run: "run", attempt: 1, lines: [aLine(1)], nowMs: 50, ...over };
}

function aQuery(over: Partial<LogsQuery> = {}): LogsQuery {
  return { run: "run", after: null, levels: LOG_LEVELS, limit: 50, ...over };
}

function of(attempt: number, line: LogBatch["lines"][number]): LogLine {
  const { seq, atMs, level, text } = line;
  return { attempt, seq, atMs, level, text };
}

function placeOf(line: LogLine | undefined): LogPlace | null {
  return line === undefined ? null : { attempt: line.attempt, seq: line.seq };
}

function kept(over: { stored?: number; duplicates?: number; dropped?: number }) {
  return { stored: 0, duplicates: 0, dropped: 0, ...over };
}

/** So many lines of an attempt that no case adds to, without sending them. */
async function fill(client: OpenedRecords["client"], count: number): Promise<void> {
  await client.execute({
    sql: `insert into run_logs
      with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)
      select 'run', 7, i, 50, i, 'info', 'filled' from n`,
    args: [count],
  });
}
