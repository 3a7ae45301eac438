import { languageNow, useLanguage } from "../../i18n/language.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Field, TextInput } from "../../kit/field.tsx";
import type { JsonObject } from "../../kit/json-pointer.ts";
import { textIn, useJobForm } from "./form-context.ts";
import { formStrings } from "./form-strings.ts";

/** Monday first; the numbers are those of the standard dialect. */
const DAYS = [1, 2, 3, 4, 5, 6, 0] as const;
const DAILY = /^(\d{1,2}) (\d{1,2}) \* \* (\*|[0-7](?:,[0-7])*)$/;
/** A Sunday. */
const SUNDAY_MS = Date.UTC(2023, 0, 1);
const DAY_MS = 86_400_000;

export interface Daily {
  /** `HH:MM` */
  readonly time: string;
  /** Empty is every day; 0 is Sunday. */
  readonly days: readonly number[];
}

/** The schedule of a draft as a time of the day; null where its pattern says something else. */
export function dailyOf(draft: JsonObject): Daily | null {
  if (textIn(draft, "/schedule/dialect") === "quartz") return null;
  const match = DAILY.exec(textIn(draft, "/schedule/cron"));
  if (match === null) return null;
  const [, minute = "", hour = "", days = "*"] = match;
  if (Number(minute) > 59 || Number(hour) > 23) return null;
  const chosen = days === "*" ? [] : days.split(",").map((day) => Number(day) % 7);
  return { time: `${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`, days: chosen };
}

export function dailyCron(time: string, days: readonly number[]): string {
  const [hour = "0", minute = "0"] = time.split(":");
  const all = days.length === 0 || days.length === DAYS.length;
  const week = all ? "*" : [...new Set(days)].toSorted((a, b) => a - b).join(",");
  return `${Number(minute)} ${Number(hour)} * * ${week}`;
}

/** A time of the day, and the days of the week on which it counts. */
export function DailyFields() {
  const say = useStrings(formStrings);
  const { draft, set, faultAt } = useJobForm();
  useLanguage();
  const { time, days } = dailyOf(draft) ?? { time: "02:00", days: [] };
  const write = (next: Daily): void => set("/schedule/cron", dailyCron(next.time, next.days));
  const toggle = (day: number): void => {
    const present = days.length === 0 ? [...DAYS] : days;
    const next = present.includes(day) ? present.filter((one) => one !== day) : [...present, day];
    // Without any day it would never run.
    if (next.length > 0) write({ time, days: next });
  };
  const named = new Intl.DateTimeFormat(languageNow() === "zh" ? "zh-CN" : "en-GB", {
    weekday: "short",
    timeZone: "UTC",
  });
  return (
    <div data-at="/schedule/cron" class="flex flex-wrap items-start gap-4">
      <Field label={say("timeOfDay")} fault={faultAt("/schedule/cron")} isRequired>
        {(control) => (
          <TextInput
            {...control}
            type="time"
            value={time}
            onInput={(event) => {
              if (event.currentTarget.value !== "")
                write({ time: event.currentTarget.value, days });
            }}
          />
        )}
      </Field>
      <fieldset>
        <legend class="mb-1 font-medium">{say("weekdays")}</legend>
        <div class="flex flex-wrap gap-3">
          {DAYS.map((day) => (
            <label key={day} class="inline-flex min-h-8 items-center gap-1">
              <input
                type="checkbox"
                checked={days.length === 0 || days.includes(day)}
                onChange={() => toggle(day)}
              />
              {named.format(SUNDAY_MS + day * DAY_MS)}
            </label>
          ))}
        </div>
      </fieldset>
    </div>
  );
}
