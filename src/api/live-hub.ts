import { LiveRing } from "../core/live-ring.ts";
import {
  LIVE_WATCHER_LIMITS,
  LiveWatcher,
  type KeptWatcher,
  type LiveNews,
} from "../core/live-watcher.ts";
import { Refusal } from "../core/refusal.ts";
import { LIVE_MESSAGE_LIMITS, PING, readLiveMessage, type LiveMessage } from "./live-message.ts";
import type { LiveText } from "./live-rows-json.ts";
import { RateLimiter } from "./rate-limit.ts";

export const LIVE_HUB_LIMITS = {
  /** After the last socket is gone rows are still kept for so long, for who was only cut off. */
  lingerMs: 60_000,
  /**
   * Who begins to watch, or must load anew, gets the rows of so long before, too: lists come from the
   * records, which may be a second behind.
   */
  overlapMs: 3_000,
  /** How long a socket may watch: who may not any more learns so by then. */
  lifeMs: 12 * 3_600_000,
} as const;

/** Codes with which sockets are closed (RFC 6455, section 7.4). */
export const CLOSE = { goingAway: 1_001, misused: 1_008, unauthorized: 4_401 } as const;

const COME_AGAIN = "Come again with a new ticket.";

/** One socket, as its host has it. Nothing of it throws: a socket that is dead takes what it is given. */
export interface LiveSocket {
  send(text: string): void;
  close(code: number, reason: string): void;
  /** So much still waits to be written that it gets no more until the host calls `LiveHub.pump`. */
  readonly isClogged: boolean;
  /** Keeps what a hub that loses its memory, and not its sockets, must know of it. */
  keep(kept: KeptSocket): void;
}

/** Plain data of bounded size. */
export interface KeptSocket extends KeptWatcher {
  readonly untilMs: number;
  readonly credential: string | null;
}

/** Of many rows that come at once, so many are served before the next, far fewer than the ring holds. */
const SERVE_ROWS = 1_000;

interface Member {
  readonly watcher: LiveWatcher;
  readonly untilMs: number;
  /** The session or token that it ends with. */
  readonly credential: string | null;
  /** Names it to the rate limit. */
  readonly name: string;
  kept: KeptSocket | null;
}

/**
 * Those who watch one namespace, and the newest rows of it. It has no row of any other namespace, so there
 * is nothing that a topic could give away. Every method is one synchronous step; what waits is its host's.
 */
export class LiveHub {
  readonly #ring: LiveRing;
  readonly #members = new Map<LiveSocket, Member>();
  readonly #rates = new RateLimiter();
  #joined = 0;
  /** When somebody was last there who is not there any more. */
  #leftMs: number | null = null;

  /** `aboveSeq` is a number that an earlier hub of this namespace is known to have given out, or 0. */
  constructor(nowMs: number, aboveSeq = 0) {
    this.#ring = new LiveRing(nowMs, aboveSeq);
  }

  get size(): number {
    return this.#members.size;
  }

  /** The sessions and tokens that those who watch came with. */
  get credentials(): ReadonlySet<string> {
    const all = [...this.#members.values()].map(({ credential }) => credential);
    return new Set(all.filter((credential) => credential !== null));
  }

  /** The newest number that was given out. */
  get last(): number {
    return this.#ring.last;
  }

  /** Whether rows are wanted: somebody watches, is about to, or was cut off only now. */
  isWatched(nowMs: number): boolean {
    if (this.#members.size > 0) return true;
    return this.#leftMs !== null && nowMs - this.#leftMs < LIVE_HUB_LIMITS.lingerMs;
  }

  /** Somebody will join soon: until then no row is lost. */
  expect(nowMs: number): void {
    this.#leftMs = nowMs;
  }

  /** Lets a socket in, subscribed to these topics if there are any. */
  join(
    socket: LiveSocket,
    opening: {
      readonly untilMs: number;
      readonly credential: string | null;
      readonly topics: readonly string[];
      readonly after: number | null;
    },
    nowMs: number,
  ): void {
    const { untilMs, credential, topics, after } = opening;
    const name = String(++this.#joined);
    const watcher = new LiveWatcher(this.#ring.last);
    const member = { watcher, untilMs, credential, name, kept: null };
    this.#members.set(socket, member);
    if (topics.length > 0) this.#subscribe(socket, member, { topics, after }, nowMs);
    this.#serve(socket, member, nowMs);
  }

  /** Takes over a socket of a hub that lost its memory, with what that one kept of it. */
  restore(socket: LiveSocket, kept: KeptSocket, nowMs: number): void {
    const watcher = LiveWatcher.restored(kept, this.#ring);
    const name = String(++this.#joined);
    const { untilMs, credential } = kept;
    const member = { watcher, untilMs, credential, name, kept };
    this.#members.set(socket, member);
    this.#serve(socket, member, nowMs);
  }

  /** The socket is gone. */
  left(socket: LiveSocket, nowMs: number): void {
    if (this.#members.delete(socket)) this.#leftMs = nowMs;
  }

  /** A message came on a socket; null is one that is not text. */
  message(socket: LiveSocket, text: string | null, nowMs: number): void {
    const member = this.#members.get(socket);
    if (member === undefined || this.#isOver(socket, member, nowMs)) return;
    try {
      const rate = this.#rates.take(member.name, LIVE_MESSAGE_LIMITS.perMinute, nowMs);
      if (!rate.isAllowed) throw new Refusal("rate.limited", "Too many messages.");
      if (text === null) throw new Refusal("request.invalid", "A message is text.");
      this.#take(socket, member, { message: readLiveMessage(text), nowMs });
      this.#serve(socket, member, nowMs);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, detail } = error.data;
      socket.send(JSON.stringify({ error: { code, detail } }));
      this.#dismiss(socket, CLOSE.misused, code, nowMs);
    }
  }

  /** The socket has written what clogged it. */
  pump(socket: LiveSocket, nowMs: number): void {
    const member = this.#members.get(socket);
    if (member !== undefined) this.#serve(socket, member, nowMs);
  }

  /**
   * Takes rows in the order in which they were committed. `isWhole` is false when rows before them may have
   * been lost. Returns whether more are wanted: when nobody watches, nothing is kept.
   */
  publish(texts: readonly LiveText[], isWhole: boolean, nowMs: number): boolean {
    if (!this.isWatched(nowMs)) {
      this.#ring.breakOff(nowMs);
      return false;
    }
    if (!isWhole) this.#ring.breakOff(nowMs);
    let unserved = 0;
    for (const { topic, text } of texts) {
      this.#ring.push(topic, text, nowMs);
      if (++unserved < SERVE_ROWS) continue;
      this.#serveAll(nowMs);
      unserved = 0;
    }
    this.#serveAll(nowMs);
    return true;
  }

  /** Closes the sockets whose time is over. Nobody gets a row after that anyhow: this is for those that get none. */
  sweep(nowMs: number): void {
    for (const [socket, member] of this.#members) this.#isOver(socket, member, nowMs);
  }

  /** Closes the sockets of these sessions and tokens, which have ended. */
  dismiss(ended: ReadonlySet<string>, nowMs: number): void {
    for (const [socket, { credential }] of this.#members)
      if (credential !== null && ended.has(credential))
        this.#dismiss(socket, CLOSE.unauthorized, COME_AGAIN, nowMs);
  }

  /** Closes all. */
  close(nowMs: number): void {
    for (const socket of this.#members.keys())
      this.#dismiss(socket, CLOSE.goingAway, "The server stops.", nowMs);
  }

  #take(
    socket: LiveSocket,
    member: Member,
    { message, nowMs }: { readonly message: LiveMessage; readonly nowMs: number },
  ): void {
    const { watcher } = member;
    switch (message.kind) {
      case "ping":
        return socket.send(PING.answer);
      case "ack":
        return watcher.acknowledge(message.seq);
      case "unsubscribe":
        return watcher.unsubscribe(message.topics);
      case "subscribe":
      default:
        return this.#subscribe(socket, member, message, nowMs);
    }
  }

  #subscribe(
    socket: LiveSocket,
    { watcher }: Member,
    { topics, after }: { readonly topics: readonly string[]; readonly after: number | null },
    nowMs: number,
  ): void {
    if (watcher.countWith(topics) > LIVE_WATCHER_LIMITS.topicsMax)
      throw new Refusal("quota.exceeded", "A socket has at most 32 topics.");
    const isFirst = watcher.isIdle;
    if (after !== null && !isFirst)
      throw new Refusal(
        "request.invalid",
        "Only the first topics of a socket can go on after a seq.",
      );
    if (isFirst) watcher.goOnAfter(after ?? this.#fresh(nowMs));
    watcher.subscribe(topics);
    const seq = Math.min(watcher.cursor, this.#ring.last);
    socket.send(JSON.stringify({ subscribed: watcher.topics, seq }));
  }

  #serveAll(nowMs: number): void {
    for (const [socket, member] of this.#members)
      if (!this.#isOver(socket, member, nowMs)) this.#serve(socket, member, nowMs);
  }

  /** Sends what may be sent, and keeps how far that is. */
  #serve(socket: LiveSocket, member: Member, nowMs: number): void {
    const { watcher } = member;
    if (socket.isClogged || watcher.isIdle) watcher.skip(this.#ring);
    else
      for (const news of watcher.next(this.#ring, this.#fresh(nowMs))) {
        socket.send(textOf(news));
        if (socket.isClogged) break;
      }
    this.#keep(socket, member);
  }

  /** Where somebody begins who reads lists from now on. */
  #fresh(nowMs: number): number {
    return this.#ring.since(nowMs - LIVE_HUB_LIMITS.overlapMs);
  }

  /** Only what would make a difference to a hub that has lost its memory. */
  #keep(socket: LiveSocket, member: Member): void {
    const { untilMs, credential, kept: before } = member;
    const kept = { ...member.watcher.kept(this.#ring), untilMs, credential };
    const isSame =
      before !== null &&
      before.isCaughtUp === kept.isCaughtUp &&
      before.sentSeq === kept.sentSeq &&
      before.unacked === kept.unacked &&
      before.topics.length === kept.topics.length &&
      before.topics.every((topic, i) => topic === kept.topics[i]);
    if (isSame) return;
    member.kept = kept;
    socket.keep(kept);
  }

  #isOver(socket: LiveSocket, { untilMs }: Member, nowMs: number): boolean {
    if (nowMs < untilMs) return false;
    this.#dismiss(socket, CLOSE.unauthorized, COME_AGAIN, nowMs);
    return true;
  }

  #dismiss(socket: LiveSocket, code: number, reason: string, nowMs: number): void {
    socket.close(code, reason);
    this.left(socket, nowMs);
  }
}

/** A row is JSON already, and may be long. */
function textOf(news: LiveNews): string {
  if (news.kind === "reset") return JSON.stringify({ reset: true, seq: news.seq });
  const { topic, seq, text } = news.entry;
  return `{"topic":${JSON.stringify(topic)},"seq":${seq},"row":${text}}`;
}
