import type { Log, LogFields } from "../src/ports/log.ts";

type Level = "info" | "warn" | "error";
/** What each LOG_LEVEL lets through; anything else counts as info. */
const LEVELS: Readonly<Record<string, readonly Level[]>> = {
  error: ["error"],
  warn: ["warn", "error"],
};

/** One line of JSON for each entry, where Workers Logs and `wrangler tail` read them. */
export function createLog(place: LogFields, env: { readonly LOG_LEVEL?: string } = {}): Log {
  const shown = LEVELS[env.LOG_LEVEL ?? "info"];
  const at =
    (level: Level) =>
    (message: string, fields: LogFields = {}): void => {
      if (shown !== undefined && !shown.includes(level)) return;
      // oxlint-disable-next-line no-console -- The platform collects what is written to the console.
      console[level](JSON.stringify({ level, message, ...place, ...fields }));
    };
  return { info: at("info"), warn: at("warn"), error: at("error") };
}
