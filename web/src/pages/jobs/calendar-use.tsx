import type { PageJson } from "../../api/shapes.ts";
import { useApi } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Field, Select } from "../../kit/field.tsx";
import { textIn, useJobForm } from "./form-context.ts";
import { formStrings } from "./form-strings.ts";

const ROLLS = ["skip", "previous", "next"] as const;

/** On which days of a calendar the job runs, and what becomes of ticks on closed days. */
export function CalendarUse() {
  const say = useStrings(formStrings);
  const { draft, set, faultAt } = useJobForm();
  const calendars = useApi<PageJson<{ readonly name: string }>>("/calendars?limit=200");
  const at = "/schedule/calendar";
  // A calendar may be named shortly, by its name alone.
  const name = textIn(draft, at) === "" ? textIn(draft, `${at}/name`) : textIn(draft, at);
  const roll = ROLLS.find((one) => one === textIn(draft, `${at}/roll`)) ?? "skip";
  const known = (calendars.data?.items ?? []).map((calendar) => calendar.name);
  const names = name === "" || known.includes(name) ? known : [name, ...known];
  return (
    <div data-at={at} class="grid gap-3 sm:grid-cols-2">
      <Field label={say("calendar")} hint={say("calendarAbout")} fault={faultAt(at)}>
        {(control) => (
          <Select
            {...control}
            value={name}
            options={[
              { value: "", label: say("noCalendar") },
              ...names.map((one) => ({ value: one, label: one })),
            ]}
            onChange={(event) => {
              const next = event.currentTarget.value;
              set(at, next === "" ? null : { name: next, roll });
            }}
          />
        )}
      </Field>
      {name !== "" && (
        <Field label={say("roll")}>
          {(control) => (
            <Select
              {...control}
              value={roll}
              options={ROLLS.map((one) => ({ value: one, label: say(`roll_${one}`) }))}
              onChange={(event) => set(at, { name, roll: event.currentTarget.value })}
            />
          )}
        </Field>
      )}
    </div>
  );
}
