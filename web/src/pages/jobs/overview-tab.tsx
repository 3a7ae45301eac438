import { useState } from "preact/compat";
import type { JobFullJson, RunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { TextLink } from "../../kit/button.tsx";
import { Card, Facts } from "../../kit/layout.tsx";
import { Failure } from "../../kit/loaded.tsx";
import { RunStrip } from "../../kit/run-strip.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { instantText, Span, Time } from "../../kit/time.tsx";
import { useZone } from "../../shell/zone.ts";
import { withFilters } from "../../url/filters.ts";
import { DurationChart } from "./duration-chart.tsx";
import { ExplainDialog } from "./explain-dialog.tsx";
import { jobStrings } from "./job-strings.ts";
import { Countdown, NextFire } from "./next-fire.tsx";
import type { PreviewJson } from "./preview-panel.tsx";
import { zoneOfSchedule } from "./schedule-words.ts";
import { useJobStats, type JobStat } from "./use-job-stats.ts";
import { usePosted } from "./use-posted.ts";

const TICKS_SHOWN = 10;
const ENDED_BAD: ReadonlySet<string> = new Set(["failed", "timed_out", "lost"]);

/** How the job did lately, and when it runs next. */
export function OverviewTab({ job }: { readonly job: JobFullJson }) {
  const say = useStrings(jobStrings);
  const stats = useJobStats([job.name]);
  const stat = stats.byJob.get(job.name);
  const lastFailed = job.lastRuns.find(({ error }) => error !== null);
  return (
    <div class="grid items-start gap-4 lg:grid-cols-[2fr_1fr]">
      <div class="flex min-w-0 flex-col gap-4">
        <Card title={say("lastRuns")}>
          {stats.problem !== null && (
            <Failure problem={stats.problem} again={() => stats.again()} />
          )}
          {stats.isLoaded ? <Figures job={job.name} stat={stat} /> : <p>–</p>}
        </Card>
        <Card title={say("durations")}>
          <DurationChart runs={stat?.runs ?? []} timeout={job.timeout} />
        </Card>
        {lastFailed !== undefined && <LastError run={lastFailed} />}
      </div>
      <NextTicks job={job} />
    </div>
  );
}

function Figures({ job, stat }: { readonly job: string; readonly stat: JobStat | undefined }) {
  const say = useStrings(jobStrings);
  const runs = stat?.runs ?? [];
  const succeeded = runs.filter(({ state }) => state === "succeeded").length;
  const ended = succeeded + runs.filter(({ state }) => ENDED_BAD.has(state)).length;
  const rate = ended === 0 ? "–" : `${Math.round((100 * succeeded) / ended)} %`;
  const runsHref = withFilters("/runs", { job });
  return (
    <>
      <p class="mb-3">
        <RunStrip job={job} runs={runs} />
      </p>
      <Facts
        items={[
          [
            say("successRate"),
            <TextLink key="rate" href={runsHref}>
              {rate} {ended > 0 && `(${succeeded}/${ended})`}
            </TextLink>,
          ],
          ["p50", <Span key="p50" ms={stat?.p50Ms} />],
          ["p95", <Span key="p95" ms={stat?.p95Ms} />],
        ]}
      />
    </>
  );
}

/** The error of the last run that had one, without a click. */
function LastError({ run }: { readonly run: RunJson }) {
  const say = useStrings(jobStrings);
  return (
    <Card title={say("lastError")}>
      <p class="mb-1 font-mono text-xs break-words whitespace-pre-wrap text-bad">
        {run.error?.message}
      </p>
      <p class="text-xs text-muted">
        <TextLink href={`/runs/${run.id}`} class="underline">
          {say("showRun")}
        </TextLink>{" "}
        · <Time at={run.endedAt ?? run.createdAt} as="both" />
      </p>
    </Card>
  );
}

/** More ticks than the job itself comes with: from the preview of its schedule, from its next tick on. */
function useNextTicks({ schedule, nextTick, nextTicks, state }: JobFullJson): readonly string[] {
  const isSteady = schedule.kind === "cron" || schedule.kind === "every";
  const from = nextTick === null ? null : new Date(Date.parse(nextTick) - 1).toISOString();
  const isAsked = state === "active" && isSteady && from !== null;
  const { data } = usePosted<PreviewJson>(
    "/schedules/preview",
    isAsked ? { schedule, from, count: TICKS_SHOWN } : null,
  );
  const previewed = data?.ticks.map(({ at }) => at) ?? [];
  // Until the answer for this tick is there, the job's own ticks are the newer ones.
  return isAsked && previewed[0] === nextTick ? previewed : nextTicks;
}

function NextTicks({ job }: { readonly job: JobFullJson }) {
  const say = useStrings(jobStrings);
  const sayKit = useStrings(kitStrings);
  const pageZone = useZone();
  const ownZone = zoneOfSchedule(job.schedule) ?? pageZone;
  const [asked, setAsked] = useState<string | null>(null);
  const ticks = useNextTicks(job);
  return (
    <Card title={say("nextTicks")}>
      {ticks.length === 0 ? (
        <NextFire job={job} />
      ) : (
        <>
          <p class="mb-2 text-xs text-muted">
            {ownZone === pageZone ? ownZone : say("bothZones", { own: ownZone, page: pageZone })}
          </p>
          <ol class="flex flex-col gap-1">
            {ticks.map((at) => (
              <li key={at} class="flex flex-wrap items-baseline gap-x-3">
                <button
                  type="button"
                  class="text-accent tabular-nums hover:underline"
                  title={say("explain")}
                  onClick={() => setAsked(at)}
                >
                  {instantText(at, ownZone)}
                </button>
                {ownZone !== pageZone && (
                  <span class="text-xs text-muted tabular-nums">{instantText(at, pageZone)}</span>
                )}
                <span class="ml-auto text-xs text-muted">
                  <Countdown at={at} zone={ownZone} />
                </span>
              </li>
            ))}
          </ol>
        </>
      )}
      {job.state === "paused" && <p class="mt-2 text-warn">{sayKit("paused")}</p>}
      {asked !== null && (
        <ExplainDialog job={job.name} nominal={asked} onClose={() => setAsked(null)} />
      )}
    </Card>
  );
}
