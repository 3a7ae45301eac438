import type { DstRule, ScheduleSpec } from "../../src/core/job.ts";
import { offsetTable } from "../support/offset-table.ts";
import type { Era } from "./job-story.ts";
import type { Scene } from "./scene.ts";
import { scheduleModel } from "./schedule-model.ts";

type CronSpec = Extract<ScheduleSpec, { readonly kind: "cron" }>;

const OFFSET_MS_MAX = 7_200_000;

/** Notes which rules of time a stretch of a job's life has put to use. */
export function reachRules(scene: Scene, era: Era, endMs: number): void {
  const { schedule } = era;
  const span = { fromMs: era.strictFromMs, untilMs: Math.min(era.strictToMs, endMs) };
  if (schedule.kind === "cron") reachClockChanges(scene, { era, schedule }, span);
  if (schedule.kind !== "cron" && schedule.kind !== "every") return;
  if (schedule.ticksMax !== null || schedule.endAt !== null) scene.reach("schedule: bounded");
  if (schedule.calendar === null || schedule.calendar.roll === "skip") return;
  const worlds = { nearMs: scene.options.startMs, calendar: era.calendar };
  const moved = scheduleModel(schedule, worlds);
  const unmoved = scheduleModel({ ...schedule, calendar: null }, worlds);
  if (differs(moved, unmoved, span))
    scene.reach(`calendar: moved to the ${schedule.calendar.roll}`);
}

interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

function reachClockChanges(
  scene: Scene,
  { era, schedule }: { readonly era: Era; readonly schedule: CronSpec },
  span: Span,
): void {
  const { changes } = offsetTable(schedule.timezone);
  const isNear = changes.some(
    ({ atMs }) => atMs > span.fromMs && atMs < span.untilMs + OFFSET_MS_MAX,
  );
  if (!isNear) return;
  const world = { nearMs: scene.options.startMs, calendar: era.calendar };
  const ruled = (dst: Partial<DstRule>): ReturnType<typeof scheduleModel> =>
    scheduleModel({ ...schedule, dst: { ...schedule.dst, ...dst } }, world);
  const [own, { gap, fold }] = [ruled({}), schedule.dst];
  const isGap = differs(own, ruled({ gap: gap === "skip" ? "shift" : "skip" }), span);
  if (isGap) scene.reach(`dst: gap ${gap}`);
  const isFold = differs(own, ruled({ fold: fold === "first" ? "last" : "first" }), span);
  if (isFold) scene.reach(`dst: fold ${fold}`);
}

/** Whether two schedules have other ticks in a stretch. */
function differs(
  one: ReturnType<typeof scheduleModel>,
  other: ReturnType<typeof scheduleModel>,
  { fromMs, untilMs }: Span,
): boolean {
  for (let at = fromMs; ;) {
    const [next = untilMs, rival = untilMs] = [one.nextAfter(at), other.nextAfter(at)];
    if (next !== rival) return Math.min(next, rival) < untilMs;
    if (next >= untilMs) return false;
    at = next;
  }
}
