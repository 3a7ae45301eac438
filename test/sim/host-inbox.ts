import type { Answered, CancelNotice } from "../../src/ports/dispatcher.ts";
import type {
  Idempotency,
  ShardCommandKind,
  ShardCommands,
  ShardReply,
} from "../../src/ports/shard-client.ts";
import type { Dice } from "../support/prng.ts";

/** How a command went, for the trace. */
export function outcome(reply: ShardReply<ShardCommandKind>): string {
  if (!reply.ok) return reply.refusal.code;
  return reply.isReplay ? "ok, replayed" : "ok";
}

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

export const NOTHING: Gathered = { calls: [], answers: [], confirmed: [], errands: [] };

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

  /** The transaction has failed. What cannot be had again is tried again. */
  putBack({ calls, answers, confirmed, errands }: Gathered, dice: Dice): void {
    // A call of a failed group is tried again by itself, or its caller hears that it failed.
    for (const call of calls)
      if (dice.chance(0.5)) this.addCall(call);
      else call.done(undefined);
    for (const answered of answers) this.addAnswer(answered);
    // What failed to be kept of these is not tried again: a grace ends the run.
    for (const notice of confirmed) if (dice.chance(0.5)) this.addConfirmed(notice);
    for (const note of errands)
      this.addErrand(dice.chance(0.5) ? note : { ...note, isAnswered: false });
  }

  /** The process is gone. Returns the calls that nobody will answer. */
  lose(): readonly HostCall[] {
    return this.take().calls;
  }
}
