import { Link } from "wouter";
import { useApi } from "../../api/use-api.ts";
import type { TrendJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Card } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { withFilters } from "../../url/filters.ts";
import { badOf, totalOf } from "./runs-chart.tsx";
import { homeStrings } from "./strings.ts";

const DAYS = 371;
const WEEK = 7;
const DAY_MS = 86_400_000;
/** 1970-01-01 was a Thursday; weeks begin on Monday. */
const FIRST_WEEKDAY = 3;
const REFRESH_MS = 300_000;
const SHADES = [
  "bg-hover",
  "bg-ok-fill/30",
  "bg-ok-fill/55",
  "bg-ok-fill/75",
  "bg-ok-fill",
] as const;

type Day = TrendJson["buckets"][number];

/** 53 weeks of days: how many runs, and which had failures. */
export function YearMap() {
  const say = useStrings(homeStrings);
  const trend = useApi<TrendJson>(`/stats/trend?days=${DAYS}`, { everyMs: REFRESH_MS });
  return (
    <Card title={say("year")}>
      <p class="mb-2 text-xs text-muted">{say("yearAbout")}</p>
      <Loaded of={trend}>{(data) => <Days days={data.buckets} />}</Loaded>
      <p class="mt-2 flex items-center gap-1 text-xs text-muted">
        {say("less")}
        {SHADES.map((shade) => (
          <span
            key={shade}
            aria-hidden="true"
            class={`inline-block size-2.5 rounded-xs ${shade}`}
          />
        ))}
        {say("more")}
      </p>
    </Card>
  );
}

function Days({ days }: { readonly days: readonly Day[] }) {
  const most = Math.max(1, ...days.map(totalOf));
  const first = days[0];
  const lead = first === undefined ? 0 : weekdayOf(first.at);
  return (
    <div class="overflow-x-auto pb-1">
      <ul class="grid w-max grid-flow-col grid-rows-7 gap-[3px]">
        {Array.from({ length: lead }, (_, place) => (
          <li key={place} aria-hidden="true" class="size-2.5" />
        ))}
        {days.map((day) => (
          <li key={day.at} class="size-2.5">
            <DayCell day={day} most={most} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function DayCell({ day, most }: { readonly day: Day; readonly most: number }) {
  const say = useStrings(homeStrings);
  const total = totalOf(day);
  const failed = badOf(day);
  const title = say("day", { date: day.at.slice(0, 10), total, failed });
  const shade = SHADES[shadeOf(total, most)];
  const look = `flex size-2.5 items-center justify-center rounded-xs ${shade}`;
  const dot = failed > 0 && <span aria-hidden="true" class="size-1.5 rounded-full bg-bad-fill" />;
  // Most days of a new deployment are empty: only those with runs are worth a stop of the keyboard.
  if (total === 0) return <span class={look} title={title} />;
  const to = new Date(Date.parse(day.at) + DAY_MS).toISOString();
  const href = withFilters("/runs", { from: day.at, to });
  return (
    <Link href={href} title={title} aria-label={title} class={look}>
      {dot}
    </Link>
  );
}

function weekdayOf(at: string): number {
  return (Math.floor(Date.parse(at) / DAY_MS) + FIRST_WEEKDAY) % WEEK;
}

/** Shades by the logarithm: a day of ten runs differs from a day of a hundred as that does from a thousand. */
function shadeOf(total: number, most: number): number {
  if (total === 0) return 0;
  const steps = SHADES.length - 1;
  return Math.max(1, Math.ceil((Math.log1p(total) / Math.log1p(most)) * steps));
}
