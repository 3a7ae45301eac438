/** `npm run outage`: rehearses an outage of two days, and shows the ledgers and the reasons. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rehearseOutage } from "./outage.ts";

const LINES_SHOWN = 12;

const folder = mkdtempSync(join(tmpdir(), "tickwheel-outage-"));
const { ledgers, explained } = await rehearseOutage(folder).finally(() =>
  rmSync(folder, { recursive: true, force: true }),
);
const out: string[] = ["The ledger after two days without the host:", ""];
for (const [job, lines] of Object.entries(ledgers)) {
  out.push(`  ${job}`);
  for (const line of lines.slice(0, LINES_SHOWN)) {
    const until = line.to === undefined ? "" : ` … ${line.to} (${line.count} ticks)`;
    const why = line.reason === undefined ? "" : ` (${line.reason})`;
    const into = line.into === undefined ? "" : ` into ${line.into}`;
    out.push(`    ${line.nominalAt}${until}  ${line.disposition}${why}${into}`);
  }
  if (lines.length > LINES_SHOWN) out.push(`    … and ${lines.length - LINES_SHOWN} more lines`);
}
out.push("", "One tick of every fate, explained:", "");
for (const { job, nominalAt, disposition, reason, en, zh } of explained) {
  const fate = reason === null ? disposition : `${disposition} (${reason})`;
  out.push(`  ${job} ${nominalAt}: ${fate}`, `    ${en}`, `    ${zh}`);
}
process.stdout.write(`${out.join("\n")}\n`);
