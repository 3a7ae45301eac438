import { isShort, compileSchedule, type Schedule } from "../core/schedule.ts";
import { Refusal } from "../core/refusal.ts";
import type { JobSpec, RetrySpec, ScheduleSpec, TargetSpec } from "../core/job.ts";
import type { ApiDeps } from "./api-deps.ts";
import { type JobBody, RETRY_DEFAULT } from "./job-schema.ts";
import type { ScheduleBody } from "./schedule-schema.ts";

/** Ticks closer than this leave no time for the usual retries. */
const SHORT_MS = 300_000;

/**
 * What a caller said, with every default filled in, and everything refused that can be at the door.
 */
export function jobSpecOf(
  body: JobBody,
  at: { readonly nowMs: number; readonly anchor: string },
  deps: Pick<ApiDeps, "egress" | "checkTarget">,
): JobSpec {
  const spec = scheduleSpecOf(body.schedule, at.anchor);
  const schedule = compileSchedule(spec);
  checkTarget(body.target, deps);
  return {
    name: body.name,
    description: body.description,
    owner: body.owner,
    tags: body.tags,
    schedule: spec,
    target: body.target,
    params: body.params,
    misfire: body.misfire,
    overlap: body.overlap,
    retry: body.retry ?? retryFor(schedule, at.nowMs),
    timeout: body.timeout,
    startWithin: body.startWithin,
    delivery: body.delivery,
    priority: body.priority,
    concurrency: body.concurrency,
  };
}

/**
 * A schedule with its anchor: intervals are counted from it unless the caller named another, and so
 * are the ticks of a schedule that has a bounded number of them.
 */
export function scheduleSpecOf(body: ScheduleBody, anchor: string): ScheduleSpec {
  if (body.kind === "at" || body.kind === "manual") return body;
  const startAt = body.startAt ?? (body.ticksMax === null ? null : anchor);
  if (body.kind !== "every") return { ...body, startAt };
  return { ...body, startAt, anchor: body.anchor ?? startAt ?? anchor };
}

function retryFor(schedule: Schedule, nowMs: number): RetrySpec {
  if (!isShort(schedule, nowMs, SHORT_MS)) return RETRY_DEFAULT;
  return { ...RETRY_DEFAULT, max: 1, untilNextTick: true };
}

function checkTarget(target: TargetSpec, deps: Pick<ApiDeps, "egress" | "checkTarget">): void {
  if (target.kind === "webhook") {
    const reason = deps.egress.refuses(target.url);
    if (reason !== null)
      throw new Refusal("target.refused", `The URL of the target is refused: ${reason}`, {
        errors: [{ pointer: "/target/url", message: reason }],
        hint: "Use a public http or https address, or let the operator open it with EGRESS_ALLOW.",
      });
  }
  deps.checkTarget(target);
}
