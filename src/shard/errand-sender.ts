import { workflowShardOf } from "../core/placement.ts";
import type { Errand } from "../ports/shard-storage.ts";
import type { Shards } from "../ports/shard-client.ts";

/** Sends the errands of a shard, and says of each whether it was answered. */
export class ErrandSender {
  readonly #peers: Shards;
  readonly #over: (errandId: string, isAnswered: boolean) => void;

  constructor(peers: Shards, over: (errandId: string, isAnswered: boolean) => void) {
    this.#peers = peers;
    this.#over = over;
  }

  send(errands: readonly Errand[]): void {
    for (const errand of errands) void this.#send(errand);
  }

  /** A refusal is an answer: what was to be said comes too late. */
  async #send(errand: Errand): Promise<void> {
    try {
      await this.#call(errand);
      this.#over(errand.id, true);
    } catch {
      this.#over(errand.id, false);
    }
  }

  #call(errand: Errand): Promise<unknown> {
    if (errand.kind === "run.callback")
      return this.#peers.at(errand.shard).call(errand.kind, errand.input);
    const { namespace, workflow } = errand.input;
    const shard = workflowShardOf(namespace, workflow, this.#peers.count);
    return this.#peers.at(shard).call(errand.kind, errand.input);
  }
}
