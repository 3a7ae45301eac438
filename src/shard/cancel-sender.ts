import type { CancelNotice, Dispatcher } from "../ports/dispatcher.ts";

/** So many are out at once. */
const AT_ONCE = 16;
/** So many wait; beyond, the newest are dropped, for a grace ends each run without its notice. */
const WAITING_MAX = 10_000;

/** Tells nodes that runs are canceled, a few at a time, beside the deliveries. */
export class CancelSender {
  readonly #dispatcher: Dispatcher;
  readonly #onConfirmed: (notice: CancelNotice) => void;
  readonly #waiting: CancelNotice[] = [];
  #out = 0;

  /** `onConfirmed` is called when a node says that the run is not under way there any more. */
  constructor(dispatcher: Dispatcher, onConfirmed: (notice: CancelNotice) => void) {
    this.#dispatcher = dispatcher;
    this.#onConfirmed = onConfirmed;
  }

  send(notices: readonly CancelNotice[]): void {
    this.#waiting.push(...notices.slice(0, WAITING_MAX - this.#waiting.length));
    while (this.#out < AT_ONCE && this.#waiting.length > 0) void this.#sendNext();
  }

  async #sendNext(): Promise<void> {
    const notice = this.#waiting.shift();
    if (notice === undefined) return;
    this.#out++;
    const isConfirmed = await this.#dispatcher.cancel(notice);
    this.#out--;
    if (isConfirmed) this.#onConfirmed(notice);
    this.send([]);
  }
}
