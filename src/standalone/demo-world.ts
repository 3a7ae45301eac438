import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Json } from "../core/json.ts";
import type { Log } from "../ports/log.ts";
import { keepSecret, type DataFolder } from "./data-folder.ts";
import { createDemoApp, DEMO_APP } from "./demo-app.ts";
import { DEMO_PATH, demoJobs, demoWorkflow, type Demo } from "./demo.ts";

/** Says that the demo was made once: what a person deletes of it stays deleted. */
const MADE_FILE = "demo-made";

interface Place {
  readonly origin: string;
  readonly folder: DataFolder;
  readonly token: string;
  readonly demo: Demo;
  /** The API of this process, without the network. */
  readonly answer: (request: Request) => Promise<Response>;
  readonly log: Log;
}

/**
 * Makes the demo of the development profile at its first start, by the API, as anybody would: jobs, a workflow,
 * and an executor that runs in this process. Later starts only start the executor again.
 */
export async function makeDemo(place: Place): Promise<void> {
  const { folder, log } = place;
  log.info("Development profile: loopback only, with demo jobs. For production: npm run serve.");
  const isFirst = !existsSync(folder.fileOf(MADE_FILE));
  if (isFirst) await makeExecutor(place);
  await startApp(place);
  if (!isFirst) return;
  await ask(place, "PUT", "/workflows/demo-flow", demoWorkflow(place.origin));
  const jobs = Object.entries(demoJobs(place.origin));
  await Promise.all(jobs.map(([name, job]) => ask(place, "PUT", `/jobs/${name}`, job)));
  writeFileSync(folder.fileOf(MADE_FILE), "");
}

async function makeExecutor(place: Place): Promise<void> {
  const { appKey } = DEMO_APP;
  const wanted = { appKey, name: "Demo executor", registration: "auto" };
  const made = await ask(place, "POST", "/executors", wanted);
  // Made by the server, which shows the secret in this one answer.
  const { appSecret }: { readonly appSecret?: string } = made ?? {};
  if (appSecret !== undefined) keepSecret(place.folder, DEMO_APP.secretFile, appSecret);
}

async function startApp(place: Place): Promise<void> {
  const { origin, folder, demo, log } = place;
  const file = folder.fileOf(DEMO_APP.secretFile);
  if (!existsSync(file)) return;
  const executor = await ask(place, "GET", `/executors/${DEMO_APP.appKey}`, null);
  const { deployment }: { readonly deployment?: string } = executor ?? {};
  if (deployment === undefined) return;
  demo.app = createDemoApp({
    origin,
    deployment,
    appSecret: readFileSync(file, "utf8").trim(),
    address: `${origin}${DEMO_PATH}${DEMO_APP.path}`,
    log,
  });
  await demo.app.start();
}

/** What the API answered; null, and a line of the log, when it refused. */
async function ask(
  { origin, token, answer, log }: Place,
  method: string,
  path: string,
  body: Json,
): Promise<object | null> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const init =
    body === null ? { method, headers } : { method, headers, body: JSON.stringify(body) };
  const got = await answer(new Request(`${origin}/api/v1${path}`, init));
  if (got.ok) return got.json();
  log.warn("A part of the demo was refused.", { path, problem: await got.text() });
  return null;
}
