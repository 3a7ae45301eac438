import { Link } from "wouter";
import { useApi } from "../../api/use-api.ts";
import type { TrendJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Card } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { instantText } from "../../kit/time.tsx";
import { useZone } from "../../shell/zone.ts";
import { useFilters, withFilters } from "../../url/filters.ts";
import { homeStrings } from "./strings.ts";

const RANGES = { "24h": "hours=24", "7d": "hours=168", "30d": "hours=720" } as const;
type Range = keyof typeof RANGES;
const NAMES = { "24h": "hours24", "7d": "days7", "30d": "days30" } as const;
const REFRESH_MS = 30_000;
const HUNDRED = 100;
/** A failure among many successes is still seen. */
const PERCENT_MIN = 3;

type Bucket = TrendJson["buckets"][number];

function rangeOf(text: string | undefined): Range {
  return text === "7d" || text === "30d" ? text : "24h";
}

/** Runs over time as stacked bars; a bar leads to the runs that it stands for. */
export function RunsChart() {
  const say = useStrings(homeStrings);
  const [filters, change] = useFilters();
  const range = rangeOf(filters["range"]);
  const trend = useApi<TrendJson>(`/stats/trend?${RANGES[range]}`, {
    everyMs: REFRESH_MS,
    isKept: true,
  });
  return (
    <Card
      title={say("runsOverTime")}
      actions={
        <div role="group" aria-label={say("range")} class="flex gap-1">
          {(["24h", "7d", "30d"] as const).map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === range}
              onClick={() => change({ range: name === "24h" ? "" : name })}
              class={`rounded px-2 py-0.5 text-xs ${name === range ? "bg-accent-ground text-accent" : "text-muted hover:bg-hover"}`}
            >
              {say(NAMES[name])}
            </button>
          ))}
        </div>
      }
    >
      <p class="mb-2 text-xs text-muted">{say("chartAbout")}</p>
      <Loaded of={trend}>{(data) => <Bars of={data} />}</Loaded>
      <Legend />
    </Card>
  );
}

function Bars({ of }: { readonly of: TrendJson }) {
  const most = Math.max(1, ...of.buckets.map(totalOf));
  return (
    <ul class="flex h-36 items-end gap-px overflow-hidden border-b border-line">
      {of.buckets.map((bucket) => (
        <li key={bucket.at} class="h-full min-w-0 flex-1">
          <Bar bucket={bucket} bucketMs={of.bucketMs} most={most} />
        </li>
      ))}
    </ul>
  );
}

function Bar(props: { readonly bucket: Bucket; readonly bucketMs: number; readonly most: number }) {
  const say = useStrings(homeStrings);
  const zone = useZone();
  const { bucket, bucketMs, most } = props;
  const bad = badOf(bucket);
  const { succeeded, canceled } = bucket;
  const title = say("bar", {
    at: instantText(bucket.at, zone, false),
    succeeded,
    failed: bad,
    canceled,
  });
  const to = new Date(Date.parse(bucket.at) + bucketMs).toISOString();
  const heightOf = (count: number): { readonly height: string } => ({
    height: count === 0 ? "0" : `${Math.max(PERCENT_MIN, (count / most) * HUNDRED)}%`,
  });
  return (
    <Link
      href={withFilters("/runs", { from: bucket.at, to })}
      title={title}
      aria-label={title}
      class="flex h-full flex-col justify-end hover:bg-hover"
    >
      <span class="w-full bg-bad-fill" style={heightOf(bad)} />
      <span class="w-full bg-idle-fill" style={heightOf(canceled)} />
      <span class="w-full bg-ok-fill" style={heightOf(succeeded)} />
    </Link>
  );
}

function Legend() {
  const say = useStrings(homeStrings);
  const items = [
    ["bg-ok-fill", "legendOk"],
    ["bg-bad-fill", "legendBad"],
    ["bg-idle-fill", "legendCanceled"],
  ] as const;
  return (
    <ul class="mt-2 flex flex-wrap gap-4 text-xs text-muted">
      {items.map(([fill, key]) => (
        <li key={key} class="flex items-center gap-1.5">
          <span aria-hidden="true" class={`inline-block size-2.5 rounded-sm ${fill}`} />
          {say(key)}
        </li>
      ))}
    </ul>
  );
}

/** What ended without doing its work, other than by somebody's wish. */
export function badOf({ failed, timed_out: timedOut, lost }: Bucket): number {
  return failed + timedOut + lost;
}

export function totalOf(bucket: Bucket): number {
  return bucket.succeeded + bucket.canceled + badOf(bucket);
}
