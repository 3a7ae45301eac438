import { randomBytes } from "node:crypto";
import { HranaConnection, HranaError } from "./hrana-connection.ts";
import { HranaStream } from "./hrana-stream.ts";

const LIMITS = { batonMsMax: 10_000, idleMax: 8, streamsMax: 128 } as const;

type Timer = ReturnType<typeof setTimeout>;

/** The streams that wait for their next request, by baton, and connections that nobody holds. */
export class HranaStreams {
  readonly #file: string;
  readonly #idle: HranaConnection[] = [];
  readonly #waiting = new Map<string, { readonly stream: HranaStream; readonly timer: Timer }>();
  readonly #batons = new WeakMap<HranaStream, string>();
  #streams = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** The stream behind a baton, or a new one. A baton is good for one request. */
  take(baton: string | null): HranaStream {
    if (baton === null) {
      if (this.#streams >= LIMITS.streamsMax) {
        throw new HranaError("STREAMS_EXHAUSTED", "too many streams are open");
      }
      const stream = new HranaStream(this.#idle.pop() ?? new HranaConnection(this.#file));
      this.#streams += 1;
      return stream;
    }
    const waiting = this.#waiting.get(baton);
    if (waiting === undefined) {
      throw new HranaError("STREAM_EXPIRED", "the stream has expired or the baton was used");
    }
    clearTimeout(waiting.timer);
    this.#waiting.delete(baton);
    this.#batons.delete(waiting.stream);
    return waiting.stream;
  }

  /** Ends a closed stream; gives an open one a new baton, and some seconds to come back. */
  giveBack(stream: HranaStream): void {
    if (stream.isClosed) {
      this.#end(stream);
      return;
    }
    const baton = randomBytes(24).toString("base64url");
    const timer = setTimeout(() => {
      this.#waiting.delete(baton);
      this.#end(stream);
    }, LIMITS.batonMsMax).unref();
    this.#waiting.set(baton, { stream, timer });
    this.#batons.set(stream, baton);
  }

  batonOf(stream: HranaStream): string | null {
    return this.#batons.get(stream) ?? null;
  }

  close(): void {
    for (const { stream, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      this.#end(stream);
    }
    this.#waiting.clear();
    for (const connection of this.#idle.splice(0)) connection.close();
  }

  #end(stream: HranaStream): void {
    this.#streams -= 1;
    stream.connection.reset();
    if (this.#idle.length < LIMITS.idleMax) this.#idle.push(stream.connection);
    else stream.connection.close();
  }
}
