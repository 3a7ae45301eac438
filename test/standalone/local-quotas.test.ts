import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it } from "vitest";
import { QUOTA_LIMITS } from "../../src/adapters/sql-quota-book.ts";
import { LocalQuotas } from "../../src/standalone/local-quotas.ts";
import { scratchFolder } from "../support/scratch-folder.ts";

const WRITER = new URL("../support/quota-writer.main.ts", import.meta.url).pathname;
const KILLS = 3;
const LINES_BEFORE_KILL = 20;

/** Lets a process hold names until it has said some, and kills it. Returns the last that it said. */
async function heldAndKilled(path: string, first: number): Promise<number> {
  const writer = spawn(process.execPath, [WRITER, path, String(first)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  for await (const chunk of writer.stdout) {
    said += String(chunk);
    if (said.split("\n").length > LINES_BEFORE_KILL) break;
  }
  const gone = once(writer, "exit");
  writer.kill("SIGKILL");
  await gone;
  const lines = said.split("\n").slice(0, -1);
  return Number(lines.at(-1));
}

it("counts everything that was held before its process was killed", async () => {
  const path = join(scratchFolder(), "quotas.sqlite");
  let last = -1;
  for (let kills = 0; kills < KILLS; kills++) {
    // oxlint-disable-next-line no-await-in-loop -- One process after the other.
    last = await heldAndKilled(path, last + 1);
  }
  const quotas = new LocalQuotas(path);
  const book = quotas.of("team");
  const ask = (limit: number) =>
    book.begin({ kind: "jobs", name: "one-more" }, { version: 2, limit }, 100_000);
  const none = { kind: "jobs", version: 2, names: [], isLast: true } as const;
  await ask(last + 1);
  await book.addFound(none, 200_000);
  const full = await ask(last + 1);
  quotas.close();

  expect(last).toBeGreaterThanOrEqual(KILLS * (LINES_BEFORE_KILL - 1));
  expect(full).toMatchObject({ state: "full", limit: last + 1 });
  // Nobody knows what became of them: a minute later each is worth a question.
  const asked = full.state === "full" ? full.doubtful.length : 0;
  expect(asked).toBeGreaterThanOrEqual(Math.min(QUOTA_LIMITS.doubtfulMax, last + 1));
});
