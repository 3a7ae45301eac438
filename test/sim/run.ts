/**
 * Plays many seeds and says how fast and how far it came: `npm run sim -- --seeds 100000`.
 * `--from 500` begins elsewhere, `--seed 42` tells the story of one seed, `--json` is for programs.
 * Exits with 1 when a law did not hold.
 */
import { drawOptions } from "./options.ts";
import { simulate } from "./world.ts";

const PROGRESS_MS = 5_000;

function argument(name: string): number | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? undefined : Number(process.argv[at + 1]);
}

const one = argument("seed") ?? Number(process.env["SIM_SEED"] ?? Number.NaN);
const isOne = !Number.isNaN(one);
const from = isOne ? one : (argument("from") ?? 0);
const count = isOne ? 1 : (argument("seeds") ?? Number(process.env["SIM_SEEDS"] ?? 300));
const isJson = process.argv.includes("--json");
const startedMs = Date.now();
let saidMs = startedMs;
let events = 0;
const reached = new Map<string, number>();

for (let seed = from; seed < from + count; seed++) {
  const options = drawOptions(seed);
  const result = simulate(options, isOne);
  events += result.events;
  for (const [name, times] of result.reached) reached.set(name, (reached.get(name) ?? 0) + times);
  if (isOne) say(result.lines.join("\n"));
  if (result.violation !== undefined) {
    const { law, message } = result.violation;
    if (isJson) say(JSON.stringify({ seed, law, message }));
    else say(`seed ${seed}: ${message}\n${JSON.stringify(options, null, 2)}`);
    process.exitCode = 1;
    break;
  }
  if (!isJson && Date.now() - saidMs > PROGRESS_MS) {
    saidMs = Date.now();
    say(`${seed - from + 1} seeds, ${rate(seed - from + 1)} a second`);
  }
}
if (process.exitCode === undefined && isJson) say(JSON.stringify({ seeds: count }));
if (process.exitCode === undefined && !isJson) {
  say(`${count} seeds held, ${rate(count)} a second, ${events} events`);
  if (process.argv.includes("--reached"))
    for (const name of [...reached.keys()].toSorted()) say(`${reached.get(name)}\t${name}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function rate(seeds: number): string {
  return (seeds / ((Date.now() - startedMs) / 1_000)).toFixed(0);
}
