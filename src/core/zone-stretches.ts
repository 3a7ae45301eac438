import { BoundedMap } from "./bounded-map.ts";
import type { OffsetReader } from "./zone-offsets.ts";

const DAY_MS = 86_400_000;

const STRETCH_LIMITS = {
  /** What is found out at once: about 0.25 ms. */
  chunkMs: 400 * DAY_MS,
  /**
   * How far apart instants are compared. Two changes that cancel out between them go unseen; the
   * nearest that any zone has had since 1970 are 7 days apart (Boa Vista, October 2000).
   */
  stepMs: 2 * DAY_MS,
  /** Chunks kept per zone, of a few hundred bytes each. */
  chunksMax: 64,
  /** Offsets are asked for from 1969 to the end of 9999; beyond, the nearest one goes on. */
  firstChunk: -1,
  lastChunk: Math.floor(Date.UTC(9999, 11, 31) / (400 * DAY_MS)),
  /** What a date can hold. */
  msMax: 8.64e15,
} as const;

/**
 * A stretch of time, `fromMs` to just before `untilMs`, throughout which the offset of a zone is
 * constant. The stretch that follows may have the same offset.
 */
export interface Stretch {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Local time minus UTC. */
  readonly offsetMs: number;
}

/**
 * The offsets of a zone as stretches, found where they are asked for and then kept: the next ticks
 * of a million jobs lie in the same few stretches.
 */
export class StretchTable {
  readonly #reader: () => OffsetReader;
  readonly #chunks = new BoundedMap<number, readonly Stretch[]>(STRETCH_LIMITS.chunksMax);
  #last: Stretch = { fromMs: 0, untilMs: 0, offsetMs: 0 };

  /** The reader is asked for only when a chunk is opened, and not kept: it is large. */
  constructor(reader: () => OffsetReader) {
    this.#reader = reader;
  }

  /** The stretch that holds an instant. */
  at(atMs: number): Stretch {
    const last = this.#last;
    if (atMs >= last.fromMs && atMs < last.untilMs) return last;
    const { chunkMs, firstChunk, lastChunk } = STRETCH_LIMITS;
    const index = Math.min(lastChunk, Math.max(firstChunk, Math.floor(atMs / chunkMs)));
    const stretches = this.#chunks.get(index) ?? this.#open(index);
    const found = stretches.find(({ untilMs }) => atMs < untilMs) ?? stretches.at(-1) ?? last;
    this.#last = found;
    return found;
  }

  #open(index: number): readonly Stretch[] {
    const { chunkMs, stepMs, firstChunk, lastChunk, msMax } = STRETCH_LIMITS;
    const [startMs, endMs] = [index * chunkMs, (index + 1) * chunkMs];
    const offsetMs = this.#reader();
    const changes: number[] = [];
    let beforeMs = offsetMs(startMs);
    for (let atMs = startMs; atMs < endMs; atMs += stepMs) {
      const afterMs = offsetMs(atMs + stepMs);
      if (afterMs !== beforeMs) findChanges(offsetMs, [atMs, atMs + stepMs], changes);
      beforeMs = afterMs;
    }
    // A change at the very end of the chunk begins the next one.
    const inside = changes.filter((changeMs) => changeMs < endMs);
    const first = index === firstChunk ? -msMax : startMs;
    const last = index === lastChunk ? msMax : endMs;
    const stretches = [first, ...inside].map((fromMs, i) => ({
      fromMs,
      untilMs: inside[i] ?? last,
      offsetMs: offsetMs(Math.max(fromMs, startMs)),
    }));
    this.#chunks.set(index, stretches);
    return stretches;
  }
}

/** Halves a range whose ends differ until each change is known to the second. */
function findChanges(
  offsetMs: OffsetReader,
  [fromMs, untilMs]: readonly [number, number],
  changes: number[],
): void {
  if (offsetMs(fromMs) === offsetMs(untilMs)) return;
  if (untilMs - fromMs <= 1_000) {
    changes.push(untilMs);
    return;
  }
  const middleMs = fromMs + Math.floor((untilMs - fromMs) / 2_000) * 1_000;
  findChanges(offsetMs, [fromMs, middleMs], changes);
  findChanges(offsetMs, [middleMs, untilMs], changes);
}
