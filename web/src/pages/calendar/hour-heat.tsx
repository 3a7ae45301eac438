import type { FiresJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { calendarStrings } from "./strings.ts";
import { clockIn } from "./week.ts";

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const SHADES = [
  "bg-hover",
  "bg-busy-fill/30",
  "bg-busy-fill/55",
  "bg-busy-fill/80",
  "bg-busy-fill",
];

/** Where fires meet: how many there are in each hour of each day. */
export function HourHeat(props: {
  readonly items: readonly FiresJson["items"][number][];
  readonly days: readonly string[];
  readonly zone: string;
}) {
  const say = useStrings(calendarStrings);
  const { days, zone } = props;
  const counts = countsOf(props.items, zone);
  const most = Math.max(1, ...counts.values());
  return (
    <section class="mt-4">
      <h2 class="text-sm font-semibold">{say("heat")}</h2>
      <p class="mb-2 text-xs text-muted">{say("heatAbout")}</p>
      <div class="overflow-x-auto" tabIndex={0} role="region" aria-label={say("heat")}>
        <table class="border-separate border-spacing-[2px] text-xs text-muted">
          <caption class="sr-only">{say("heat")}</caption>
          <thead>
            <tr>
              <td />
              {HOURS.map((hour) => (
                <th key={hour} scope="col" class="w-6 font-normal tabular-nums">
                  {hour}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {days.map((date) => (
              <tr key={date}>
                <th scope="row" class="pr-2 font-normal whitespace-nowrap tabular-nums">
                  {date.slice(5)}
                </th>
                {HOURS.map((hour) => {
                  const count = counts.get(`${date} ${hour}`) ?? 0;
                  const shade = Math.ceil((count / most) * (SHADES.length - 1));
                  return (
                    <td
                      key={hour}
                      title={say("heatCell", { date, hour, count })}
                      class={`h-5 rounded-xs text-center tabular-nums ${SHADES[shade] ?? ""} ${shade > 2 ? "text-text" : ""}`}
                    >
                      {count === 0 ? "" : count}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function countsOf(
  items: readonly FiresJson["items"][number][],
  zone: string,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { state, days } of items) {
    // One dense day makes a dense job, which is in no cell: else it would be in those of its sparse days.
    const isDense = days.some(({ count, times }) => times === null && count > 0);
    if (state !== "active" || isDense) continue;
    for (const { date, times } of days)
      for (const at of times ?? []) {
        const key = `${date} ${Number(clockIn(zone, at).slice(0, 2))}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
  }
  return counts;
}
