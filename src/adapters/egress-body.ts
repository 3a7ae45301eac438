import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  type BrotliDecompress,
  type Gunzip,
  type Inflate,
  type InflateRaw,
} from "node:zlib";
import type { EgressLimits } from "./egress-options.ts";

export interface BodyText {
  readonly text: string;
  readonly truncated: boolean;
}

/** What the reader tells its exchange; one of them, once. */
export interface BodyEvents {
  done(body: BodyText): void;
  /** The answer cannot be read: unknown or broken compression. */
  broken(message: string): void;
}

/**
 * Reads an answer's body piece by piece within the limits, so that no answer can fill the memory.
 */
export interface BodyReader {
  push(chunk: Buffer): void;
  end(): void;
  /** Stops at once and frees what decompression holds; no event follows. */
  stop(): void;
}

/**
 * The reader for a `content-encoding`; null when we do not understand it (or when it is nested).
 */
export function bodyReader(
  encoding: string | undefined,
  limits: EgressLimits,
  events: BodyEvents,
): BodyReader | null {
  switch (encoding?.trim().toLowerCase()) {
    case undefined:
    case "":
    case "identity":
      return new PlainReader(limits, events);
    case "gzip":
    case "x-gzip":
      return new DecodingReader(() => createGunzip(), limits, events);
    case "br":
      return new DecodingReader(() => createBrotliDecompress(), limits, events);
    case "deflate":
      return new DecodingReader(deflateDecoder, limits, events);
    default:
      return null;
  }
}

class PlainReader implements BodyReader {
  readonly #limits: EgressLimits;
  readonly #events: BodyEvents;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #isOver = false;

  constructor(limits: EgressLimits, events: BodyEvents) {
    this.#limits = limits;
    this.#events = events;
  }

  push(chunk: Buffer): void {
    if (this.#isOver) return;
    // One piece beyond the limit shows whether the cut goes through a character.
    if (this.#bytes <= this.#limits.keepBytesMax) this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    // What came so far is answer enough; the connection is not worth another megabyte.
    if (this.#bytes > this.#limits.readBytesMax) this.end();
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const truncated = this.#bytes > this.#limits.keepBytesMax;
    const [first] = this.#chunks;
    const bytes =
      first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    const kept = truncated ? bytes.subarray(0, wholeText(bytes, this.#limits.keepBytesMax)) : bytes;
    const text = kept.toString("utf8");
    this.#events.done({ text: text.startsWith("\uFEFF") ? text.slice(1) : text, truncated });
  }

  stop(): void {
    this.#isOver = true;
  }
}

type Decoder = Gunzip | Inflate | InflateRaw | BrotliDecompress;

class DecodingReader implements BodyReader {
  readonly #create: (firstByte: number) => Decoder;
  readonly #plain: PlainReader;
  readonly #events: BodyEvents;
  readonly #bytesMax: number;
  #decoder: Decoder | null = null;
  #bytes = 0;
  #isOver = false;

  constructor(create: (firstByte: number) => Decoder, limits: EgressLimits, events: BodyEvents) {
    this.#create = create;
    this.#events = events;
    this.#bytesMax = limits.readBytesMax;
    this.#plain = new PlainReader(limits, {
      done: (body) => {
        this.stop();
        events.done(body);
      },
      broken: (message) => events.broken(message),
    });
  }

  push(chunk: Buffer): void {
    const [firstByte] = chunk;
    if (this.#isOver || firstByte === undefined) return;
    this.#bytes += chunk.length;
    // The decoder queues what it has not read yet, so the packed size needs the same bound.
    if (this.#bytes > this.#bytesMax) {
      this.#plain.end();
      return;
    }
    this.#decoder ??= this.#open(firstByte);
    this.#decoder.write(chunk);
  }

  end(): void {
    if (this.#isOver) return;
    if (this.#decoder === null) this.#plain.end();
    else this.#decoder.end();
  }

  stop(): void {
    this.#isOver = true;
    this.#decoder?.destroy();
    this.#plain.stop();
  }

  #open(firstByte: number): Decoder {
    const decoder = this.#create(firstByte);
    decoder.on("data", (chunk: Buffer) => this.#plain.push(chunk));
    decoder.on("end", () => this.#plain.end());
    decoder.on("error", (error) => {
      if (this.#isOver) return;
      this.stop();
      this.#events.broken(`the answer cannot be decompressed: ${error.message}`);
    });
    return decoder;
  }
}

/** `deflate` means the zlib format (RFC 9110, 8.4.1.2), but some servers send the bare one. */
function deflateDecoder(firstByte: number): Inflate | InflateRaw {
  return (firstByte & 0x0f) === 8 ? createInflate() : createInflateRaw();
}

/** The largest length within `max` that cuts no UTF-8 character in two. */
function wholeText(bytes: Buffer, max: number): number {
  let length = Math.min(bytes.length, max);
  // Step back over continuation bytes (10xxxxxx), at most the three of the longest character.
  while (length > max - 3 && length > 0 && ((bytes[length] ?? 0) & 0xc0) === 0x80) length--;
  return length;
}
