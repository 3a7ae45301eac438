import { eventually } from "../eventually.ts";
import type { HostClient } from "../host-client.ts";
import type { PayloadDeck } from "./payload-deck.ts";

type Body = Readonly<Record<string, unknown>>;

const JOBS = 14;
const RETRY_NEVER = { max: 0 };
/** Names that mean something to a script. */
const ODD_NAMES = ["__proto__", "constructor", "onerror", "javascript", "...", "-", "_html"];
const DAYS = 250;

/** Jobs, by name, and runs, by id. */
export interface HostileJobs {
  readonly jobs: readonly string[];
  readonly runs: readonly string[];
}

/** Jobs whose every text is a payload, and a run of each kind. */
export async function hostileJobs(
  client: HostClient,
  deck: PayloadDeck,
  hookUrl: string,
): Promise<HostileJobs> {
  await hostileCalendar(client, deck);
  const bodies = [
    ...Array.from({ length: JOBS }, (_, i) =>
      aJob(deck, ODD_NAMES[i] ?? `hostile-${i}`, hookTarget(deck, hookUrl, i)),
    ),
    ...["tell", "fail", "last"].map((handler) => aJob(deck, handler, workTarget(handler))),
    { ...aJob(deck, "daily", workTarget("tell")), schedule: DAILY },
  ];
  for (const body of bodies) await client.get("POST", "/jobs", 201, { body });
  await client.get("POST", "/jobs/hostile-9/pause", 200, { body: { reason: texts(deck) } });
  await client.get("PATCH", "/jobs/hostile-10", 200, {
    headers: { "content-type": "application/merge-patch+json" },
    body: { description: texts(deck), owner: deck.one("owners", { charsMax: 128 }) },
  });
  // They tell how far they are every few seconds only.
  const lasting = Promise.all([canceled(client, deck), running(client)]);
  const ended = ["tell", "fail", "hostile-7", "hostile-8", "__proto__", "constructor"];
  const runs: string[] = [];
  for (const job of ended)
    runs.push((await client.get("POST", `/jobs/${job}/runs?wait=20s&overlap=allow`, 200)).id);
  runs.push(...(await lasting));
  return { jobs: bodies.map(({ name }) => String(name)), runs };
}

const DAILY = {
  kind: "cron",
  cron: "0 2 * * *",
  timezone: "Asia/Shanghai",
  calendar: { name: "hostile", roll: "next" },
};

function texts(deck: PayloadDeck): string {
  return deck.text("descriptions", 1_024);
}

function aJob(deck: PayloadDeck, name: string, target: Body): Body {
  return {
    name,
    description: texts(deck),
    owner: deck.one("owners", { charsMax: 128 }),
    tags: deck.some("tags", 32, { charsMax: 64 }),
    schedule: { kind: "manual" },
    retry: RETRY_NEVER,
    target,
    params: { ...deck.record("params", 40), innerHTML: { __html: deck.one("params") } },
  };
}

function hookTarget(deck: PayloadDeck, hookUrl: string, i: number): Body {
  const values = deck.some("headers", 12, { isAscii: true });
  const [path = "", query = ""] = deck.some("urls", 2, { isPlain: true });
  const way = i % 2 === 0 ? "json" : "html";
  return {
    kind: "webhook",
    url: `${hookUrl}/${way}/${encodeURIComponent(path)}?q=${query.replaceAll(/[\s\\#]/g, encodeURIComponent)}`,
    headers: Object.fromEntries(values.map((value, n) => [`x-hostile-${n}`, value])),
    body: deck.record("bodies", 12),
  };
}

function workTarget(handler: string): Body {
  return { kind: "executor", executor: "working", handler };
}

async function hostileCalendar(client: HostClient, deck: PayloadDeck): Promise<void> {
  const todayMs = Date.now();
  const exclude = deck.some("days", DAYS, { charsMax: 1_024 }).map((name, i) => ({
    date: new Date(todayMs + i * 86_400_000).toISOString().slice(0, 10),
    name,
  }));
  const body = { name: "hostile", description: texts(deck), exclude };
  await client.get("POST", "/calendars", 201, { body });
}

async function running(client: HostClient): Promise<string> {
  const { id } = await client.get("POST", "/jobs/last/runs?overlap=allow", 202);
  await eventually("a run says how far it is", async () => {
    const { progress } = await client.get("GET", `/runs/${id}`, 200);
    return progress === null ? undefined : true;
  });
  return id;
}

async function canceled(client: HostClient, deck: PayloadDeck): Promise<string> {
  const id = await running(client);
  await client.get("POST", `/runs/${id}/cancel`, 202, { body: { reason: texts(deck) } });
  await eventually("a run is canceled", async () => {
    const { state } = await client.get("GET", `/runs/${id}`, 200);
    return state === "canceled" ? true : undefined;
  });
  return id;
}
