import { DurableObject } from "cloudflare:workers";
import { LibsqlWatchers } from "../src/adapters/libsql-watchers.ts";
import { PING } from "../src/api/live-message.ts";
import { type KeptSocket, LiveHub, type LiveSocket } from "../src/api/live-hub.ts";
import { LiveStanding } from "../src/api/live-standing.ts";
import { UsedTickets } from "../src/api/used-tickets.ts";
import { assert } from "../src/core/assert.ts";
import { eachBounded } from "../src/core/each-bounded.ts";
import { Refusal } from "../src/core/refusal.ts";
import type { Deployment } from "../src/ports/directory.ts";
import type { Log } from "../src/ports/log.ts";
import { withDeadline } from "../src/registry/with-deadline.ts";
import type { Env } from "./env.ts";
import { createLog } from "./host-log.ts";
import { hostClock, hostTimers } from "./host-time.ts";
import {
  namespaceOfLive,
  WISH_HEADER,
  type LiveBatch,
  type LiveRpc,
  type LiveWish,
} from "./live-rpc.ts";
import { openDatabase, RecordsClient } from "./records-client.ts";
import { shardName, shardStub } from "./shard-rpc.ts";

const LIMITS = {
  socketsMax: 1_000,
  shardsAtOnce: 32,
  /** How long all shards together may take to answer that they will tell. */
  watchMs: 10_000,
} as const;
/** Where the object keeps the tickets that were used: a row for each socket that is opened. */
const TICKETS_KEY = "tickets";

/**
 * The hub of one namespace in a Durable Object. Between two rows it may hibernate: its sockets stay, each with
 * what the hub must know of it, and the ring is lost. All decisions are those of `LiveHub`. Sockets that were sent
 * everything go on as if nothing had happened.
 */
export class LiveObject extends DurableObject<Env> implements LiveRpc {
  readonly #log: Log;
  readonly #hub: LiveHub;
  readonly #standing: LiveStanding;
  readonly #sockets = new Map<WebSocket, LiveSocket>();
  readonly #tickets: UsedTickets;
  /** All shards tell what they commit; asked for once in the life of this object's memory. */
  #watching: Promise<void> | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#log = createLog({ live: ctx.id.name ?? "" }, env);
    // Written by `#take` alone.
    this.#tickets = new UsedTickets(ctx.storage.kv.get<[string, number][]>(TICKETS_KEY) ?? []);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING.ask, PING.answer));
    const found = ctx.getWebSockets().flatMap((ws) => {
      const kept = keptOf(ws);
      return kept === null ? [] : [{ ws, kept }];
    });
    const nowMs = hostClock.nowMs();
    const seqs = found.map(({ kept }) => Math.max(kept.cursor, kept.sentSeq));
    this.#hub = new LiveHub(nowMs, Math.max(0, ...seqs));
    for (const { ws, kept } of found) this.#hub.restore(this.#socketOf(ws), kept, nowMs);
    const client = new RecordsClient({
      url: env.LIBSQL_URL ?? "",
      token: env.LIBSQL_TOKEN ?? null,
    });
    const watchers = new LibsqlWatchers(openDatabase(client));
    this.#standing = new LiveStanding(this.#hub, { watchers, clock: hostClock, log: this.#log });
  }

  /** Opens a socket. Refusals are answered as plain data: the Worker makes problems of them. */
  override async fetch(request: Request): Promise<Response> {
    try {
      return await this.#open(wishOf(request));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return Response.json(error.data, { status: 400 });
    }
  }

  /** Rows wake the object, and nobody gets one whose session or token has ended for long. */
  async publish({ texts, isWhole }: LiveBatch): Promise<boolean> {
    await this.#standing.ensure();
    const isWatched = this.#hub.publish(texts, isWhole, hostClock.nowMs());
    // Whoever is told so stops: the next one who watches must have the shards asked again.
    if (!isWatched) this.#watching = null;
    return isWatched;
  }

  override webSocketMessage(ws: WebSocket, message: string | ArrayBuffer): void {
    const text = typeof message === "string" ? message : null;
    this.#hub.message(this.#socketOf(ws), text, hostClock.nowMs());
  }

  override webSocketClose(ws: WebSocket): void {
    this.#left(ws);
  }

  override webSocketError(ws: WebSocket): void {
    this.#left(ws);
  }

  async #open({ opening, deployment }: LiveWish): Promise<Response> {
    if (this.#hub.size >= LIMITS.socketsMax)
      throw new Refusal("quota.exceeded", "Too many sockets are open.", { retryAfterMs: 10_000 });
    if (opening.ticket !== null) this.#take(opening.ticket);
    // From here on no row is refused, though nobody is there yet.
    this.#hub.expect(hostClock.nowMs());
    await this.#watch(deployment);
    const { 0: theirs, 1: ours } = new WebSocketPair();
    this.ctx.acceptWebSocket(ours);
    this.#hub.join(this.#socketOf(ours), opening, hostClock.nowMs());
    return new Response(null, { status: 101, webSocket: theirs });
  }

  #take(ticket: { readonly id: string; readonly expMs: number }): void {
    const isNew = this.#tickets.take(ticket, hostClock.nowMs());
    if (!isNew) throw new Refusal("ticket.invalid", "The ticket was used before.");
    this.ctx.storage.kv.put(TICKETS_KEY, this.#tickets.kept);
  }

  /** Throws `shard.unavailable` unless every shard tells. */
  async #watch(deployment: Deployment): Promise<void> {
    const watching = (this.#watching ??= this.#askShards(deployment));
    try {
      await watching;
    } catch (error) {
      if (this.#watching === watching) this.#watching = null;
      this.#log.warn("Not all shards tell what they commit.", { error: String(error) });
      throw new Refusal("shard.unavailable", "Not all shards can be reached now.");
    }
  }

  async #askShards(deployment: Deployment): Promise<void> {
    const namespace = namespaceOfLive(this.ctx.id.name ?? "");
    assert(namespace !== null, "a hub's object is reached by its name");
    const silent = new Set(Array.from({ length: deployment.shards }, (_, shard) => shard));
    const asked = eachBounded([...silent], LIMITS.shardsAtOnce, async (shard) => {
      try {
        await shardStub(this.env, shardName(shard)).watch(deployment, namespace);
        silent.delete(shard);
      } catch (error) {
        this.#log.warn("A shard could not be asked.", { shard, error: String(error) });
      }
    });
    await withDeadline(asked, LIMITS.watchMs, hostTimers);
    if (silent.size > 0) throw new Error(`${silent.size} shards have not answered`);
  }

  #left(ws: WebSocket): void {
    const socket = this.#sockets.get(ws);
    this.#sockets.delete(ws);
    if (socket !== undefined) this.#hub.left(socket, hostClock.nowMs());
  }

  #socketOf(ws: WebSocket): LiveSocket {
    const known = this.#sockets.get(ws);
    if (known !== undefined) return known;
    const socket: LiveSocket = {
      // The platform does not say how much waits: the window alone is the bound.
      isClogged: false,
      send: (text) => unlessDead(() => ws.send(text)),
      close: (code, reason) => unlessDead(() => ws.close(code, reason)),
      keep: (kept) => ws.serializeAttachment(kept),
    };
    this.#sockets.set(ws, socket);
    return socket;
  }
}

/** A socket that has just died throws; its end is told to the object by itself. */
function unlessDead(work: () => void): void {
  try {
    work();
  } catch {
    // Nobody is there who could miss it.
  }
}

/** Null for a socket that was dismissed, or had not joined when the memory was lost. */
function keptOf(ws: WebSocket): KeptSocket | null {
  // Written by `keep` alone.
  return ws.readyState === WebSocket.OPEN ? ws.deserializeAttachment() : null;
}

/** Written by `DurableLive` alone. */
function wishOf(request: Request): LiveWish {
  return JSON.parse(decodeURIComponent(request.headers.get(WISH_HEADER) ?? ""));
}
