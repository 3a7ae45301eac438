import type { z } from "zod";
import type { calendarOut, daysOut } from "../../../../src/api/calendar-schema.ts";
import type { PageJson } from "../../api/shapes.ts";
import { useApi } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Field, Select } from "../../kit/field.tsx";
import { useFilters, withFilters } from "../../url/filters.ts";
import { calendarStrings } from "./strings.ts";

export type CalendarJson = z.infer<typeof calendarOut>;
type DaysJson = z.infer<typeof daysOut>;

/** The closed days among some, by the calendar of a name; with what closes them. Without a name there are none. */
export function useClosedDays(
  calendar: string,
  days: readonly string[],
): ReadonlyMap<string, string> {
  const path = `/calendars/${encodeURIComponent(calendar)}/days`;
  const [from = "", to = ""] = [days[0], days.at(-1)];
  const read = useApi<DaysJson>(calendar === "" ? null : withFilters(path, { from, to }));
  const closed = (read.data?.items ?? []).filter(({ open }) => !open);
  return new Map(closed.map(({ date, name }) => [date, name ?? ""]));
}

/** Chooses the calendar whose closed days are shaded. */
export function ShadingField() {
  const say = useStrings(calendarStrings);
  const [filters, change] = useFilters();
  const calendars = useApi<PageJson<CalendarJson>>("/calendars?limit=200");
  const names = calendars.data?.items.map(({ name }) => name) ?? [];
  if (names.length === 0) return null;
  return (
    <div class="w-48">
      <Field label={say("shading")}>
        {(control) => (
          <Select
            {...control}
            value={filters["calendar"] ?? ""}
            options={[
              { value: "", label: say("noShading") },
              ...names.map((name) => ({ value: name, label: name })),
            ]}
            onChange={(event) => change({ calendar: event.currentTarget.value })}
          />
        )}
      </Field>
    </div>
  );
}
