/**
 * Goal: what the README tells a newcomer to type works.
 * Method: the host is started by the README's own npm script, on a free port and an empty folder, and its
 * curls are run by bash, word for word but for the address and the folder.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { within } from "../support/eventually.ts";
import { freePort } from "../support/listen.ts";
import { scratchFolder } from "../support/scratch-folder.ts";

const START_MS = 30_000;
const README = readFileSync("README.md", "utf8");
const blocks = [...README.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text = ""]) => text);

/** The development profile as `npm start` runs it, without what this process has in its environment. */
async function startAsNewcomer(folder: string): Promise<string> {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn("npm", ["start", "--silent", "--", "--port", "0", "--data", folder], {
    detached: true,
    env: { PATH, HOME, LOG_LEVEL: "error" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void process.kill(-(child.pid ?? 0), "SIGKILL"));
  let text = "";
  const url = async (): Promise<string> => {
    for await (const [chunk] of on(child.stdout)) {
      text += chunk;
      const found = /^tickwheel ready (\S+)$/m.exec(text)?.[1];
      if (found !== undefined) return found;
    }
    throw new Error("it ended");
  };
  return within("the ready line", url(), START_MS);
}

async function* on(stream: NodeJS.ReadableStream): AsyncGenerator<[string]> {
  for (;;) {
    const [chunk] = await once(stream, "data");
    yield [String(chunk)];
  }
}

test("the README's two commands are scripts of this package", () => {
  const scripts = JSON.parse(readFileSync("package.json", "utf8")).scripts;

  expect(blocks[0]?.trim()).toBe("npm ci && npm start");
  expect(README).toContain("npm ci && npm run check");
  expect(Object.keys(scripts)).toEqual(
    expect.arrayContaining([
      "start",
      "check",
      "serve",
      "serve:workers",
      "sim",
      "kill-test",
      "drama",
      "etl",
      "bench",
    ]),
  );
});

test("the README's curls work on a fresh start", async () => {
  const folder = scratchFolder();
  const url = await startAsNewcomer(folder);
  const curls = (blocks[1] ?? "")
    .replaceAll("http://127.0.0.1:8787", url)
    .replace("cat data/first-token", `cat ${folder}/first-token`)
    .replaceAll("curl -s", "echo; curl -s --fail-with-body");

  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", curls]);

  const answers = stdout.split("\n").filter((line) => line.startsWith("{"));
  const [job, preview, run, runs, ledger, explained, paused] = answers.map((line) =>
    JSON.parse(line),
  );
  expect(answers).toHaveLength(7);
  expect(job).toMatchObject({ name: "hello", state: "active" });
  expect(preview.ticks).toHaveLength(3);
  expect(run).toMatchObject({ job: "hello", state: "succeeded", params: { who: "me" } });
  expect(runs).toHaveProperty("items");
  expect(ledger).toHaveProperty("items");
  expect(explained).toHaveProperty("words.zh");
  expect(paused).toMatchObject({ state: "paused", pause: { reason: "holiday" } });
});

test("the README's executor shares the work over its nodes", async () => {
  const folder = scratchFolder();
  const url = await startAsNewcomer(folder);
  const [one, other] = [await freePort(), await freePort()];
  const commands = (blocks[2] ?? "")
    .replace("7001 7002", `${one} ${other}`)
    .replace("127.0.0.1%3A7001", `127.0.0.1%3A${one}`)
    .replaceAll("curl -s", "echo; curl -s --fail-with-body");
  const setting = `URL=${url}\nTOKEN=$(cat ${folder}/first-token)\n`;

  const { stdout } = await promisify(execFile)("bash", [
    "-uo",
    "pipefail",
    "-c",
    setting + commands,
  ]);

  const answers = stdout.split("\n").filter((line) => line.startsWith("{"));
  const [job, run, nodes, shards, drained] = answers.map((line) => JSON.parse(line));
  expect(job).toMatchObject({ name: "shared", state: "active" });
  expect(run).toMatchObject({ state: "succeeded", shards: { total: 2, succeeded: 2 } });
  expect(nodes.items).toMatchObject([{ state: "online" }, { state: "online" }]);
  const items = shards.items.flatMap(({ result }: { result: { items: number[] } }) => result.items);
  expect(items.toSorted((a: number, b: number) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(drained).toMatchObject({ state: "draining" });
}, 60_000);

test("the README's workflow waits for a person, maps, and is done again from a step", async () => {
  const folder = scratchFolder();
  const url = await startAsNewcomer(folder);
  const commands = (blocks[3] ?? "")
    .replaceAll("http://127.0.0.1:8787", url)
    .replaceAll("curl -s", "echo; curl -s --fail-with-body");
  const setting = `URL=${url}\nTOKEN=$(cat ${folder}/first-token)\n`;

  const { stdout } = await promisify(execFile)("bash", [
    "-euo",
    "pipefail",
    "-c",
    setting + commands,
  ]);

  const answers = stdout.split("\n").filter((line) => line.startsWith("{"));
  const [workflow, waiting, approved, ended, again] = answers.map((line) => JSON.parse(line));
  expect(workflow).toMatchObject({ name: "greet", version: 1 });
  expect(waiting).toMatchObject({ state: "running", params: { day: "monday" } });
  expect(approved).toMatchObject({ id: waiting.id });
  expect(ended).toMatchObject({ state: "succeeded", revision: 1 });
  expect(ended.output).toHaveLength(3);
  expect(again).toMatchObject({ id: waiting.id, revision: 2 });
}, 60_000);
