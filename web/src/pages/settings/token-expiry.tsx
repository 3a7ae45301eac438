import { useStrings } from "../../i18n/strings.ts";
import { Field, Select, TextInput } from "../../kit/field.tsx";
import { useZone } from "../../shell/zone.ts";
import { startOf } from "../calendar/week.ts";
import { tokenStrings } from "./token-strings.ts";

const CHOICES = ["in30", "in90", "in365", "onDate", "never"] as const;
const SPANS = { in30: "30d", in90: "90d", in365: "365d" } as const;

/** When a token stops working. `date` is `YYYY-MM-DD`, and counts for `onDate` only. */
export interface Expiry {
  readonly choice: (typeof CHOICES)[number];
  readonly date: string;
}

/** A token that nobody thinks about again ends by itself. */
export const FIRST_EXPIRY: Expiry = { choice: "in90", date: "" };

/** What of the body of POST /tokens says when it expires. */
export function expiryBody(
  { choice, date }: Expiry,
  zone: string,
): { readonly expiresIn?: string; readonly expiresAt?: string } {
  if (choice === "never") return {};
  if (choice !== "onDate") return { expiresIn: SPANS[choice] };
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(date);
  // What is no day is sent as it is, for the server to say so.
  return { expiresAt: isDay ? new Date(startOf(date, zone)).toISOString() : date };
}

export function ExpiryField(props: {
  readonly value: Expiry;
  readonly onChange: (expiry: Expiry) => void;
  readonly fault: string | undefined;
}) {
  const say = useStrings(tokenStrings);
  const zone = useZone();
  const { value, onChange } = props;
  return (
    <div class="grid gap-3 sm:grid-cols-2">
      <Field label={say("expires")} fault={props.fault}>
        {(control) => (
          <Select
            {...control}
            value={value.choice}
            options={CHOICES.map((choice) => ({ value: choice, label: say(choice) }))}
            onChange={(event) => {
              const { value: chosen } = event.currentTarget;
              onChange({ ...value, choice: CHOICES.find((one) => one === chosen) ?? "in90" });
            }}
          />
        )}
      </Field>
      {value.choice === "onDate" && (
        <Field label={say("date")} hint={say("dateHint", { zone })} isRequired>
          {(control) => (
            <TextInput
              {...control}
              type="date"
              required
              value={value.date}
              onInput={(event) => onChange({ ...value, date: event.currentTarget.value })}
            />
          )}
        </Field>
      )}
    </div>
  );
}
