import { createServer } from "node:http";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { browserOfFile } from "../support/browser/browser-of-file.ts";
import { ADMIN, type DashboardHost, startStandalone } from "../support/browser/dashboard-host.ts";
import { type Cookies, logIn } from "../support/browser/log-in.ts";
import { type HostileWorld, hostileWorld } from "../support/hostile/hostile-world.ts";
import { payloadsThatRun, WatchedPage } from "../support/hostile/watched-page.ts";
import { listenOnLoopback } from "../support/listen.ts";
import { XSS_PAYLOADS } from "../support/xss-payloads.ts";

const PAYLOADS_MIN = 200;
/** Of these, so many at least run by themselves in today's browsers, where they are written into a page. */
const RUNNING_MIN = 100;
const START_MS_MAX = 120_000;
const TOUR_MS_MAX = 180_000;
const RUN_MS_MAX = 20_000;

const open = browserOfFile();
let host: DashboardHost;
let world: HostileWorld;
let cookies: Cookies;
const shown = new Set<number>();

beforeAll(async () => {
  host = await startStandalone();
  return () => host.stop();
}, START_MS_MAX);
beforeAll(async () => {
  world = await hostileWorld(host.client);
  return () => world.close();
}, START_MS_MAX);
beforeAll(async () => {
  cookies = await logIn(host.client.url, ADMIN);
});

/** Looks through these pages, in a browser that nothing must happen in. */
async function tour(paths: readonly string[]): Promise<WatchedPage> {
  const { url } = host.client;
  const watched = await WatchedPage.over(await open(`${url}/healthz`, { cookies }), url);
  // oxlint-disable-next-line no-await-in-loop -- One page after the other, in one window.
  for (const path of paths) await watched.lookThrough(path);
  for (const n of watched.shown) shown.add(n);
  return watched;
}

/** Addresses with a payload for each value. */
function asked(path: string, ...names: readonly string[]): readonly string[] {
  const values = world.deck.some(`query of ${path}`, 2);
  return values.map((value) => {
    const query = new URLSearchParams(names.map((name) => [name, value]));
    return `${path}?${query.toString()}`;
  });
}

test("the corpus is large, and much of it runs where nothing protects a page", async () => {
  const url = await unprotected();
  const { page } = await open(`${url}/none`);

  const ran = await payloadsThatRun(page, `${url}/all`);

  await expect.poll(() => ran.size, { timeout: RUN_MS_MAX }).toBeGreaterThanOrEqual(RUNNING_MIN);
  expect(new Set(XSS_PAYLOADS).size).toBeGreaterThanOrEqual(PAYLOADS_MIN);
});

test.each([
  ["runs", "<svg onload=__xss(7)>", /payload 7 ran/],
  ["grows into an element", "<b onclick=__xss(7)>x</b>", /grown from a text: <b onclick/],
  ["is a link that runs something", "<a href='javascript:__xss(7)'>x</a>", /grown from a text: <a/],
  ["goes elsewhere", "<script>location = '/elsewhere'</script>", /it went to/],
  ["asks somebody else", "<img src='http://192.0.2.1/x'>", /a request to elsewhere/],
])("what %s is found", async (_, html, fault) => {
  const url = await unprotected();
  const watched = await WatchedPage.over(await open(`${url}/none`), url);

  await expect(watched.lookThrough(`/?${encodeURIComponent(html)}`)).rejects.toThrow(fault);
});

/** A server that writes texts into its pages as they are: one, all in frames, or what its query says. */
async function unprotected(): Promise<string> {
  const frames = XSS_PAYLOADS.map((_, n) => `<iframe src="/${n}"></iframe>`).join("");
  const server = createServer((request, response) => {
    const [path = "", query = ""] = (request.url ?? "").slice(1).split("?");
    response.setHeader("content-type", "text/html; charset=utf-8");
    const body = path === "all" ? frames : (XSS_PAYLOADS[Number(path || -1)] ?? "");
    response.end(
      `<!doctype html><link rel=icon href=data:,><h1>x</h1>${body}${decodeURIComponent(query)}`,
    );
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${await listenOnLoopback(server)}`;
}

test(
  "no payload does anything on the pages of jobs and calendars",
  async () => {
    const [first = "", second = ""] = world.jobs.jobs;
    await tour([
      "/",
      "/calendar",
      "/calendar?history=hostile",
      ...asked("/calendar", "history"),
      "/jobs",
      "/jobs?group=tag",
      ...asked("/jobs", "q", "tag", "owner", "executor"),
      ...[first, "hostile-9", "hostile-10", "tell", "daily"].map((job) => `/jobs/${job}`),
      `/jobs/${second}/edit`,
      "/jobs/hostile-8/edit?as=json",
      "/jobs/new?copy=hostile-7",
    ]);
  },
  TOUR_MS_MAX,
);

test(
  "no payload does anything on the pages of runs and their logs",
  async () => {
    await tour([
      "/runs",
      "/runs?deadLetter=true",
      ...asked("/runs", "q", "job", "node", "slowerThan", "state", "trigger", "from"),
      ...world.jobs.runs.map((run) => `/runs/${run}`),
    ]);
  },
  TOUR_MS_MAX,
);

test(
  "no payload does anything on the pages of workflows",
  async () => {
    const { workflows, runs, steps } = world.workflows;
    const [done = "", , waiting = "", failed = ""] = runs;
    await tour([
      "/workflows",
      ...asked("/workflows", "q", "tag", "owner"),
      ...workflows.flatMap((name) => [`/workflows/${name}`, `/workflows/${name}/edit`]),
      "/workflow-runs",
      ...runs.map((run) => `/workflow-runs/${run}`),
      ...steps.map((step) => `/workflow-runs/${done}?step=${step}`),
      `/workflow-runs/${waiting}?step=script`,
      `/workflow-runs/${failed}?step=toString`,
      ...asked(`/workflow-runs/${failed}`, "step", "find", "state"),
    ]);
  },
  TOUR_MS_MAX,
);

test(
  "no payload does anything on the pages of executors and of the settings",
  async () => {
    const entries: readonly { readonly seq: number }[] = await host.client.all("/audit");
    const every = Math.ceil(entries.length / 8);
    await tour([
      "/executors",
      ...world.executors.map((appKey) => `/executors/${appKey}`),
      ...["account", "sessions", "users", "tokens", "namespaces", "about", "audit"].map(
        (section) => `/settings/${section}`,
      ),
      ...asked("/settings/audit", "actor", "object", "action", "from"),
      ...entries.filter((_, i) => i % every === 0).map(({ seq }) => `/settings/audit?entry=${seq}`),
    ]);
  },
  TOUR_MS_MAX,
);

test(
  "no payload in an address or in a search does anything",
  async () => {
    const segments = world.deck.some("segments", 6, { isPlain: true }).map(encodeURIComponent);
    const [job, run, workflow, workflowRun, executor, section] = segments;
    const watched = await tour([
      `/jobs/${job}`,
      `/runs/${run}`,
      `/workflows/${workflow}`,
      `/workflow-runs/${workflowRun}`,
      `/executors/${executor}`,
      `/settings/${section}`,
      "/jobs#<img src=x onerror=__xss(0)>",
    ]);
    for (const text of ["hostile", ...world.deck.some("searches", 6, { isPlain: true })])
      // oxlint-disable-next-line no-await-in-loop -- It is one search after the other.
      await watched.search(text);
  },
  TOUR_MS_MAX,
);

test("almost every payload has stood on some page", () => {
  expect(shown.size).toBeGreaterThanOrEqual(PAYLOADS_MIN);
});
