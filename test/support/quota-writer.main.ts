import { writeSync } from "node:fs";
import { LocalQuotas } from "../../src/standalone/local-quotas.ts";

/** Holds one name after the other, says each once it is held, and goes on until it is killed. */
const [, , path = "", firstText = "0"] = process.argv;
const book = new LocalQuotas(path).of("team");
const rule = { version: 1, limit: 1_000_000 };
for (let i = Number(firstText); ;) {
  const name = { kind: "jobs", name: `job-${i}` } as const;
  // oxlint-disable-next-line no-await-in-loop -- One after the other.
  const { state } = await book.begin(name, rule, 0);
  if (state === "unfilled") {
    const none = { kind: "jobs", version: 1, names: [], isLast: true } as const;
    // oxlint-disable-next-line no-await-in-loop
    await book.addFound(none, 60_000);
  } else if (state === "held") writeSync(1, `${i++}\n`);
}
