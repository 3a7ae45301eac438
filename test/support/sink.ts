import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { within } from "./eventually.ts";
import { listenOnLoopback } from "./listen.ts";

/** One request as it arrived: evidence that nothing of ours has touched. */
export interface Arrival {
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type SinkAnswer =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Sent as JSON; nothing when absent. */
      readonly json?: unknown;
    }
  /** The connection stays open and silent. */
  | "never"
  /** The connection is reset. */
  | "reset";

/** How a path answers; `nth` counts its arrivals from 1. A promise delays the answer until it is settled. */
export type SinkScript = (arrival: Arrival, nth: number) => SinkAnswer | Promise<SinkAnswer>;

const OK: SinkAnswer = { status: 200, json: {} };
const ARRIVAL_WAIT_MS = 15_000;

/** A server on loopback that writes down what arrives, only ever adding to its log, and answers by script. */
export class Sink {
  readonly url: string;
  readonly #server: Server;
  readonly #log: Arrival[] = [];
  readonly #byPath = new Map<string, Arrival[]>();
  readonly #scripts = new Map<string, SinkScript>();
  readonly #arrived = new EventEmitter().setMaxListeners(0);

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async open(): Promise<Sink> {
    const server = createServer({ keepAliveTimeout: 30_000 });
    const sink = new Sink(server, `http://127.0.0.1:${await listenOnLoopback(server)}`);
    server.on("request", (request, response) => void sink.#take(request, response));
    return sink;
  }

  /** Everything that arrived, in order. */
  get log(): readonly Arrival[] {
    return this.#log;
  }

  /** Sets how a path answers from now on; a path without a script answers 200. Returns its URL. */
  on(path: string, script: SinkScript): string {
    this.#scripts.set(path, script);
    return this.url + path;
  }

  /** The same with a list of answers: one an arrival, the last one for all that follow. */
  answers(path: string, ...answers: readonly SinkAnswer[]): string {
    return this.on(path, (_arrival, nth) => answers[Math.min(nth, answers.length) - 1] ?? OK);
  }

  at(path: string): readonly Arrival[] {
    return this.#byPath.get(path) ?? [];
  }

  /** The first `count` arrivals of a path, as soon as there are as many. */
  async arrivals(path: string, count: number): Promise<readonly [Arrival, ...Arrival[]]> {
    const enough = async (): Promise<void> => {
      // oxlint-disable-next-line no-await-in-loop -- It is the waiting that is wanted.
      while (this.at(path).length < count) await once(this.#arrived, path);
    };
    await within(`${count} arrivals at ${path}`, enough(), ARRIVAL_WAIT_MS);
    const [first, ...others] = this.at(path).slice(0, count);
    if (first === undefined) throw new Error("at least one arrival is waited for");
    return [first, ...others];
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Whoever is killed while it sends leaves half a request, and that is none.
    const body = await readAll(request).catch(() => null);
    if (body === null) return;
    const path = new URL(request.url ?? "/", this.url).pathname;
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const arrival = { atMs: Date.now(), method: request.method ?? "", path, headers, body };
    this.#log.push(arrival);
    const ofPath = this.#byPath.get(path) ?? [];
    this.#byPath.set(path, ofPath);
    const nth = ofPath.push(arrival);
    this.#arrived.emit(path);
    const script = this.#scripts.get(path);
    send(request, response, script === undefined ? OK : await script(arrival, nth));
  }
}

function send(request: IncomingMessage, response: ServerResponse, answer: SinkAnswer): void {
  if (answer === "never") return;
  if (answer === "reset") {
    request.socket.resetAndDestroy();
    return;
  }
  const text = answer.json === undefined ? "" : JSON.stringify(answer.json);
  response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
  response.end(text);
}

async function readAll(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  // Without an encoding a request gives buffers.
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

/** Which run an arrival belongs to, as its headers say. */
export function runOf(arrival: Arrival): string {
  return arrival.headers["tickwheel-run"] ?? "";
}

export function attemptOf(arrival: Arrival): number {
  return Number(arrival.headers["tickwheel-attempt"]);
}

export function nominalOf(arrival: Arrival): number {
  return Date.parse(arrival.headers["tickwheel-nominal"] ?? "");
}
