import { createHash, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { assert } from "../../src/core/assert.ts";
import { HranaError } from "./hrana-connection.ts";
import { pipelineBody } from "./hrana-requests.ts";
import type { StreamReply } from "./hrana-stream.ts";
import { HranaStreams } from "./hrana-streams.ts";

const BODY_BYTES_MAX = 32 * 1024 * 1024;

export interface HranaFront {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves a libSQL file to the libSQL client of a local workerd, which has no file system: Hrana
 * over HTTP, `POST /v2/pipeline` and `/v3/pipeline` in JSON. For development only: it listens on
 * loopback, asks for the bearer token in every request and knows one database. Refuses another
 * host.
 */
export async function startHrana(options: {
  readonly file: string;
  readonly token: string;
  readonly port: number;
  readonly host: string;
}): Promise<HranaFront> {
  if (!/^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(options.host)) {
    throw new Error(`the development database serves loopback only, not ${options.host}`);
  }
  const streams = new HranaStreams(options.file);
  const tokenDigest = digest(`Bearer ${options.token}`);
  const server = createServer((request, response) => {
    const isKnown = timingSafeEqual(digest(request.headers.authorization ?? ""), tokenDigest);
    const answer = isKnown ? respond(request, streams) : unauthorized(request);
    void answer.then((reply) => send(response, reply));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  assert(address !== null && typeof address === "object", "a TCP server has an address");
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${address.port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      streams.close();
    },
  };
}

interface Reply {
  readonly status: number;
  readonly body: object;
}

async function respond(request: IncomingMessage, streams: HranaStreams): Promise<Reply> {
  const route = `${request.method ?? ""} ${request.url ?? ""}`;
  if (/^GET \/v[23]\/?$/.test(route)) return { status: 200, body: {} };
  if (!/^POST \/v[23]\/pipeline$/.test(route)) return failure(404, "NOT_FOUND", "no such route");
  try {
    const text = await readText(request);
    if (text === null) return failure(413, "BODY_TOO_LARGE", "the body is too large");
    const parsed = pipelineBody.safeParse(JSON.parse(text));
    if (!parsed.success) return failure(400, "PROTO_ERROR", parsed.error.message);
    return { status: 200, body: await runPipeline(parsed.data, streams) };
  } catch (error) {
    const code = error instanceof HranaError ? error.code : "PROTO_ERROR";
    return failure(400, code, error instanceof Error ? error.message : String(error));
  }
}

async function runPipeline(
  pipeline: ReturnType<typeof pipelineBody.parse>,
  streams: HranaStreams,
): Promise<object> {
  const stream = streams.take(pipeline.baton ?? null);
  const results: StreamReply[] = [];
  try {
    for (const step of pipeline.requests) {
      // The requests of a pipeline run one after the other: that is what a pipeline is.
      // oxlint-disable-next-line no-await-in-loop
      results.push(await stream.answer(step));
    }
  } finally {
    streams.giveBack(stream);
  }
  return { baton: streams.batonOf(stream), base_url: null, results };
}

async function unauthorized(request: IncomingMessage): Promise<Reply> {
  request.resume();
  return failure(401, "UNAUTHORIZED", "the bearer token is missing or wrong");
}

function failure(status: number, code: string, message: string): Reply {
  return { status, body: { message, code } };
}

/** Null when the body is longer than the limit. */
async function readText(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  // Without an encoding a request gives buffers.
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function send(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, { "content-type": "application/json" });
  response.end(JSON.stringify(reply.body));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
