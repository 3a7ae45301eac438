import {
  configureSync,
  getAnsiColorFormatter,
  getLogger,
  getTextFormatter,
  jsonLinesFormatter,
  type LogRecord,
} from "@logtape/logtape";
import type { Log, LogFields } from "../ports/log.ts";
import type { Settings } from "./settings.ts";

/** The host's log on standard error; standard output carries only what scripts read. */
export function createLog(settings: Pick<Settings, "logLevel" | "logFormat">): Log {
  const text = process.stderr.isTTY ? getAnsiColorFormatter() : getTextFormatter();
  const format = settings.logFormat === "json" ? jsonLinesFormatter : text;
  configureSync({
    reset: true,
    sinks: { stderr: (record: LogRecord) => void process.stderr.write(format(record)) },
    loggers: [
      { category: "tickwheel", lowestLevel: settings.logLevel, sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
    ],
  });
  const logger = getLogger("tickwheel");
  return {
    info: (message, fields = {}) => logger.info(lineOf(message, fields), { ...fields }),
    warn: (message, fields = {}) => logger.warn(lineOf(message, fields), { ...fields }),
    error: (message, fields = {}) => logger.error(lineOf(message, fields), { ...fields }),
  };
}

/** LogTape prints the fields that the line names. */
function lineOf(message: string, fields: LogFields): string {
  const names = Object.keys(fields).map((name) => ` ${name}={${name}}`);
  return message + names.join("");
}
