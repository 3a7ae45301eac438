/**
 * The far end of the benchmarks, as a process of its own: answers 200 at once and remembers what came.
 * `GET /stats` tells, `GET /count` tells how many came, `GET /gaps` how
 * long after an answer the next one came, `GET /example` shows the last request, and
 * `POST /reset` forgets. Prints its port.
 */
import { createServer, type ServerResponse } from "node:http";

const seen = new Map<string, number>();
const latenessMs: number[] = [];
/** From the last answer to the arrival after it: of use where one request follows the other. */
const gapsMs: number[] = [];
let answeredMs = 0;
let example = { headers: {}, body: "" };
let firstMs = 0;
let lastMs = 0;

/** How long each answer takes, as a handler would. */
const DELAY_MS = Number(process.argv[2] ?? 0);

const nowMs = (): number => performance.timeOrigin + performance.now();
const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

function spread(values: readonly number[]): object {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    max: sorted.at(-1) ?? 0,
  };
}

function stats(): object {
  let doubled = 0;
  for (const times of seen.values()) doubled += times - 1;
  return {
    received: latenessMs.length,
    unique: seen.size,
    doubled,
    firstMs,
    lastMs,
    latenessMs: spread(latenessMs),
  };
}

function answer(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end('{"result":1}');
  answeredMs = nowMs();
}

const server = createServer((request, response) => {
  // Asked while the herd arrives: it must not cost what the bare client is spared.
  if (request.url === "/count") return void response.end(String(seen.size));
  if (request.url === "/stats") return void response.end(JSON.stringify(stats()));
  if (request.url === "/gaps") return void response.end(JSON.stringify(spread(gapsMs)));
  if (request.url === "/example") return void response.end(JSON.stringify(example));
  if (request.url === "/reset") {
    seen.clear();
    latenessMs.length = 0;
    gapsMs.length = 0;
    answeredMs = 0;
    firstMs = 0;
    return void response.end("{}");
  }
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString("latin1")));
  request.on("end", () => {
    lastMs = nowMs();
    if (firstMs === 0) firstMs = lastMs;
    const { headers } = request;
    if (headers["tickwheel-run"] === undefined) return void response.end("{}");
    const nominalMs = Date.parse(String(headers["tickwheel-nominal"]));
    latenessMs.push(lastMs - nominalMs);
    if (answeredMs > 0) gapsMs.push(lastMs - answeredMs);
    const run = String(headers["tickwheel-run"]);
    seen.set(run, (seen.get(run) ?? 0) + 1);
    example = { headers, body };
    if (DELAY_MS > 0) setTimeout(() => answer(response), DELAY_MS);
    else answer(response);
    return undefined;
  });
  return undefined;
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null) process.stdout.write(`${address.port}\n`);
});
