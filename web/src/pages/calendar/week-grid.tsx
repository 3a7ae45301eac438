import type { FiresJson } from "../../api/shapes.ts";
import { useLanguage } from "../../i18n/language.ts";
import { useStrings } from "../../i18n/strings.ts";
import { TextLink } from "../../kit/button.tsx";
import { calendarStrings } from "./strings.ts";
import { clockIn } from "./week.ts";

type Fires = FiresJson["items"][number];
type DayFires = Fires["days"][number];

/** Of one job on one day, this many clock times are written out. */
const TIMES_SHOWN = 4;

interface GridProps {
  readonly items: readonly Fires[];
  readonly days: readonly string[];
  readonly today: string;
  /** Days that are closed, with the name of what closes them. */
  readonly closed: ReadonlyMap<string, string>;
  readonly zone: string;
}

/** Jobs down, days across: the clock times at which each fires, or how often where that is too often to list. */
export function WeekGrid({ items, days, today, closed, zone }: GridProps) {
  const say = useStrings(calendarStrings);
  return (
    <div class="overflow-x-auto" tabIndex={0} role="region" aria-label={say("table")}>
      <table class="w-full min-w-[52rem] table-fixed border-collapse text-left">
        <caption class="sr-only">{say("table")}</caption>
        <thead>
          <tr class="border-b border-line text-xs text-muted">
            <th scope="col" class="w-44 px-2 py-1.5 font-medium">
              {say("job")}
            </th>
            {days.map((day) => (
              <DayHead key={day} day={day} isToday={day === today} closedBy={closed.get(day)} />
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.job} class="border-b border-line last:border-0">
              <th scope="row" class="px-2 py-1.5 align-top font-normal">
                <TextLink href={`/jobs/${encodeURIComponent(item.job)}`} class="break-all">
                  {item.job}
                </TextLink>
                {item.state === "paused" && (
                  <span class="ml-1 text-xs text-muted">‖ {say("pausedJob")}</span>
                )}
              </th>
              {days.map((day) => (
                <td key={day} class={`px-1 py-1 align-top ${closed.has(day) ? "bg-hover" : ""}`}>
                  <DayCell
                    fires={item.days.find(({ date }) => date === day)}
                    isPaused={item.state !== "active"}
                    zone={zone}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function DayHead(props: {
  readonly day: string;
  readonly isToday: boolean;
  readonly closedBy: string | undefined;
}) {
  const say = useStrings(calendarStrings);
  const language = useLanguage();
  const { day, isToday, closedBy } = props;
  const name = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", {
    timeZone: "UTC",
    weekday: "short",
    day: "numeric",
    month: "short",
  }).format(new Date(`${day}T00:00:00Z`));
  return (
    <th
      scope="col"
      {...(isToday ? { "aria-current": "date" } : {})}
      class={`px-1 py-1.5 font-medium ${isToday ? "text-accent" : ""} ${closedBy === undefined ? "" : "bg-hover"}`}
    >
      {name}
      {closedBy !== undefined && (
        <span class="block font-normal">
          {say("closed")}
          {closedBy === "" ? "" : `: ${closedBy}`}
        </span>
      )}
    </th>
  );
}

function DayCell(props: {
  readonly fires: DayFires | undefined;
  readonly isPaused: boolean;
  readonly zone: string;
}) {
  const say = useStrings(calendarStrings);
  const { fires, isPaused, zone } = props;
  if (fires === undefined || fires.count === 0)
    return (
      <span class="text-xs text-muted" aria-label={say("nothing")}>
        ·
      </span>
    );
  const look = isPaused
    ? "border-dashed border-line-strong text-muted"
    : "border-transparent bg-accent-ground text-accent";
  const title = say("firesOnDay", { count: fires.count });
  if (fires.times === null || fires.times.length > TIMES_SHOWN)
    return (
      <span class={`block rounded border px-1 text-xs tabular-nums ${look}`} title={title}>
        {say("dense", { count: fires.count.toLocaleString() })}
      </span>
    );
  return (
    <span class="flex flex-wrap gap-0.5" title={title}>
      {fires.times.map((at) => (
        <span key={at} class={`rounded border px-1 text-xs tabular-nums ${look}`}>
          {clockIn(zone, at)}
        </span>
      ))}
    </span>
  );
}
