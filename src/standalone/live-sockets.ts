import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { CLOSE, type LiveSocket } from "../api/live-hub.ts";
import type { Clock } from "../ports/clock.ts";
import { type Accepted, LiveUpgrade } from "./live-upgrade.ts";
import { answerRaw, requestOf } from "./raw-http.ts";

const LIMITS = {
  socketsMax: 1_000,
  /** Longer ones end the connection; those that are merely too long are told so by the hub. */
  messageBytesMax: 65_536,
  /** Bytes that wait to be written: beyond the first a socket gets no more, below the second it does. */
  cloggedBytes: 1_048_576,
  openBytes: 262_144,
  /** A socket that has not answered a ping by the next one is dead. */
  pingEveryMs: 30_000,
  /** How long a socket may outlast the session that opened it. */
  sweepEveryMs: 5_000,
  /** How long sockets may take to say goodbye at the end. */
  farewellMs: 500,
} as const;

export interface LiveSocketsDeps {
  readonly clock: Clock;
  /** The API: it says who may come in. */
  readonly fetch: (request: Request, env: unknown) => Response | Promise<Response>;
  /** Those who have the sockets: they look after them every few seconds, and close them at the end. */
  readonly hubs: { readonly sweep: () => Promise<void>; readonly close: () => void };
}

/**
 * The WebSockets of this process. A request to upgrade goes through the API like any other, so that one place
 * decides; what it accepts becomes a socket, and what it refuses is answered.
 */
export class LiveSockets {
  readonly #deps: LiveSocketsDeps;
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: LIMITS.messageBytesMax,
    perMessageDeflate: false,
  });
  /** Each with whether it has answered since the last ping. */
  readonly #sockets = new Map<WebSocket, boolean>();
  readonly #pings: ReturnType<typeof setInterval>;
  readonly #sweeps: ReturnType<typeof setInterval>;

  constructor(deps: LiveSocketsDeps) {
    this.#deps = deps;
    this.#pings = setInterval(() => this.#ping(), LIMITS.pingEveryMs);
    this.#pings.unref();
    this.#sweeps = setInterval(() => void deps.hubs.sweep(), LIMITS.sweepEveryMs);
    this.#sweeps.unref();
  }

  /** Takes the server's `upgrade` event. */
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A connection that breaks now has nobody else who listens.
    socket.on("error", () => socket.destroy());
    this.#decide(incoming, socket, head).catch(() => socket.destroy());
  }

  /** Closes all sockets, and ends the connections of those that do not hear it. */
  async close(): Promise<void> {
    clearInterval(this.#pings);
    clearInterval(this.#sweeps);
    this.#deps.hubs.close();
    const gone = [...this.#sockets.keys()].map(
      (ws) => new Promise((resolve) => ws.once("close", resolve)),
    );
    const patience = new Promise((resolve) => setTimeout(resolve, LIMITS.farewellMs));
    await Promise.race([Promise.all(gone), patience]);
    for (const ws of this.#sockets.keys()) ws.terminate();
    this.#server.close();
  }

  async #decide(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const upgrade = new LiveUpgrade(this.#sockets.size < LIMITS.socketsMax);
    const request = requestOf(incoming);
    const answer =
      request === null
        ? new Response(null, { status: 400 })
        : await this.#deps.fetch(request, { incoming, upgrade });
    const { accepted } = upgrade;
    if (accepted === null) return answerRaw(socket, answer);
    return this.#server.handleUpgrade(incoming, socket, head, (ws) => this.#enter(ws, accepted));
  }

  #enter(ws: WebSocket, { hub, opening }: Accepted): void {
    const { clock } = this.#deps;
    const member = socketOf(ws, () => hub.pump(member, clock.nowMs()));
    this.#sockets.set(ws, true);
    ws.on("pong", () => this.#sockets.set(ws, true));
    ws.on("message", (data, isBinary) => {
      // Binary is none of our messages; text comes as one buffer.
      const text = isBinary || !Buffer.isBuffer(data) ? null : data.toString("utf8");
      hub.message(member, text, clock.nowMs());
    });
    // What is wrong with a connection ends it, and its end is all that matters.
    ws.on("error", () => ws.terminate());
    ws.on("close", () => {
      this.#sockets.delete(ws);
      hub.left(member, clock.nowMs());
    });
    hub.join(member, opening, clock.nowMs());
  }

  #ping(): void {
    for (const [ws, isAlive] of this.#sockets) {
      if (!isAlive) {
        ws.terminate();
        continue;
      }
      this.#sockets.set(ws, false);
      ws.ping();
    }
  }
}

function socketOf(ws: WebSocket, onOpen: () => void): LiveSocket {
  let isClogged = false;
  return {
    get isClogged() {
      return isClogged;
    },
    send(text) {
      ws.send(text, () => {
        if (!isClogged || ws.bufferedAmount > LIMITS.openBytes) return;
        isClogged = false;
        onOpen();
      });
      isClogged ||= ws.bufferedAmount > LIMITS.cloggedBytes;
    },
    close(code, reason) {
      ws.close(code, reason);
      // One that does not read would never answer to that.
      if (code !== CLOSE.goingAway) setTimeout(() => ws.terminate(), LIMITS.farewellMs).unref();
    },
    // This process keeps its memory as long as its sockets.
    keep: () => {},
  };
}
