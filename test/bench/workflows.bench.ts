/**
 * Goal: how fast workflow runs get through their steps, and what the coordinator adds to each.
 * Method: webhook steps that do nothing. Three scenes on one host: many chains side by side (steps a second, beside
 * the rate of a bare `node:http` client that sends the same bytes), one chain alone (from the answer of a step to
 * the arrival of the next, as the far end sees it), and a wide graph in which each step comes after all of the
 * level before.
 */
import { bareRate } from "./bare-client.ts";
import { eachOf, startHost, startSink, until, type BenchHost } from "./processes.ts";

export interface WorkflowsOptions {
  /** Workflow runs side by side, and the steps of each. */
  readonly runs: number;
  readonly chain: number;
  /** Steps of the wide graph, and of each of its levels. */
  readonly wideSteps: number;
  readonly width: number;
  readonly rounds: number;
}

type Sink = Awaited<ReturnType<typeof startSink>>;

export async function workflows(options: WorkflowsOptions): Promise<object> {
  const sink = await startSink();
  const tickwheel = await startHost("node");
  try {
    await tickwheel.call("POST", "/api/v1/workflows", chainOf(sink, "chain", options.chain));
    // A process that has just begun has not been compiled yet; what a scheduler does all day is of interest.
    await sideBySide(tickwheel, sink, options);
    const chains: Chains[] = [];
    for (let i = 0; i < options.rounds; i++)
      chains.push(await sideBySide(tickwheel, sink, options));
    const best = median(chains, ({ stepsPerSecond }) => stepsPerSecond);
    const addedMs = await alone(tickwheel, sink, options.chain);
    const wideMs = await wide(tickwheel, sink, options);
    return {
      bench: "workflows",
      ...options,
      ...best,
      rounds: chains.map(({ stepsPerSecond }) => stepsPerSecond),
      addedMs,
      wideMs,
      residentMib: Math.round(tickwheel.residentMib()),
    };
  } finally {
    await tickwheel.stop();
    await sink.stop();
  }
}

interface Chains {
  readonly stepsPerSecond: number;
  readonly ofBare: number;
}

async function sideBySide(
  tickwheel: BenchHost,
  sink: Sink,
  { runs, chain }: WorkflowsOptions,
): Promise<Chains> {
  await sink.reset();
  const startMs = performance.now();
  const ids: string[] = [];
  await eachOf(runs, 32, async () => {
    ids.push(String(Object(await tickwheel.call("POST", "/api/v1/workflows/chain/runs")).id));
  });
  await eachOf(ids.length, 32, (i) => ended(tickwheel, ids[i] ?? ""));
  const steps = runs * chain;
  const perSecond = steps / ((performance.now() - startMs) / 1_000);
  const { doubled, unique } = await sink.stats();
  if (doubled > 0 || unique !== steps) throw new Error(`${unique} of ${steps}, ${doubled} doubled`);
  const bare = await bareRate(sink.url, await sink.example(), Math.max(2_000, steps));
  return { stepsPerSecond: Math.round(perSecond), ofBare: Number((perSecond / bare).toFixed(2)) };
}

/** From the answer of one step to the arrival of the next: the far end answers at once. */
async function alone(tickwheel: BenchHost, sink: Sink, chain: number): Promise<object> {
  await sink.reset();
  const { id } = Object(await tickwheel.call("POST", "/api/v1/workflows/chain/runs"));
  await ended(tickwheel, String(id));
  const gaps = await sink.gapsMs();
  if (gaps.count !== chain - 1) throw new Error(`${gaps.count} gaps between ${chain} steps`);
  return gaps;
}

async function wide(
  tickwheel: BenchHost,
  sink: Sink,
  { wideSteps, width }: WorkflowsOptions,
): Promise<number> {
  await tickwheel.call("POST", "/api/v1/workflows", wideOf(sink, wideSteps, width));
  await sink.reset();
  const startMs = performance.now();
  const { id } = Object(await tickwheel.call("POST", "/api/v1/workflows/wide/runs"));
  await ended(tickwheel, String(id));
  const tookMs = Math.round(performance.now() - startMs);
  const { doubled, unique } = await sink.stats();
  if (doubled > 0 || unique !== wideSteps) throw new Error(`${unique} steps, ${doubled} doubled`);
  return tookMs;
}

async function ended(tickwheel: BenchHost, id: string): Promise<void> {
  const run = await until(
    async () => Object(await tickwheel.call("GET", `/api/v1/workflow-runs/${id}?wait=60s`)),
    ({ endedAt }) => endedAt !== null,
    300_000,
  );
  if (run.state !== "succeeded") throw new Error(`workflow run ${id} is ${run.state}`);
}

function chainOf(sink: Sink, name: string, steps: number): object {
  return {
    name,
    steps: Array.from({ length: steps }, (_, i) => ({
      name: `s${i}`,
      ...(i === 0 ? {} : { after: [`s${i - 1}`] }),
      run: { url: `${sink.url}/hook` },
    })),
  };
}

function wideOf(sink: Sink, steps: number, width: number): object {
  const levelOf = (level: number): string[] =>
    Array.from({ length: width }, (_, i) => `s${level * width + i}`);
  return {
    name: "wide",
    // As many edges as are allowed: each step comes after the first half of the level before.
    steps: Array.from({ length: steps }, (_, i) => {
      const level = Math.floor(i / width);
      const after = level === 0 ? [] : levelOf(level - 1).slice(0, Math.ceil(width / 2));
      return { name: `s${i}`, after, run: { url: `${sink.url}/hook` } };
    }),
  };
}

function median<T>(items: readonly T[], by: (item: T) => number): T | undefined {
  return items.toSorted((one, other) => by(one) - by(other))[Math.floor((items.length - 1) / 2)];
}
