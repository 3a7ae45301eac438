import { useState } from "preact/compat";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Field, FormProblem, Select } from "../../kit/field.tsx";
import { toast } from "../../kit/toast.tsx";
import { businessStrings } from "./business-strings.ts";
import { calendarPath } from "./calendar-rules.ts";
import type { ChangedJson } from "./impact.tsx";

/**
 * Adds the dates of a file to a calendar. It names no version: what is added takes nothing away from what somebody
 * else has changed meanwhile.
 */
export function IcsImport(props: { readonly name: string; readonly onDone: () => void }) {
  const say = useStrings(businessStrings);
  const [as, setAs] = useState("exclude");
  const add = useChange<string, ChangedJson>((ics) => ({
    method: "POST",
    path: `${calendarPath(props.name)}/import`,
    body: { ics, as },
  }));
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    try {
      await add.send(await file.text());
    } catch {
      return;
    }
    toast(say("icsDone"));
    props.onDone();
  };
  return (
    <div class="flex flex-wrap items-end gap-3 border-t border-line pt-3">
      <FormProblem problem={add.problem} />
      <Field label={say("icsAs")}>
        {(control) => (
          <Select
            {...control}
            value={as}
            options={[
              { value: "exclude", label: say("closedDays") },
              { value: "include", label: say("openDays") },
            ]}
            onChange={(event) => setAs(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field label={say("ics")}>
        {(control) => (
          <input
            {...control}
            type="file"
            accept=".ics,text/calendar"
            onChange={(event) => void take(event.currentTarget.files?.[0])}
          />
        )}
      </Field>
    </div>
  );
}
