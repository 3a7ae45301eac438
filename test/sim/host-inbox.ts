import type { Answered, CancelNotice } from "../../src/ports/dispatcher.ts";
import type {
  Idempotency,
  ShardCommandKind,
  ShardCommands,
  ShardReply,
} from "../../src/ports/shard-client.ts";

/** A command on its way into the shard. `done` gets undefined when the process dies before it answers. */
export interface HostCall<K extends ShardCommandKind = ShardCommandKind> {
  readonly kind: K;
  readonly input: ShardCommands[K]["input"];
  readonly idempotency: Idempotency | null;
  readonly done: (reply: ShardReply<K> | undefined) => void;
}

/** Whether a command to another shard was answered, or nobody could be reached. */
export interface ErrandNote {
  readonly id: string;
  readonly isAnswered: boolean;
}

/** What goes into one transaction. */
export interface Gathered {
  readonly calls: readonly HostCall[];
  readonly answers: readonly Answered[];
  /** Notices whose nodes have stopped what they name. */
  readonly confirmed: readonly CancelNotice[];
  readonly errands: readonly ErrandNote[];
}

/** What has come in for the next transaction of a shard. It dies with the process. */
export class HostInbox {
  #calls: HostCall[] = [];
  #answers: Answered[] = [];
  #confirmed: CancelNotice[] = [];
  #errands: ErrandNote[] = [];

  addCall<K extends ShardCommandKind>(call: HostCall<K>): void {
    // A call of one kind is a call of some kind, though TypeScript cannot see that its `done` fits.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- kind and input stay together
    this.#calls.push(call as unknown as HostCall);
  }

  addAnswer(answered: Answered): void {
    this.#answers.push(answered);
  }

  addConfirmed(notice: CancelNotice): void {
    this.#confirmed.push(notice);
  }

  addErrand(note: ErrandNote): void {
    this.#errands.push(note);
  }

  take(): Gathered {
    return {
      calls: this.#calls.splice(0),
      answers: this.#answers.splice(0),
      confirmed: this.#confirmed.splice(0),
      errands: this.#errands.splice(0),
    };
  }

  /** The process is gone. Returns the calls that nobody will answer. */
  lose(): readonly HostCall[] {
    return this.take().calls;
  }
}
