import { eventually } from "../eventually.ts";
import type { HostClient } from "../host-client.ts";
import type { PayloadDeck } from "./payload-deck.ts";

type Body = Readonly<Record<string, unknown>>;

const does = (handler: string): Body => ({ executor: "working", handler });

/** Workflows by name, their runs by id, and the steps that are worth a look. */
export interface HostileWorkflows {
  readonly workflows: readonly string[];
  readonly runs: readonly string[];
  readonly steps: readonly string[];
}

/** Workflows whose every text is a payload, with runs that went well, failed, were canceled, and wait. */
export async function hostileWorkflows(
  client: HostClient,
  deck: PayloadDeck,
): Promise<HostileWorkflows> {
  const event = deck.one("events", { charsMax: 128, isPlain: true });
  const well = aWorkflow(deck, "constructor", stepsOf(deck, event));
  const bad = aWorkflow(deck, "__proto__", [
    { name: "onload", run: does("give"), compensate: { run: does("tell") } },
    { name: "toString", after: ["onload"], run: does("fail"), retry: { max: 0 } },
  ]);
  for (const body of [well, bad]) await client.get("POST", "/workflows", 201, { body });
  const again = { ...well, description: deck.text("descriptions", 1_024) };
  await client.get("PUT", "/workflows/constructor", 200, { body: again });
  const note = (): Body => ({ note: deck.text("notes", 1_024) });
  const reason = (): Body => ({ reason: deck.text("reasons", 1_024) });
  const runs = await Promise.all(
    ["constructor", "constructor", "constructor", "__proto__"].map((name) =>
      begun(client, deck, name),
    ),
  );
  const [done, stopped, waiting, failed] = runs;
  for (const run of [done, stopped, waiting]) await until(client, run, stepIs("script", "waiting"));
  await client.get("POST", at(done, "/steps/script/approve"), 200, { body: note() });
  await until(client, done, stepIs("javascript", "waiting"));
  const told = { name: event, data: deck.record("events", 40) };
  await client.get("POST", at(done, "/events"), 200, { body: told });
  await until(client, done, ({ state }) => state === "succeeded");
  await client.get("POST", at(stopped, "/steps/script/reject"), 200, { body: note() });
  await client.get("POST", at(waiting, "/pause"), 200, { body: reason() });
  const fresh = await begun(client, deck, "constructor");
  await client.get("POST", at(fresh, "/cancel"), 200, { body: reason() });
  await until(client, failed, ({ state }) => state === "failed");
  await client.get("POST", "/events", 202, { body: { ...told, id: "hostile" } });
  return {
    workflows: ["constructor", "__proto__"],
    runs: [...runs, fresh],
    steps: ["_onload_", "iframe", "script", "javascript"],
  };
}

function at(run: string | undefined, rest: string): string {
  return `/workflow-runs/${run}${rest}`;
}

function aWorkflow(deck: PayloadDeck, name: string, steps: readonly Body[]): Body {
  return {
    name,
    description: deck.text("descriptions", 1_024),
    owner: deck.one("owners", { charsMax: 128 }),
    tags: deck.some("tags", 32, { charsMax: 64 }),
    params: plainRecord(deck, "params", 40),
    on: [{ event: deck.one("events", { charsMax: 128, isPlain: true }) }],
    steps,
  };
}

function stepsOf(deck: PayloadDeck, event: string): readonly Body[] {
  const quoted = JSON.stringify(deck.one("conditions", { isAscii: true, charsMax: 200 }));
  return [
    { name: "_onload_", run: does("tell"), params: plainRecord(deck, "params", 20) },
    { name: "onclick", run: does("give") },
    {
      name: "iframe",
      after: ["onclick"],
      map: { over: "${steps.onclick.output.items}", concurrencyMax: 4 },
      run: does("give"),
      params: { item: "${item}" },
      retry: { max: 0 },
    },
    { name: "svg", after: ["onclick"], when: `${quoted} == "x"`, run: does("give") },
    { name: "script", after: ["_onload_", "iframe"], approval: { timeout: "1h" } },
    { name: "javascript", after: ["script"], waitFor: { event, timeout: "1h" } },
    { name: "hasOwnProperty", after: ["javascript"], join: "all_done", run: does("give") },
  ];
}

/** Without what a definition takes for an expression of its own. */
function plainRecord(deck: PayloadDeck, field: string, count: number): Body {
  const entries = Object.entries(deck.record(field, count));
  return Object.fromEntries(entries.filter((pair) => !pair.join().includes("${")));
}

async function begun(client: HostClient, deck: PayloadDeck, name: string): Promise<string> {
  const body = { params: deck.record("params", 40) };
  return (await client.get("POST", `/workflows/${name}/runs`, 202, { body })).id;
}

// oxlint-disable-next-line typescript/no-explicit-any -- Tests look into answers of every shape.
type Look = (run: any) => boolean;

function stepIs(step: string, wanted: string): Look {
  return ({ graph }) =>
    graph.steps.some(
      ({ name, state }: { readonly name: string; readonly state: string }) =>
        name === step && state === wanted,
    );
}

async function until(client: HostClient, run: string | undefined, isThere: Look): Promise<void> {
  await eventually(`workflow run ${run} is where it should be`, async () => {
    return isThere(await client.get("GET", `/workflow-runs/${run}`, 200)) ? true : undefined;
  });
}
