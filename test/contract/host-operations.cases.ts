import { expect } from "vitest";
import { aWebhookJob, type HostCase, listed, type Scene } from "./host-case.ts";

/** What operators and readers ask. */
export const HOST_OPERATION_CASES: readonly HostCase[] = [
  { name: "a host says that it lives and is ready", run: readiness },
  { name: "metrics are in the text format of Prometheus, for those with a token", run: metrics },
  { name: "the API describes itself, also to people, without another host", run: docs },
  { name: "lists are filtered, and read page by page", run: pages },
  { name: "a schedule can be previewed", run: preview },
];

async function readiness({ client }: Scene): Promise<void> {
  const health = await client.ask("GET", "/healthz", { token: null });
  const ready = await client.ask("GET", "/readyz", { token: null });

  expect(health).toMatchObject({ status: 200, json: { ok: true } });
  expect(ready, ready.text).toMatchObject({
    status: 200,
    json: { ready: true, records: { reachable: true } },
  });
  const { count, answering, armed } = ready.json.shards;
  expect([answering, armed]).toEqual([count, count]);
}

async function metrics({ client }: Scene): Promise<void> {
  const refused = await client.ask("GET", "/metrics", { token: null });
  const told = await client.ask("GET", "/metrics");

  expect(refused.status).toBe(401);
  expect(told.status).toBe(200);
  expect(told.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  for (const name of ["shard_up", "runs_ended_total", "tick_lag_seconds", "outbox_rows"])
    expect(told.text).toContain(`# TYPE tickwheel_${name} `);
  expect(told.text).toMatch(/^tickwheel_due_entries\{shard="0"\} \d+$/m);
}

async function docs({ client }: Scene): Promise<void> {
  const spec = await client.ask("GET", "/openapi.json", { token: null });
  const page = await client.ask("GET", "/docs", { token: null });
  const viewer = /<script type="module" src="([^"]+)">/.exec(page.text)?.[1] ?? "";
  const script = await client.ask("GET", viewer, { token: null });

  expect(spec.json.openapi).toBe("3.1.0");
  expect(Object.keys(spec.json.paths)).toContain("/api/v1/jobs/{job}/runs");
  expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
  expect(page.text).not.toMatch(/https?:\/\/(?!127\.0\.0\.1)/);
  expect(script.status).toBe(200);
  expect(script.headers.get("content-type")).toMatch(/^text\/javascript/);
}

async function pages(scene: Scene): Promise<void> {
  const { client } = scene;
  const names = ["page-1", "page-2", "page-3"];
  for (const name of names) {
    const job = aWebhookJob(name, "https://example.com/hook", { tags: ["paged"] });
    // oxlint-disable-next-line no-await-in-loop -- Their order is that of their names.
    await client.get("PUT", `/jobs/${name}`, 201, { body: job });
  }
  await listed(scene, "/jobs?tag=paged", (items) => items.length === names.length);

  const first = await client.get("GET", "/jobs?tag=paged&limit=2", 200);
  const cursor = encodeURIComponent(first.nextCursor);
  const second = await client.get("GET", `/jobs?tag=paged&limit=2&cursor=${cursor}`, 200);

  const shown = [...first.items, ...second.items].map(({ name }) => name);
  expect(shown).toEqual(names);
  expect(second.nextCursor).toBeNull();
  const bad = await client.ask("GET", "/api/v1/jobs?cursor=x");
  expect(bad).toMatchObject({ status: 400, json: { code: "cursor.invalid" } });
}

async function preview({ client }: Scene): Promise<void> {
  const told = await client.get("POST", "/schedules/preview", 200, {
    body: {
      schedule: { kind: "cron", cron: "30 2 * * *", timezone: "Europe/Berlin" },
      from: "2027-01-01T00:00:00Z",
      count: 2,
    },
  });

  expect(told.ticks.map(({ at }: { readonly at: string }) => at)).toEqual([
    "2027-01-01T01:30:00.000Z",
    "2027-01-02T01:30:00.000Z",
  ]);
}
