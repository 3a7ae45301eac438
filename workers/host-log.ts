import type { Log, LogFields } from "../src/ports/log.ts";

type Level = "info" | "warn" | "error";

/** One line of JSON for each entry, where Workers Logs and `wrangler tail` read them. */
export function createLog(place: LogFields): Log {
  const at =
    (level: Level) =>
    (message: string, fields: LogFields = {}): void => {
      // oxlint-disable-next-line no-console -- The platform collects what is written to the console.
      console[level](JSON.stringify({ level, message, ...place, ...fields }));
    };
  return { info: at("info"), warn: at("warn"), error: at("error") };
}
