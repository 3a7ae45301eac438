import type { JobStatsJson, RunJson } from "../../api/shapes.ts";
import { useApi } from "../../api/use-api.ts";
import { useStrings, type Say } from "../../i18n/strings.ts";
import { Progress } from "../../kit/bar.tsx";
import { Card } from "../../kit/layout.tsx";
import { spanText, Time, useNow } from "../../kit/time.tsx";
import { durationMsOf } from "./run-states.ts";
import { runStrings } from "./run-strings.ts";

/** From here on what a run has said of itself tells more than what runs of its job usually take. */
const PERCENT_TELLING = 5;

/** How far a run under way is, and how long it may take: as it goes on, or as its job usually takes. */
export function RunProgress({ run }: { readonly run: RunJson }) {
  const say = useStrings(runStrings);
  const { progress } = run;
  const percent = progress?.percent ?? shardsPercent(run);
  return (
    <Card title={say("progress")} class="mb-3">
      <Progress percent={percent} label={say("progress")} />
      <p class="mt-2 flex flex-wrap gap-x-3 break-words">
        {percent !== null && <strong class="tabular-nums">{Math.round(percent)} %</strong>}
        {progress !== null && <span class="min-w-0">{progress.message}</span>}
        <Left run={run} percent={percent} />
        {progress !== null && (
          <span class="text-muted">
            <Time at={progress.at} as="relative" />
          </span>
        )}
      </p>
    </Card>
  );
}

function Left({ run, percent }: { readonly run: RunJson; readonly percent: number | null }) {
  const say = useStrings(runStrings);
  const nowMs = useNow();
  const job = encodeURIComponent(run.jobId);
  const stats = useApi<JobStatsJson>(run.workflow === null ? `/stats/jobs?job=${job}` : null);
  const usualMs = stats.data?.items[0]?.p50Ms ?? null;
  const tookMs = durationMsOf(run, nowMs) ?? 0;
  const text = leftText(say, { percent, tookMs, usualMs });
  return <span class="text-muted tabular-nums">{text}</span>;
}

interface SoFar {
  readonly percent: number | null;
  readonly tookMs: number;
  readonly usualMs: number | null;
}

function leftText(
  say: Say<keyof (typeof runStrings)["en"]>,
  { percent, tookMs, usualMs }: SoFar,
): string {
  if (percent !== null && percent >= PERCENT_TELLING)
    return say("eta", { time: spanText(wholeSeconds((tookMs * (100 - percent)) / percent)) });
  if (usualMs === null) return "";
  if (tookMs > usualMs) return say("etaOver", { usual: spanText(usualMs) });
  return say("eta", { time: spanText(wholeSeconds(usualMs - tookMs)) });
}

function wholeSeconds(ms: number): number {
  return Math.round(ms / 1_000) * 1_000;
}

function shardsPercent({ shards }: RunJson): number | null {
  if (shards === null || shards.total === 0) return null;
  return (100 * (shards.succeeded + shards.failed + shards.canceled)) / shards.total;
}
