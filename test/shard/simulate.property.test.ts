import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileCalendar } from "../../src/core/calendar.ts";
import { compileJob } from "../../src/core/compiled-job.ts";
import { simulate, type SimulatedTick } from "../../src/core/simulate.ts";
import { aSpec } from "../support/a-shard.ts";
import { endedMs, playStory, type Story } from "../support/played-shard.ts";
import { aStory } from "../support/stories.ts";

const CASES = 400;

describe("a simulation", () => {
  test("tells every tick and run of a story as the shard then plays it", () => {
    let played = 0;
    fc.assert(
      fc.property(aStory(), (story) => {
        const real = playStory(story);
        if (real === null) return; // Refused at the door: there is nothing to compare.
        played++;
        const ticks = simulated(story, real.jobId);
        const unfired = ticks.filter(({ run, decidedMs }) => !run && decidedMs <= story.toMs);
        const fired = ticks.filter(({ run, decidedMs }) => run && decidedMs <= story.toMs);

        expect(unfired.map(unfiredFacts)).toEqual(real.ticks.toSorted(byTime).map(tickFacts));
        expect(fired.map((tick) => firedFacts(tick, story.toMs))).toEqual(
          real.runs.toSorted(byTime).map((run) => ({
            nominalMs: run.nominalMs,
            decidedMs: run.createdMs,
            startsMs: run.startedMs,
            endsMs: endedMs(run),
            isCanceled: run.phase.state === "canceled",
          })),
        );
      }),
      { numRuns: CASES },
    );
    expect(played).toBeGreaterThan(CASES / 2);
  });
});

function simulated(story: Story, jobId: string): readonly SimulatedTick[] {
  const { spec, calendar, fromMs, toMs, durationMs, outages, pauses } = story;
  const made = calendar === null ? undefined : compileCalendar(calendar);
  const compiled = compileJob(aSpec(spec), () => made);
  const concurrency = spec.concurrency ?? null;
  const rest = { concurrency, ticksDone: 0, durationMs, outages, pauses };
  return simulate({ compiled, jobId, fromMs, toMs, ...rest }).ticks;
}

type Facts = Pick<
  SimulatedTick,
  "nominalMs" | "toMs" | "count" | "disposition" | "reason" | "intoMs"
>;

function tickFacts(tick: Facts & { readonly plannedMs: number }) {
  const { nominalMs, toMs, count, disposition, reason, intoMs, plannedMs } = tick;
  return { nominalMs, toMs, count, disposition, reason, intoMs, plannedMs };
}

function unfiredFacts(tick: SimulatedTick) {
  return tickFacts({ ...tick, plannedMs: tick.decidedMs });
}

/** What of a run is to be seen by the end of the story. */
function firedFacts({ nominalMs, decidedMs, run }: SimulatedTick, untilMs: number) {
  const seen = (ms: number | null | undefined): number | null =>
    ms === null || ms === undefined || ms > untilMs ? null : ms;
  const endsMs = seen(run?.endsMs);
  const isCanceled = endsMs !== null && run?.isCanceled === true;
  return { nominalMs, decidedMs, startsMs: seen(run?.startsMs), endsMs, isCanceled };
}

function byTime(a: { readonly nominalMs: number }, b: { readonly nominalMs: number }): number {
  return a.nominalMs - b.nominalMs;
}
