import { spawn } from "node:child_process";
import { expect, onTestFinished, test } from "vitest";
import { within } from "../support/eventually.ts";
import { corpusAnswer, type CorpusAnswer } from "./corpus.ts";

const BIN = new URL("../../node_modules/.bin/", import.meta.url).pathname;
const MAIN = new URL("corpus.main.ts", import.meta.url).pathname;
const WORKERD_MAIN = new URL("corpus-workerd.main.ts", import.meta.url).pathname;
const ANSWER_WAIT_MS = 50_000;
/** Zones whose offsets the runtimes' time-zone data tell differently; only these may differ. */
const DISPUTED_MAX = 3;

const ofNode = corpusAnswer();

test("the engine agrees with the brute force on Node", () => {
  expect(faultsOf(ofNode)).toEqual([]);
});

test.each([
  ["Bun", [`${BIN}bun`, MAIN]],
  ["Deno", [`${BIN}deno`, "run", "-A", "--no-check", "--node-modules-dir=manual", MAIN]],
  ["workerd", [`${BIN}node`, WORKERD_MAIN]],
])(
  "%s computes the same ticks as Node, but where their zones differ",
  async (name, command) => {
    const answer = await within(`the corpus of ${name}`, answerOf(command), ANSWER_WAIT_MS);
    const zones = Object.keys(ofNode);
    const differing = zones.filter((zone) => ofNode[zone]?.ticks !== answer[zone]?.ticks);
    const isDisputed = (zone: string): boolean => ofNode[zone]?.offsets !== answer[zone]?.offsets;
    const disputed = differing.filter(isDisputed);

    expect(Object.keys(answer)).toEqual(zones);
    expect(differing.filter((zone) => !isDisputed(zone))).toEqual([]);
    // There too each runtime is right by its own zone data.
    expect(faultsOf(answer)).toEqual([]);
    expect(disputed.length, disputed.join(", ")).toBeLessThanOrEqual(DISPUTED_MAX);
    // oxlint-disable-next-line no-console -- A difference is explained, and never passed over.
    if (disputed.length > 0) console.log(`${name} has other zone data for ${disputed.join(", ")}`);
  },
  60_000,
);

function faultsOf(answer: CorpusAnswer): readonly string[] {
  return Object.entries(answer).flatMap(([zone, { fault }]) =>
    fault === null ? [] : [`${zone}: ${fault}`],
  );
}

/** Runs a program that prints the corpus, in a process group of its own that ends with the test. */
async function answerOf([program = "", ...args]: readonly string[]): Promise<CorpusAnswer> {
  const child = spawn(program, args, { detached: true, stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => endGroup(child.pid));
  let text = "";
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.endsWith("}\n")) break;
  }
  const answer: CorpusAnswer = JSON.parse(text);
  return answer;
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
