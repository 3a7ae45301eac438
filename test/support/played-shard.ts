import type { CalendarCopy } from "../../src/core/calendar.ts";
import { calendarKey } from "../../src/core/directory.ts";
import type { JobSpec } from "../../src/core/job.ts";
import { isEnded, type Run } from "../../src/core/run.ts";
import type { Span } from "../../src/core/simulate.ts";
import type { Tick } from "../../src/core/tick.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import { REF, TestShard } from "./a-shard.ts";

/** A story that can be played on a shard as well as simulated. */
export interface Story extends Span {
  readonly spec: Partial<JobSpec>;
  readonly calendar: CalendarCopy | null;
  readonly durationMs: number;
  readonly outages: readonly Span[];
  readonly pauses: readonly (Span & { readonly missed: "skip" | "latest" | "all" | null })[];
}

interface Played {
  readonly jobId: string;
  readonly ticks: readonly Tick[];
  readonly runs: readonly Run[];
}

/**
 * Plays a story on a real shard, up to its end: an executor that answers after the same time, a caller
 * who pauses and resumes, and a host that is not there during the outages. Null when the job is refused.
 */
export function playStory(story: Story): Played | null {
  const player = new Player(story);
  return player.create() ? player.play() : null;
}

interface Deed {
  readonly atMs: number;
  readonly act: () => void;
}

class Player {
  readonly #story: Story;
  /** A simulation knows of no other jobs and of no hosts, so the shard has slots for all runs. */
  readonly #test = new TestShard({ slots: 100_000, hostConcurrency: 100_000 });
  readonly #out: (Delivery & { readonly answerMs: number })[] = [];
  readonly #deeds: Deed[];
  readonly #ticks: Tick[] = [];
  readonly #runs = new Map<string, Run>();
  #jobId = "";

  constructor(story: Story) {
    this.#story = story;
    this.#deeds = story.pauses.flatMap(({ fromMs, toMs, missed }) => [
      { atMs: fromMs, act: () => this.#pause(missed === null ? toMs : null) },
      { atMs: toMs, act: () => this.#resume(missed) },
    ]);
  }

  /** The job is made just before the story begins; a fixed delay is counted from its very beginning. */
  create(): boolean {
    const { spec, calendar, fromMs } = this.#story;
    this.#test.nowMs = spec.schedule?.kind === "after" ? fromMs : fromMs - 1;
    this.#test.restart();
    const body = JSON.stringify(calendar);
    const copies =
      calendar === null
        ? []
        : [{ key: calendarKey("default", calendar.name), version: calendar.version, body }];
    const reply = this.#test.tryPut(spec, { copies });
    if (!reply.ok) return false;
    this.#jobId = reply.value.view.job.id;
    return true;
  }

  play(): Played {
    for (let atMs = this.#nextMs(); atMs <= this.#story.toMs; atMs = this.#nextMs()) {
      this.#test.nowMs = atMs;
      this.#step();
    }
    this.#flush();
    return { jobId: this.#jobId, ticks: this.#ticks, runs: [...this.#runs.values()] };
  }

  #nextMs(): number {
    const { shard, nowMs } = this.#test;
    const answers = this.#out.map(({ answerMs }) => answerMs);
    const deedMs = this.#deeds[0]?.atMs ?? Infinity;
    const next = Math.min(shard.nextTickMs(nowMs) ?? Infinity, deedMs, ...answers);
    const atMs = Math.max(next, nowMs);
    const outage = this.#story.outages.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
    return outage === undefined ? atMs : outage.toMs;
  }

  /** Answers, then commands, then the shard's tick: as its runner does. */
  #step(): void {
    const { nowMs } = this.#test;
    const due = this.#out.filter(({ answerMs }) => answerMs <= nowMs);
    for (const delivery of due) this.#answer(delivery);
    while ((this.#deeds[0]?.atMs ?? Infinity) <= nowMs) this.#deeds.shift()?.act();
    const { durationMs } = this.#story;
    for (const sent of this.#test.shard.tick(nowMs))
      this.#out.push({ ...sent, answerMs: nowMs + durationMs });
    for (const { runId } of this.#test.shard.takeAborts()) {
      const broken = this.#out.find((delivery) => delivery.runId === runId);
      if (broken !== undefined) this.#answer(broken);
    }
    this.#flush();
  }

  #answer(delivery: Delivery & { readonly answerMs: number }): void {
    this.#out.splice(this.#out.indexOf(delivery), 1);
    const done = { kind: "succeeded", result: null, truncated: false, context: null } as const;
    this.#test.answer(delivery, done);
  }

  /** One that resumes by itself, or one that somebody ends. A job that has ended is not paused any more. */
  #pause(untilMs: number | null): void {
    const isOver = untilMs !== null && untilMs <= this.#test.nowMs;
    const input = { ref: REF, untilMs: isOver ? null : untilMs, reason: null };
    this.#test.refusal("job.pause", input);
  }

  #resume(missed: "skip" | "latest" | "all" | null): void {
    // The tick of the shard ends a pause that had an end; the command finds nothing to do then.
    this.#test.refusal("job.resume", { ref: REF, missed });
  }

  #flush(): void {
    const { ticks, runs } = this.#test.flush();
    this.#ticks.push(...ticks);
    for (const run of runs) this.#runs.set(run.id, run);
  }
}

/** When a run had ended by the end of a story; null when it had not. */
export function endedMs({ phase }: Run): number | null {
  return isEnded(phase) ? phase.endedMs : null;
}
