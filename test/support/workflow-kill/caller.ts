import { setTimeout as sleep } from "node:timers/promises";
import type { HostClient } from "../host-client.ts";
import type { Got } from "../open-api.ts";

/** A request as it may be sent again under its key. */
export interface Order {
  readonly path: string;
  readonly body: unknown;
  readonly key: string;
}

/** What was answered, and the two instants between which it was done. */
export interface Acknowledged extends Order {
  readonly sentMs: number;
  readonly ackMs: number;
  readonly got: Got;
}

/** Long enough for a host to be killed twice and to come back. */
const ANSWER_MS_MAX = 90_000;
const PAUSE_MS = 40;

/** Asks under one idempotency key until somebody answers, as a careful caller does. */
export class Caller {
  readonly #client: () => HostClient;
  /** Requests that were sent again because nobody knew what had become of them. */
  repeated = 0;

  constructor(client: () => HostClient) {
    this.#client = client;
  }

  async post(order: Order): Promise<Acknowledged> {
    const headers = { "idempotency-key": order.key };
    const { path, body } = order;
    const sentMs = Date.now();
    let said = "";
    while (Date.now() < sentMs + ANSWER_MS_MAX) {
      const got = await this.#client()
        .ask("POST", `/api/v1${path}`, { headers, body })
        .catch(() => null);
      const isAnswered = got !== null && got.status < 500 && got.status !== 429;
      if (isAnswered && got.json.code !== "idempotency.in_flight")
        return { ...order, sentMs, ackMs: Date.now(), got };
      said = got?.text ?? "";
      this.repeated += 1;
      await sleep(PAUSE_MS);
    }
    throw new Error(`nobody answers ${path}: ${said}`);
  }

  /** A list as it is now, or nothing while no host is there. */
  // oxlint-disable-next-line typescript/no-explicit-any -- Tests look into answers of every shape.
  async list(path: string): Promise<readonly any[]> {
    const got = await this.#client()
      .ask("GET", `/api/v1${path}`)
      .catch(() => null);
    return got?.status === 200 ? got.json.items : [];
  }
}
