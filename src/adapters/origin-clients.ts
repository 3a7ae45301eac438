import type { Client, Dispatcher } from "undici";

/** A request that wants a connection. */
export interface Outgoing {
  readonly options: Dispatcher.DispatchOptions;
  /** The handler that undici is given; it calls `ended` once, at the end of the answer or at a failure. */
  handler(ended: () => void): Dispatcher.DispatchHandler;
  /** It will never be sent. */
  fail(error: Error): void;
  /** Nobody waits for the answer any more. */
  readonly isOver: boolean;
}

/** Connections to one origin. */
export interface ConnectionBounds {
  /** Opened as soon as there is a request for each. */
  readonly soon: number;
  /** Opened while requests wait for long: a target that takes its time is worked on side by side. */
  readonly max: number;
}

/** So often a waiting request is looked at until there may be twice as many connections, and how long between. */
const LOOKS = 3;
const LOOK_MS = 100;

/**
 * The connections to one origin: clients of undici with one request at a time each. The one that was used last goes
 * out first, so that no more are kept alive than are needed, and choosing costs the same however many there are.
 * (undici's own pool asks every client in turn, for each request: a tenth of the work of a herd.)
 */
export class OriginClients {
  readonly #open: () => Client;
  readonly #bounds: ConnectionBounds;
  readonly #clients = new Set<Client>();
  readonly #free: Client[] = [];
  /** In the order in which they came. */
  readonly #waiting: Outgoing[] = [];
  /** How many connections there may be now. */
  #allowed: number;
  #look: NodeJS.Timeout | null = null;
  #isSending = false;
  #whenSent: (() => void) | null = null;

  constructor(open: () => Client, bounds: ConnectionBounds) {
    this.#open = open;
    this.#bounds = bounds;
    this.#allowed = bounds.soon;
  }

  /** A connection stands, so the target can be reached. */
  get isConnected(): boolean {
    return [...this.#clients].some(({ stats }) => stats.connected);
  }

  /** Sends it over a free connection, now or when it is its turn. */
  send(outgoing: Outgoing): void {
    this.#waiting.push(outgoing);
    this.#sendWaiting();
  }

  /** Closes when everything has its answer; nothing may be sent any more. */
  async close(): Promise<void> {
    if (this.#waiting.length > 0) await new Promise<void>((resolve) => (this.#whenSent = resolve));
    await Promise.all([...this.#clients].map((client) => client.close()));
  }

  /** Breaks everything off. */
  async destroy(): Promise<void> {
    const closed = new Error("the scheduler is shutting down");
    for (const outgoing of this.#waiting.splice(0)) outgoing.fail(closed);
    await Promise.all([...this.#clients].map((client) => client.destroy(closed)));
  }

  /** A request that fails at once frees its client within the loop, which goes on with it. */
  #sendWaiting(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const client = first.isOver ? null : this.#nextClient();
      if (client === undefined) break;
      this.#waiting.shift();
      client?.dispatch(
        first.options,
        first.handler(() => this.#release(client)),
      );
    }
    this.#isSending = false;
    if (this.#waiting.length === 0) this.#whenSent?.();
    else this.#growLater();
  }

  /**
   * More connections, once a request has waited for long though the target can be reached. More than one look, for a
   * process that was held up looks before it has read the answers that have come.
   */
  #growLater(): void {
    const [first] = this.#waiting;
    if (first === undefined || this.#look !== null || this.#allowed >= this.#bounds.max) return;
    let looks = 0;
    this.#look = setInterval(() => {
      looks++;
      const isStuck = this.#waiting[0] === first;
      if (isStuck && looks < LOOKS) return;
      if (this.#look !== null) clearInterval(this.#look);
      this.#look = null;
      if (isStuck && this.isConnected)
        this.#allowed = Math.min(this.#bounds.max, 2 * this.#allowed);
      this.#sendWaiting();
    }, LOOK_MS);
  }

  #release(client: Client): void {
    if (this.#waiting.length === 0 && this.#clients.size > this.#bounds.soon) this.#retire(client);
    else this.#free.push(client);
    this.#sendWaiting();
  }

  /** The rush is over. */
  #retire(client: Client): void {
    this.#clients.delete(client);
    this.#allowed = Math.max(this.#bounds.soon, this.#clients.size);
    void client.close();
  }

  /** Undefined when all are busy, and there may not be more. */
  #nextClient(): Client | undefined {
    const free = this.#free.pop();
    if (free !== undefined || this.#clients.size >= this.#allowed) return free;
    const client = this.#open();
    this.#clients.add(client);
    return client;
  }
}
