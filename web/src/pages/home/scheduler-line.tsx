import { Link } from "wouter";
import type { SummaryJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { ButtonLink } from "../../kit/button.tsx";
import { spanText } from "../../kit/time.tsx";
import { withFilters } from "../../url/filters.ts";
import { homeStrings } from "./strings.ts";

const DAY_MS = 86_400_000;
const LOOK = {
  ok: ["✓", "border-line bg-surface", "text-ok"],
  late: ["!", "border-warn/50 bg-warn-ground", "text-warn"],
  stalled: ["✗", "border-bad/50 bg-bad-ground", "text-bad"],
  unreachable: ["✗", "border-bad/50 bg-bad-ground", "text-bad"],
} as const;
const NAMES = {
  ok: "schedulerOk",
  late: "schedulerLate",
  stalled: "schedulerStalled",
  unreachable: "schedulerUnreachable",
} as const;

/** Whether the scheduler is alive and on time, and the figures of the day; each leads to what it counts. */
export function SchedulerLine({ of }: { readonly of: SummaryJson }) {
  const say = useStrings(homeStrings);
  const { scheduler } = of;
  const [mark, frame, tone] = LOOK[scheduler.state];
  const isBad = scheduler.state === "stalled" || scheduler.state === "unreachable";
  return (
    <section class={`rounded-lg border px-4 py-3 ${frame}`} {...(isBad ? { role: "alert" } : {})}>
      <div class="flex flex-wrap items-center gap-x-4 gap-y-1">
        <p class={`font-semibold ${tone}`}>
          <span aria-hidden="true">{mark}</span> {say(NAMES[scheduler.state])}
        </p>
        <p class="flex flex-wrap gap-x-4 text-muted">
          <span>{say("lag", { lag: spanText(scheduler.lagMs) })}</span>
          <span>
            {say("shards", { armed: scheduler.shards.armed, count: scheduler.shards.count })}
          </span>
          {scheduler.outbox > 0 && <span>{say("outbox", { count: scheduler.outbox })}</span>}
        </p>
        <Figures of={of} />
      </div>
      {!scheduler.isRecordsReachable && <p class="mt-1 text-warn">{say("recordsAway")}</p>}
      {isBad && (
        <div class="mt-2 flex flex-wrap items-center gap-3 text-bad">
          <p>{say("stalledAbout")}</p>
          <ButtonLink href="/settings/about">{say("doctor")}</ButtonLink>
        </div>
      )}
    </section>
  );
}

function Figures({ of }: { readonly of: SummaryJson }) {
  const say = useStrings(homeStrings);
  const from = new Date(Date.parse(of.at) - DAY_MS).toISOString();
  const isKnown = of.scheduler.isRecordsReachable;
  const { counts } = of;
  const figures = [
    { key: "jobsActive", count: counts.jobsActive, href: "/jobs?state=active" },
    { key: "jobsPaused", count: counts.jobsPaused, href: "/jobs?state=paused" },
    {
      key: "succeeded24h",
      count: counts.succeeded24h,
      href: withFilters("/runs", { state: "succeeded", from }),
    },
    {
      key: "failed24h",
      count: counts.failed24h,
      href: withFilters("/runs", { state: "failed,timed_out,lost", from }),
    },
  ] as const;
  return (
    <ul class="flex flex-wrap gap-x-5 gap-y-1 sm:ml-auto">
      {figures.map(({ key, count, href }) => (
        <li key={key}>
          <Link href={href} class="hover:underline">
            <span
              class={`text-base font-semibold tabular-nums ${key === "failed24h" && count > 0 ? "text-bad" : ""}`}
            >
              {isKnown ? count.toLocaleString() : "–"}
            </span>{" "}
            <span class="text-muted">{say(key)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
