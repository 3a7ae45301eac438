import { assert } from "../../src/core/assert.ts";
import { LiveRing } from "../../src/core/live-ring.ts";
import { LIVE_WATCHER_LIMITS, LiveWatcher } from "../../src/core/live-watcher.ts";

const NOW_MS = 1_790_000_000_000;
const { windowRows } = LIVE_WATCHER_LIMITS;
export const LIVE_TOPICS = ["runs", "jobs", "workflow-run:wr_1"] as const;

/** Something that happens to a ring and the one who watches it. */
export type LivePlay =
  | { readonly do: "publish"; readonly topic: number; readonly rows: number }
  | { readonly do: "serve"; readonly take: number }
  | { readonly do: "ack" }
  | { readonly do: "cut" }
  | { readonly do: "hibernate" }
  | { readonly do: "break" }
  | { readonly do: "pass"; readonly ms: number };

/** A hub with one watcher, and what its client knows. Whatever the client is told is checked at once. */
export class LiveWorld {
  nowMs = NOW_MS;
  ring = new LiveRing(NOW_MS);
  watcher = new LiveWatcher(this.ring.last);
  readonly topics: readonly string[];
  /** All rows of its topics that were ever published and that the client has neither got nor given up. */
  owed: number[] = [];
  /** All of them. */
  published: number[] = [];
  /** The last number that the client has read. */
  read = this.ring.last;
  unacked = 0;
  resets = 0;
  mayReset = false;
  received = 0;

  constructor(topics: readonly string[]) {
    this.topics = topics;
    this.watcher.subscribe(topics);
  }

  play(play: LivePlay): void {
    if (play.do === "publish") this.#publish(LIVE_TOPICS[play.topic] ?? "runs", play.rows);
    else if (play.do === "serve") this.serve(play.take);
    else if (play.do === "ack") this.ack();
    else if (play.do === "cut") this.#cut();
    else if (play.do === "hibernate") this.#hibernate();
    else if (play.do === "break") this.#break();
    else this.nowMs += play.ms;
  }

  serve(take: number): void {
    let left = take;
    for (const news of this.watcher.next(this.ring, this.ring.since(this.nowMs - 100))) {
      if (news.kind === "reset") {
        assert(this.mayReset, "a reset has a reason");
        this.resets++;
        this.mayReset = false;
        this.read = news.seq;
        this.owed = this.published.filter((seq) => seq > news.seq);
      } else {
        assert(this.topics.includes(news.entry.topic), "only what was asked for is sent");
        // Neither lost, nor doubled, nor out of order: it is the very next row that is owed.
        const owed = this.owed.shift();
        assert(news.entry.seq === owed, `row ${news.entry.seq} came instead of ${owed}`);
        this.read = news.entry.seq;
        this.unacked++;
        this.received++;
      }
      assert(this.unacked <= windowRows, "no more than the window is on its way");
      if (--left <= 0) return;
    }
  }

  ack(): void {
    this.watcher.acknowledge(this.read);
    this.unacked = 0;
    assert(this.watcher.unacked === 0, "what was read is acknowledged");
  }

  #publish(topic: string, count: number): void {
    for (let i = 0; i < count; i++) {
      const { seq } = this.ring.push(topic, "{}", this.nowMs);
      if (this.topics.includes(topic)) {
        this.owed.push(seq);
        this.published.push(seq);
      }
      if (i % 1_000 === 0) this.watcher.skip(this.ring);
    }
    this.watcher.skip(this.ring);
    // What the ring has let go of cannot be told any more.
    if ((this.owed[0] ?? Infinity) <= this.ring.floor) this.mayReset = true;
  }

  /** The socket breaks, and the client comes again with what it has read. */
  #cut(): void {
    this.watcher = new LiveWatcher(this.ring.last);
    this.watcher.subscribe(this.topics);
    this.watcher.goOnAfter(this.read);
    this.unacked = 0;
    // Rows of other topics may have pushed out the number itself.
    if (!this.ring.vouchesFor(this.read)) this.mayReset = true;
  }

  /** The hub loses its memory, as one does that has sent all that it may. */
  #hibernate(): void {
    this.serve(Number.MAX_SAFE_INTEGER);
    const kept = structuredClone(this.watcher.kept(this.ring));
    assert(kept.isCaughtUp === (this.owed.length === 0), "it is known who is owed nothing");
    if (!kept.isCaughtUp) this.mayReset = true;
    this.ring = new LiveRing(this.nowMs, this.ring.last);
    this.watcher = LiveWatcher.restored(kept, this.ring);
    assert(this.watcher.unacked === this.unacked, "the window is as full as before");
  }

  #break(): void {
    this.ring.breakOff(this.nowMs);
    this.mayReset = true;
  }
}
