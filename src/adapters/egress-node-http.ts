import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { LookupFunction, Socket } from "node:net";
import type { BreakOff, Egress, EgressAnswer, EgressRequest } from "../ports/egress.ts";
import { DeadlineSweep } from "./deadline-sweep.ts";
import { Exchange, refused, unreachable, type ExchangeSetting } from "./egress-exchange.ts";
import { failureOf } from "./egress-failure.ts";
import { headerFault } from "./egress-headers.ts";
import { EgressRefused, guardedLookup, refusesPeer } from "./egress-lookup.ts";
import { ACCEPT_ENCODING, systemResolve, type EgressOptions } from "./egress-options.ts";
import type { UrlVerdict } from "./egress-policy.ts";

type Place = Extract<UrlVerdict, { readonly ok: true }>;

/** The way out on Bun and Deno, and wherever `node:http` is: all of them honour its `lookup`. */
export function createNodeHttpEgress(options: EgressOptions): Egress {
  const { policy } = options;
  const client = new Client(options);

  return {
    refuses(url) {
      const verdict = policy.judge(url);
      return verdict.ok ? null : verdict.why;
    },

    send(request, breakOff) {
      const place = policy.judge(request.url);
      if (!place.ok) return Promise.resolve(refused(place.why));
      const fault = firstFault(request.headers);
      if (fault !== null) return Promise.resolve(refused(`the request is malformed: ${fault}`));
      return client.send(request, place, breakOff);
    },

    async close() {
      client.close();
    },
  };
}

class Client {
  readonly #options: EgressOptions;
  readonly #lookup: LookupFunction;
  readonly #setting: ExchangeSetting;
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;
  readonly #running = new Set<ClientRequest>();
  #isClosed = false;

  constructor(options: EgressOptions) {
    this.#options = options;
    this.#lookup = guardedLookup(options.policy, options.resolve ?? systemResolve);
    this.#setting = { limits: options.limits, sweep: new DeadlineSweep() };
    const agentOptions = {
      keepAlive: true,
      maxSockets: options.connectionsPerOrigin.soon,
      maxFreeSockets: options.connectionsPerOrigin.soon,
      // Closes unused connections; on those in use it only raises an event that nobody hears.
      timeout: options.limits.keepAliveMs,
    };
    this.#http = new HttpAgent(agentOptions);
    this.#https = new HttpsAgent(agentOptions);
  }

  send(request: EgressRequest, place: Place, breakOff?: BreakOff): Promise<EgressAnswer> {
    if (this.#isClosed) return Promise.resolve(unreachable("the scheduler is shutting down"));
    return new Promise((resolve) => {
      const exchange = new Exchange(this.#setting, request.timeoutMs, resolve);
      try {
        const wire = this.#open(request, place);
        this.#running.add(wire);
        wire.once("close", () => this.#running.delete(wire));
        wire.on("error", (error) => exchange.fail(failureOf(error, exchange.hasBegun)));
        const connectTimeoutMs = Math.min(
          request.connectTimeoutMs ?? Number.POSITIVE_INFINITY,
          this.#options.limits.connectTimeoutMs,
        );
        wire.on("socket", (socket: Socket) =>
          this.#begin({ wire, socket, exchange, place, connectTimeoutMs }),
        );
        wire.on("response", (answer: IncomingMessage) => read(answer, exchange));
        wire.end(request.body ?? undefined);
        exchange.follow(breakOff);
      } catch (error) {
        exchange.fail(failureOf(error, exchange.hasBegun));
      }
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const wire of this.#running) wire.destroy(new Error("the scheduler is shutting down"));
    this.#http.destroy();
    this.#https.destroy();
  }

  #open(request: EgressRequest, place: Place): ClientRequest {
    const requestOptions: RequestOptions = {
      hostname: place.hostname,
      port: place.port,
      path: place.path,
      method: request.method,
      headers: { ...request.headers, "accept-encoding": ACCEPT_ENCODING },
      lookup: this.#lookup,
      maxHeaderSize: this.#options.limits.headerBytesMax,
    };
    return place.isTls
      ? httpsRequest({ ...requestOptions, agent: this.#https })
      : httpRequest({ ...requestOptions, agent: this.#http });
  }

  /** Follows a connection until the request leaves over it. */
  #begin(step: {
    readonly wire: ClientRequest;
    readonly socket: Socket;
    readonly exchange: Exchange;
    readonly place: Place;
    readonly connectTimeoutMs: number;
  }): void {
    const { wire, socket, exchange, place, connectTimeoutMs } = step;
    if (exchange.hasBegun) {
      // Deno sends a request again by itself when a kept connection dies under it (2.9.5), whatever
      // its method. Whether to send again is the shard's decision.
      wire.destroy(new Error("the connection closed before an answer came"));
      return;
    }
    const leave = () => {
      const why = refusesPeer(this.#options.policy, socket.remoteAddress);
      if (why === null) exchange.begin(() => wire.destroy());
      else wire.destroy(new EgressRefused(why));
    };
    // A lookup that failed at once has destroyed it already; its error follows.
    if (socket.destroyed) return;
    if (!socket.connecting) return leave();
    const timer = setTimeout(() => {
      wire.destroy(new Error(`no connection within ${connectTimeoutMs} ms`));
    }, connectTimeoutMs);
    socket.once("close", () => clearTimeout(timer));
    socket.once(place.isTls ? "secureConnect" : "connect", () => {
      clearTimeout(timer);
      leave();
    });
  }
}

function read(answer: IncomingMessage, exchange: Exchange): void {
  const headers: Record<string, string> = {};
  const { rawHeaders } = answer;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    headers[rawHeaders[i]?.toLowerCase() ?? ""] = rawHeaders[i + 1] ?? "";
  exchange.answered(answer.statusCode ?? 0, headers, rawHeaders.length / 2);
  answer.on("data", (chunk: Buffer) => exchange.body(chunk));
  answer.on("end", () => exchange.end());
  answer.on("error", (error) => exchange.fail(failureOf(error, true)));
}

function firstFault(headers: Readonly<Record<string, string>>): string | null {
  for (const name in headers) {
    const fault = headerFault(name, headers[name] ?? "");
    if (fault !== null) return fault;
  }
  return null;
}
