import { ChevronLeft, ChevronRight } from "lucide-react";
import type { FiresJson } from "../../api/shapes.ts";
import { usePages, type ReadPages } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, ButtonLink, IconButton } from "../../kit/button.tsx";
import { Field, TextInput } from "../../kit/field.tsx";
import { Card, Empty, Page } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { useMay } from "../../shell/me.ts";
import { useZone } from "../../shell/zone.ts";
import { useFilters, withFilters } from "../../url/filters.ts";
import { Calendars } from "./calendars.tsx";
import { HourHeat } from "./hour-heat.tsx";
import { Maintenance } from "./maintenance.tsx";
import { ShadingField, useClosedDays } from "./shading.tsx";
import { calendarStrings } from "./strings.ts";
import { addDays, dayIn, dayOf, mondayOf, startOf, weekFrom } from "./week.ts";
import { WeekGrid } from "./week-grid.tsx";

type Fires = FiresJson["items"][number];

/** A week of fires: what fires on which day, as seen in a zone, and what maintenance would meet. */
export function CalendarPage() {
  const say = useStrings(calendarStrings);
  const [filters] = useFilters();
  const pageZone = useZone();
  const zone = knownZone(filters["zone"]) ?? pageZone;
  const today = dayIn(zone, Date.now());
  const monday = mondayOf(dayOf(filters["week"]) ?? today);
  const days = weekFrom(monday);
  const closed = useClosedDays(filters["calendar"] ?? "", days);
  const fires = usePages<Fires>(
    withFilters("/stats/fires", {
      from: new Date(startOf(monday, zone)).toISOString(),
      to: new Date(startOf(addDays(monday, days.length), zone)).toISOString(),
      timezone: zone,
    }),
    { topics: ["jobs"], isKept: true },
  );
  return (
    <Page title={say("title")}>
      <div class="flex flex-col gap-4">
        <Card>
          <Choices monday={monday} today={today} zone={zone} />
          <Loaded of={fires} lines={8}>
            {(items) => (
              <Week
                items={items}
                days={days}
                today={today}
                closed={closed}
                fires={fires}
                zone={zone}
              />
            )}
          </Loaded>
        </Card>
        <Maintenance zone={zone} />
        <Calendars />
      </div>
    </Page>
  );
}

/** The zone of the address, if there is such a zone. */
function knownZone(text: string | undefined): string | null {
  if (text === undefined) return null;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}

interface WeekProps {
  readonly items: readonly Fires[];
  readonly days: readonly string[];
  readonly today: string;
  readonly closed: ReadonlyMap<string, string>;
  readonly fires: ReadPages<Fires>;
  readonly zone: string;
}

function Week({ items, days, today, closed, fires, zone }: WeekProps) {
  const say = useStrings(calendarStrings);
  const mayEdit = useMay("editor");
  if (items.length === 0)
    return (
      <Empty title={say("emptyTitle")}>
        <p class="mb-3">{say("emptyAbout")}</p>
        {mayEdit && (
          <ButtonLink look="primary" href="/jobs/new">
            {say("newJob")}
          </ButtonLink>
        )}
      </Empty>
    );
  return (
    <>
      <WeekGrid items={items} days={days} today={today} closed={closed} zone={zone} />
      {fires.hasMore && (
        <p class="mt-2">
          <Button disabled={fires.isLoadingMore} onClick={() => fires.more()}>
            {say("moreJobs")}
          </Button>
        </p>
      )}
      <HourHeat items={items} days={days} zone={zone} />
    </>
  );
}

function Choices(props: {
  readonly monday: string;
  readonly today: string;
  readonly zone: string;
}) {
  const say = useStrings(calendarStrings);
  const [, change] = useFilters();
  const { monday, today, zone } = props;
  const go = (week: string): void => change({ week: week === mondayOf(today) ? "" : week });
  return (
    <div class="mb-3 flex flex-wrap items-end gap-x-4 gap-y-2">
      <div class="flex items-center gap-1">
        <IconButton label={say("before")} onClick={() => go(addDays(monday, -7))}>
          <ChevronLeft size={16} />
        </IconButton>
        <span class="font-medium tabular-nums">
          {monday} – {addDays(monday, 6)}
        </span>
        <IconButton label={say("after")} onClick={() => go(addDays(monday, 7))}>
          <ChevronRight size={16} />
        </IconButton>
        <Button onClick={() => go(mondayOf(today))}>{say("thisWeek")}</Button>
      </div>
      <div class="w-56">
        <Field label={say("zone")}>
          {(control) => (
            <TextInput
              {...control}
              list="calendar-zones"
              title={say("zoneHint")}
              value={zone}
              onChange={(event) => change({ zone: event.currentTarget.value.trim() })}
            />
          )}
        </Field>
        <datalist id="calendar-zones">
          {["UTC", ...Intl.supportedValuesOf("timeZone")].map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </div>
      <ShadingField />
    </div>
  );
}
