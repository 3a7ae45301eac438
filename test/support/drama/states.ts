import { setTimeout as sleep } from "node:timers/promises";
import type { HostClient } from "../host-client.ts";
import { eventually } from "../eventually.ts";

/** A change of a node's state, as the API showed it. */
export interface Seen {
  readonly atMs: number;
  readonly address: string;
  readonly state: string;
}

const LOOK_EVERY_MS = 200;

/** Watches the nodes of an executor, and writes down each change. */
export class NodeWatch {
  readonly seen: Seen[] = [];
  readonly #client: HostClient;
  readonly #path: string;
  #isOn = true;
  #watching: Promise<void>;

  constructor(client: HostClient, appKey: string) {
    this.#client = client;
    this.#path = `/executors/${appKey}/nodes`;
    this.#watching = this.#watch();
  }

  /** When a node was first seen in a state after some instant; waits for it. */
  async until(address: string, state: string, afterMs: number, withinMs: number): Promise<number> {
    const found = await eventually(
      `node ${address} is ${state}`,
      () => this.seen.find((s) => s.address === address && s.state === state && s.atMs >= afterMs),
      withinMs,
    );
    return found.atMs;
  }

  async end(): Promise<void> {
    this.#isOn = false;
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const last = new Map<string, string>();
    while (this.#isOn) {
      // oxlint-disable-next-line no-await-in-loop -- It looks again and again.
      const got = await this.#client.ask("GET", `/api/v1${this.#path}?limit=200`).catch(() => null);
      const atMs = Date.now();
      for (const { address, state } of got?.status === 200 ? got.json.items : []) {
        if (last.get(address) === state) continue;
        last.set(address, state);
        this.seen.push({ atMs, address, state });
      }
      // oxlint-disable-next-line no-await-in-loop
      await sleep(LOOK_EVERY_MS);
    }
  }
}
