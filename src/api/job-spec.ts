import { isShort, compileSchedule, type Schedule } from "../core/schedule.ts";
import { checkHashKey } from "../core/hash-key.ts";
import { Refusal } from "../core/refusal.ts";
import type { JobSpec, RetrySpec, ScheduleSpec, TargetSpec } from "../core/job.ts";
import { WORKFLOW_DEFAULTS } from "../core/workflow-defaults.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { CalendarStore } from "./calendar-store.ts";
import { type JobBody, RETRY_DEFAULT, timeoutOf } from "./job-schema.ts";
import type { ScheduleBody } from "./schedule-schema.ts";
import { isoText } from "./wire.ts";

/** Ticks closer than this leave no time for the usual retries. */
const SHORT_MS = 300_000;

export interface SpecDeps extends Pick<ApiDeps, "egress" | "checkTarget"> {
  readonly calendars: CalendarStore;
}

/**
 * What a caller said, with every default filled in, and everything refused that can be at the door.
 */
export async function jobSpecOf(
  body: JobBody,
  at: {
    readonly namespace: string;
    readonly nowMs: number;
    /** The schedule that this one replaces; null when it is new, or was laid over the stored one. */
    readonly replaced: ScheduleSpec | null;
  },
  deps: SpecDeps,
): Promise<JobSpec> {
  const spec = scheduleSpecOf(body.schedule, isoText(at.nowMs), at.replaced);
  checkTarget(body.target, deps);
  const calendarOf = await deps.calendars.lookup(at.namespace, spec, at.nowMs);
  const schedule = compileSchedule(spec, calendarOf);
  return {
    name: body.name,
    description: body.description,
    owner: body.owner,
    tags: body.tags,
    schedule: spec,
    target: body.target,
    params: body.params,
    sharding: body.sharding,
    misfire: body.misfire,
    overlap: body.overlap,
    retry: body.retry ?? retryFor(body.target, schedule, at.nowMs),
    timeout: timeoutOf(body),
    startWithin: body.startWithin,
    delivery: body.delivery,
    priority: body.priority,
    concurrency: body.concurrency,
  };
}

/**
 * A schedule with its anchor: intervals are counted from it unless the caller named another, and so
 * are the ticks of a schedule that has a bounded number of them. Where the body leaves these out, a
 * schedule of the same kind that it replaces hands down its own, so that a repeated PUT changes nothing
 * and a change of the rate moves no tick it need not move.
 */
export function scheduleSpecOf(
  body: ScheduleBody,
  anchor: string,
  replaced: ScheduleSpec | null = null,
): ScheduleSpec {
  if (body.kind === "at" || body.kind === "manual") return body;
  const former = replaced?.kind === body.kind ? replaced : null;
  const startAt = body.startAt ?? startOf(body, anchor, former);
  if (body.kind !== "every") return { ...body, startAt };
  return { ...body, startAt, anchor: body.anchor ?? anchorOf(former, startAt ?? anchor) };
}

function anchorOf(former: ScheduleSpec | null, otherwise: string): string {
  return former?.kind === "every" ? former.anchor : otherwise;
}

/** The instant from which a schedule counts its bounded number of ticks; null when it has no such bound. */
function startOf(
  { ticksMax }: Exclude<ScheduleBody, { readonly kind: "at" | "manual" }>,
  anchor: string,
  former: ScheduleSpec | null,
): string | null {
  if (ticksMax === null) return null;
  const counted = former !== null && "ticksMax" in former && former.ticksMax !== null;
  return counted ? (former.startAt ?? anchor) : anchor;
}

function retryFor(target: TargetSpec, schedule: Schedule, nowMs: number): RetrySpec {
  // Its steps have been tried again already.
  if (target.kind === "workflow")
    return { ...RETRY_DEFAULT, max: WORKFLOW_DEFAULTS.nestedRetriesMax };
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
  checkHashKey(target);
  deps.checkTarget(target);
}
