import { useState } from "preact/compat";
import { useStrings } from "../../i18n/strings.ts";
import { Field, Select, TextInput } from "../../kit/field.tsx";
import { useZone } from "../../shell/zone.ts";
import type { Filters } from "../../url/filters.ts";
import { RANGES } from "./runs-query.ts";
import { runsStrings } from "./strings.ts";
import { inputOfInstant, instantOfInput } from "./zoned-input.ts";

const CUSTOM = "custom";

/** When the runs were planned: a span that ends now, or two instants in the zone of the pages. */
export function TimeFilter(props: {
  readonly filters: Filters;
  readonly change: (changes: Filters) => void;
}) {
  const { filters, change } = props;
  const say = useStrings(runsStrings);
  const zone = useZone();
  const { range = "", from = "", to = "" } = filters;
  const [isAsked, setAsked] = useState(false);
  const isCustom = RANGES[range] === undefined && (isAsked || from !== "" || to !== "");
  const choose = (value: string): void => {
    setAsked(value === CUSTOM);
    change(value === CUSTOM ? { range: "" } : { range: value, from: "", to: "" });
  };
  return (
    <div class="min-w-0">
      <Field label={say("time")}>
        {(control) => (
          <Select
            {...control}
            value={isCustom ? CUSTOM : range}
            onChange={(event) => choose(event.currentTarget.value)}
            options={[
              { value: "", label: say("anyTime") },
              { value: "15m", label: say("range15m") },
              { value: "1h", label: say("range1h") },
              { value: "24h", label: say("range24h") },
              { value: "7d", label: say("range7d") },
              { value: CUSTOM, label: say("rangeCustom") },
            ]}
          />
        )}
      </Field>
      {isCustom && (
        <div class="mt-2 grid gap-2">
          {(["from", "to"] as const).map((name) => (
            <Field key={name} label={say(name, { zone })}>
              {(control) => (
                <TextInput
                  {...control}
                  type="datetime-local"
                  value={inputOfInstant(name === "from" ? from : to, zone)}
                  onChange={(event) =>
                    change({ [name]: instantOfInput(event.currentTarget.value, zone) })
                  }
                />
              )}
            </Field>
          ))}
        </div>
      )}
    </div>
  );
}
