import { call } from "../api/client.ts";
import { Problem } from "../api/problem.ts";

/** A row as the server told it; `kind` says of what. */
export interface LiveRow {
  readonly kind: string;
  readonly id?: string;
  readonly version?: number;
  readonly deleted?: boolean;
}

export type LiveState = "connecting" | "live" | "polling";

type Listener = (rows: readonly LiveRow[], isReset: boolean) => void;

interface Watch {
  readonly topics: readonly string[];
  readonly listener: Listener;
}

/** Rows are handed on together: a thousand rows a second are two renderings a second. */
const FLUSH_MS = 500;
const RETRY_MS = { first: 1_000, most: 30_000 } as const;
/** Of one topic, that many rows are held until they are handed on; more are a reset. */
const HELD_MAX = 2_000;
const TOPICS_MAX = 32;

interface Told {
  readonly topic?: string;
  readonly seq?: number;
  readonly row?: LiveRow;
  readonly reset?: boolean;
}

/**
 * The one WebSocket of the page. It is open while somebody watches, comes back by itself, and goes on behind
 * the last row it was told, so that nothing is missed; where rows may be missing, listeners are told to load
 * anew.
 */
export class LiveConnection {
  readonly #watches = new Set<Watch>();
  readonly #held = new Map<string, LiveRow[]>();
  readonly #stateListeners = new Set<() => void>();
  #socket: WebSocket | null = null;
  #state: LiveState = "connecting";
  #seq: number | null = null;
  #acked = 0;
  #failures = 0;
  #isResetHeld = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #flushTimer: ReturnType<typeof setTimeout> | null = null;
  #isOpening = false;
  #isRefused = false;

  get state(): LiveState {
    return this.#state;
  }

  /** Calls `listener` with rows of the topics as they come; returns what ends it. */
  watch(topics: readonly string[], listener: Listener): () => void {
    const watch = { topics, listener };
    const isNew = topics.some((topic) => !this.#topics().includes(topic));
    this.#watches.add(watch);
    if (this.#socket === null && !this.#isRefused) void this.#open();
    else if (isNew) this.#subscribe(null);
    return () => void this.#watches.delete(watch);
  }

  onState(changed: () => void): () => void {
    this.#stateListeners.add(changed);
    return () => this.#stateListeners.delete(changed);
  }

  /** Begins anew, as somebody else or in another namespace. */
  restart(): void {
    this.#isRefused = false;
    this.#seq = null;
    this.#failures = 0;
    this.#socket?.close();
    this.#socket = null;
    if (this.#watches.size > 0) void this.#open();
  }

  #topics(): readonly string[] {
    const named = [...this.#watches].flatMap(({ topics }) => topics);
    return [...new Set(named)].slice(0, TOPICS_MAX);
  }

  async #open(): Promise<void> {
    if (this.#isOpening) return;
    this.#isOpening = true;
    clearTimeout(this.#timer);
    try {
      const { body } = await call<{ readonly ticket: string }>("POST", "/live/tickets");
      const scheme = location.protocol === "https:" ? "wss" : "ws";
      const ticket = encodeURIComponent(body.ticket);
      this.#listen(new WebSocket(`${scheme}://${location.host}/api/v1/live?ticket=${ticket}`));
    } catch (error) {
      // Whoever is limited to executors gets no rows of a whole namespace, and need not ask again.
      this.#isRefused = error instanceof Problem && error.status === 403;
      this.#failed();
    } finally {
      this.#isOpening = false;
    }
  }

  #listen(socket: WebSocket): void {
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#failures = 0;
      this.#say("live");
      this.#subscribe(this.#seq);
    });
    socket.addEventListener("message", ({ data }) => this.#heard(String(data)));
    socket.addEventListener("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#failed();
    });
  }

  #subscribe(after: number | null): void {
    const subscribe = this.#topics();
    if (this.#socket?.readyState !== WebSocket.OPEN || subscribe.length === 0) return;
    this.#socket.send(JSON.stringify(after === null ? { subscribe } : { subscribe, after }));
  }

  #heard(text: string): void {
    // Written by the server in the form that GET /live describes.
    const told: Told = text.startsWith("{") ? JSON.parse(text) : {};
    if (told.seq !== undefined) this.#seq = told.seq;
    if (told.reset === true) this.#isResetHeld = true;
    if (told.topic !== undefined && told.row !== undefined) this.#hold(told.topic, told.row);
    if (this.#flushTimer === null) this.#flushTimer = setTimeout(() => this.#flush(), FLUSH_MS);
  }

  #hold(topic: string, row: LiveRow): void {
    const rows = this.#held.get(topic) ?? [];
    if (rows.length < HELD_MAX) rows.push(row);
    else this.#isResetHeld = true;
    this.#held.set(topic, rows);
    // The window of the server is a thousand rows.
    if (this.#seq !== null && this.#seq - this.#acked > HELD_MAX / 4) this.#ack();
  }

  #ack(): void {
    if (this.#seq === null || this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#acked = this.#seq;
    this.#socket.send(JSON.stringify({ ack: this.#seq }));
  }

  #flush(): void {
    this.#flushTimer = null;
    const isReset = this.#isResetHeld;
    this.#isResetHeld = false;
    const held = new Map(this.#held);
    this.#held.clear();
    this.#ack();
    for (const { topics, listener } of this.#watches) {
      const rows = topics.flatMap((topic) => held.get(topic) ?? []);
      if (rows.length > 0 || isReset) listener(rows, isReset);
    }
  }

  #failed(): void {
    this.#failures++;
    this.#say(this.#failures > 1 || this.#isRefused ? "polling" : "connecting");
    if (this.#watches.size === 0 || this.#isRefused) return;
    const waitMs = Math.min(RETRY_MS.first * 2 ** (this.#failures - 1), RETRY_MS.most);
    this.#timer = setTimeout(() => void this.#open(), waitMs);
  }

  #say(state: LiveState): void {
    this.#state = state;
    for (const listener of this.#stateListeners) listener();
  }
}

/** The connection of this page. */
export const live = new LiveConnection();
