import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { listenOnLoopback } from "../listen.ts";

const LIVE_PATH = "/api/v1/live?";
const TOPIC = "runs";
const BEAT_MS = 20;
const SECOND_MS = 1_000;

/** A row as the host told it. */
interface Row {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly [field: string]: unknown;
}

/**
 * Stands before a host and hands everything on, live rows too. It keeps the rows of runs that pass, and can
 * tell them again, faster than a scheduler beside a browser on one small machine would make them.
 */
export class LiveRelay {
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #host: URL;
  readonly #pages = new Set<WebSocket>();
  readonly rows: Row[] = [];
  #seq = 0;
  #ackedSeq = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  url = "";

  private constructor(hostUrl: string) {
    this.#host = new URL(hostUrl);
    this.#server = createServer((asked, answer) => {
      const { method, url } = asked;
      const headers = this.#headersFor(asked.headers);
      const upstream = request(new URL(url ?? "/", this.#host), { method, headers }, (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers);
        got.pipe(answer);
      });
      upstream.on("error", () => answer.destroy());
      answer.on("close", () => upstream.destroy());
      asked.pipe(upstream);
    });
    this.#server.on("upgrade", (asked, socket: Duplex, head) => {
      if (asked.url?.startsWith(LIVE_PATH) !== true) return socket.destroy();
      return this.#sockets.handleUpgrade(asked, socket, head, (page) => {
        this.#relay(page, asked.url ?? "", asked.headers);
      });
    });
  }

  static async before(hostUrl: string): Promise<LiveRelay> {
    const relay = new LiveRelay(hostUrl);
    relay.url = `http://127.0.0.1:${await listenOnLoopback(relay.#server)}`;
    return relay;
  }

  /**
   * Tells rows for a while, so many a second: each is the next of those kept in a newer version, every other
   * one as a run of its own. Resolves with how many there were.
   */
  async replay(perSecond: number, seconds: number): Promise<number> {
    const startedMs = Date.now();
    let told = 0;
    await new Promise<void>((resolve) => {
      this.#timer = setInterval(() => {
        const passedMs = Math.min(Date.now() - startedMs, seconds * SECOND_MS);
        for (; told < (passedMs / SECOND_MS) * perSecond; told++) this.#tell(told);
        if (passedMs === seconds * SECOND_MS) resolve();
      }, BEAT_MS);
    });
    clearInterval(this.#timer);
    return told;
  }

  /** Whether a page has acknowledged the last row. */
  get isAllHeard(): boolean {
    return this.#ackedSeq >= this.#seq;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const page of this.#pages) page.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => void this.#server.close(resolve));
  }

  #tell(nth: number): void {
    const row = this.rows[nth % this.rows.length];
    if (row === undefined) throw new Error("no row has passed yet");
    const id = nth % 2 === 0 ? row.id : `run_${nth.toString(16).padStart(34, "0")}`;
    this.#seq++;
    const version = row.version + nth;
    const text = JSON.stringify({ topic: TOPIC, seq: this.#seq, row: { ...row, id, version } });
    for (const page of this.#pages) page.send(text);
  }

  #relay(page: WebSocket, path: string, asked: IncomingHttpHeaders): void {
    const { cookie = "", origin } = this.#headersFor(asked);
    const address = new URL(path, this.#host);
    address.protocol = "ws:";
    const headers = { cookie, ...(origin === undefined ? {} : { origin }) };
    const upstream = new WebSocket(address, { headers });
    const early: string[] = [];
    upstream.on("open", () => {
      for (const text of early.splice(0)) upstream.send(text);
    });
    upstream.on("message", (data: Buffer) => {
      this.#keep(data.toString("utf8"));
      page.send(data.toString("utf8"));
    });
    page.on("message", (data: Buffer) => {
      const text = data.toString("utf8");
      // What is told again is acknowledged too, of which the host knows nothing.
      const said: { readonly ack?: number } = text.startsWith("{") ? JSON.parse(text) : {};
      if (said.ack !== undefined) this.#ackedSeq = said.ack;
      if (said.ack !== undefined && this.#timer !== undefined) return;
      if (upstream.readyState === WebSocket.OPEN) upstream.send(text);
      else early.push(text);
    });
    this.#pages.add(page);
    page.on("close", () => {
      this.#pages.delete(page);
      upstream.terminate();
    });
    upstream.on("close", () => page.close());
    upstream.on("error", () => page.terminate());
  }

  #keep(text: string): void {
    if (!text.startsWith("{")) return;
    // As GET /live describes it.
    const told: { readonly seq?: number; readonly row?: Row } = JSON.parse(text);
    if (told.seq !== undefined) this.#seq = Math.max(this.#seq, told.seq);
    if (told.row?.kind === "run") this.rows.push(told.row);
  }

  /** The host sees itself asked by its own pages. */
  #headersFor(headers: IncomingHttpHeaders): IncomingHttpHeaders {
    const { origin, referer: _referer, ...others } = headers;
    return {
      ...others,
      host: this.#host.host,
      ...(origin === undefined ? {} : { origin: this.#host.origin }),
    };
  }
}
