import { isIP } from "node:net";
import { Client, buildConnector, type Dispatcher } from "undici";
import type { Egress, EgressAnswer, EgressRequest } from "../ports/egress.ts";
import { DeadlineSweep } from "./deadline-sweep.ts";
import { Exchange, refused, unreachable, type ExchangeSetting } from "./egress-exchange.ts";
import { failureOf } from "./egress-failure.ts";
import { EgressRefused, guardedLookup, refusesPeer } from "./egress-lookup.ts";
import { ACCEPT_ENCODING, systemResolve, type EgressOptions } from "./egress-options.ts";
import { OriginClients, type Outgoing } from "./origin-clients.ts";

/**
 * The way out on Node: clients of undici, which carry twice as many requests as `node:http`. Bun and Deno
 * ignore undici's connector, and with it the guard: never use this there.
 */
export function createUndiciEgress(options: EgressOptions): Egress {
  const origins = new Origins(options);
  const setting: ExchangeSetting = { limits: options.limits, sweep: new DeadlineSweep() };
  let isClosed = false;

  return {
    refuses(url) {
      const verdict = options.policy.judge(url);
      return verdict.ok ? null : verdict.why;
    },

    send(request, breakOff) {
      const verdict = options.policy.judge(request.url);
      if (!verdict.ok) return Promise.resolve(refused(verdict.why));
      if (isClosed) return Promise.resolve(unreachable("the scheduler is shutting down"));
      return new Promise<EgressAnswer>((resolve) => {
        const exchange = new Exchange(setting, request.timeoutMs, resolve);
        exchange.follow(breakOff);
        try {
          const clients = origins.of(verdict.origin);
          clients.send(new OutgoingExchange(exchange, dispatchOptions(request, verdict.path)));
          // Where one connection stands the target is reached: the request only waits for its turn.
          if (request.connectTimeoutMs !== undefined)
            exchange.connectWithin(request.connectTimeoutMs, () => clients.isConnected);
        } catch (error) {
          exchange.fail(failureOf(error, exchange.hasBegun));
        }
      });
    },

    async close() {
      isClosed = true;
      await origins.close();
    },
  };
}

function dispatchOptions(request: EgressRequest, path: string): Dispatcher.DispatchOptions {
  return {
    method: request.method,
    path,
    headers: { ...request.headers, "accept-encoding": ACCEPT_ENCODING },
    body: request.body,
    // A request is written once and to one connection only, whatever its method promises.
    idempotent: false,
    // Time is kept by the exchange: to the hundredth of a second, and over all phases at once.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
}

/** A request on its way out, which translates undici's events for its exchange. */
class OutgoingExchange implements Outgoing, Dispatcher.DispatchHandler {
  readonly options: Dispatcher.DispatchOptions;
  readonly #exchange: Exchange;
  #ended: () => void = () => {};

  constructor(exchange: Exchange, options: Dispatcher.DispatchOptions) {
    this.#exchange = exchange;
    this.options = options;
  }

  get isOver(): boolean {
    return this.#exchange.isSettled;
  }

  handler(ended: () => void): Dispatcher.DispatchHandler {
    this.#ended = ended;
    return this;
  }

  fail(error: Error): void {
    this.#exchange.fail(failureOf(error, this.#exchange.hasBegun));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#exchange.begin(() => controller.abort(new Error("the exchange is over")));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    // 1xx are not the answer yet.
    if (status < 200) return;
    const count = Array.isArray(controller.rawHeaders) ? controller.rawHeaders.length / 2 : 0;
    this.#exchange.answered(status, lastOfEach(headers), count);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#exchange.body(chunk);
  }

  onResponseEnd(): void {
    this.#exchange.end();
    this.#ended();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
    this.#ended();
  }
}

/** Most answers say nothing twice: theirs is the record that undici made for us. */
function lastOfEach(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Readonly<Record<string, string>> {
  if (isSingle(headers)) return headers;
  const single: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined) single[name] = last;
  }
  return single;
}

function isSingle(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): headers is Readonly<Record<string, string>> {
  for (const name in headers) if (typeof headers[name] !== "string") return false;
  return true;
}

/** Connections by origin; beyond the limit the origin unused for longest ends its requests and closes. */
class Origins {
  readonly #options: EgressOptions;
  readonly #connect: buildConnector.connector;
  readonly #origins = new Map<string, OriginClients>();
  readonly #closing = new Set<Promise<void>>();
  #last: { readonly origin: string; readonly clients: OriginClients } | null = null;

  constructor(options: EgressOptions) {
    this.#options = options;
    this.#connect = guardedConnector(options);
  }

  of(origin: string): OriginClients {
    if (this.#last?.origin === origin) return this.#last.clients;
    const clients = this.#origins.get(origin) ?? this.#open(origin);
    // Set anew, it is the youngest: the map keeps the order of use.
    this.#origins.delete(origin);
    this.#origins.set(origin, clients);
    this.#last = { origin, clients };
    this.#evict();
    return clients;
  }

  async close(): Promise<void> {
    const all = [...this.#origins.values()];
    this.#origins.clear();
    this.#last = null;
    await Promise.all(all.map((clients) => clients.destroy()));
    await Promise.all(this.#closing);
  }

  #open(origin: string): OriginClients {
    const { limits, connectionsPerOrigin } = this.#options;
    const options: Client.Options = {
      connect: this.#connect,
      pipelining: 1,
      allowH2: false,
      maxHeaderSize: limits.headerBytesMax,
      keepAliveTimeout: limits.keepAliveMs,
      keepAliveMaxTimeout: limits.keepAliveMs,
    };
    return new OriginClients(() => new Client(origin, options), connectionsPerOrigin);
  }

  #evict(): void {
    if (this.#origins.size <= this.#options.limits.originsMax) return;
    for (const [origin, clients] of this.#origins) {
      this.#origins.delete(origin);
      const closing = clients.close().finally(() => this.#closing.delete(closing));
      this.#closing.add(closing);
      return;
    }
  }
}

/** Connects to checked addresses only, and looks at the peer again before a byte is sent. */
function guardedConnector(options: EgressOptions): buildConnector.connector {
  const { policy, limits, resolve } = options;
  const connect = buildConnector({
    lookup: guardedLookup(policy, resolve ?? systemResolve),
    timeout: limits.connectTimeoutMs,
    allowH2: false,
  });
  return (target, callback) => {
    // The connector is given IP addresses without their brackets; they never reach the lookup.
    const why = isIP(target.hostname) === 0 ? null : policy.refusesAddress(target.hostname);
    if (why !== null) return callback(new EgressRefused(why), null);
    return connect(target, (...result) => {
      const [error, socket] = result;
      if (error !== null) return callback(error, null);
      const peerRefusal = refusesPeer(policy, socket.remoteAddress);
      if (peerRefusal === null) return callback(null, socket);
      socket.destroy();
      return callback(new EgressRefused(peerRefusal), null);
    });
  };
}
