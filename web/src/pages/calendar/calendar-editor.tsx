import { useState } from "preact/compat";
import type { ImpactJson } from "../../../../src/api/calendar-schema.ts";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, TextLink } from "../../kit/button.tsx";
import { Field, FormProblem, Select, TextArea } from "../../kit/field.tsx";
import { toast } from "../../kit/toast.tsx";
import { businessStrings } from "./business-strings.ts";
import type { CalendarJson } from "./shading.tsx";

/** The answer to a change that was made or tried out. */
interface Changed {
  readonly impact: ImpactJson;
}

/** Changes the rules of a calendar; before that, it shows which ticks would move. */
export function CalendarEditor(props: {
  readonly calendar: CalendarJson;
  readonly onDone: () => void;
}) {
  const say = useStrings(businessStrings);
  const { calendar, onDone } = props;
  const [text, setText] = useState(() => rulesText(calendar));
  const [impact, setImpact] = useState<ImpactJson | null>(null);
  const body = parsed(text);
  const change = useChange<boolean, Changed>((isTrial) => ({
    method: "PATCH",
    path: `/calendars/${encodeURIComponent(calendar.name)}${isTrial ? "?dryRun=true" : ""}`,
    body,
    ifMatch: calendar.etag,
  }));
  const send = async (isTrial: boolean): Promise<void> => {
    try {
      const changed = await change.send(isTrial);
      setImpact(changed.impact);
    } catch {
      return;
    }
    if (isTrial) return;
    toast(say("saved", { name: calendar.name }));
    onDone();
  };
  return (
    <div class="flex flex-col gap-3">
      <FormProblem problem={change.problem} />
      <Field
        label={say("rules")}
        hint={say("rulesHint")}
        fault={body === null ? say("notJson") : undefined}
      >
        {(control) => (
          <TextArea
            {...control}
            rows={14}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        )}
      </Field>
      {impact !== null && <Impact impact={impact} />}
      <div class="flex flex-wrap gap-2">
        <Button disabled={body === null || change.isPending} onClick={() => void send(true)}>
          {say("tryOut")}
        </Button>
        <Button
          look="primary"
          disabled={body === null || change.isPending}
          onClick={() => void send(false)}
        >
          {say("save")}
        </Button>
      </div>
      <IcsImport name={calendar.name} etag={calendar.etag} onDone={onDone} />
    </div>
  );
}

function IcsImport(props: {
  readonly name: string;
  readonly etag: string;
  readonly onDone: () => void;
}) {
  const say = useStrings(businessStrings);
  const [as, setAs] = useState("exclude");
  const add = useChange<string, Changed>((ics) => ({
    method: "POST",
    path: `/calendars/${encodeURIComponent(props.name)}/import`,
    body: { ics, as },
    ifMatch: props.etag,
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

function Impact({ impact }: { readonly impact: ImpactJson }) {
  const say = useStrings(businessStrings);
  if (impact.jobs.length === 0) return <p class="text-ok">{say("impactNone")}</p>;
  return (
    <div>
      <p class="font-medium text-warn">{say("impact", { count: impact.jobs.length })}</p>
      <ul class="max-h-40 list-disc overflow-y-auto pl-5">
        {impact.jobs.map(({ job, removedCount, addedCount }) => (
          <li key={job}>
            <TextLink href={`/jobs/${encodeURIComponent(job)}`}>{job}</TextLink>{" "}
            {say("impactJob", { removed: removedCount, added: addedCount })}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What a caller may set of a calendar. */
function rulesText(calendar: CalendarJson): string {
  const { description, weekdays, include, exclude, allOf, anyOf, knownUntil } = calendar;
  const rules = { description, weekdays, include, exclude, allOf, anyOf, knownUntil };
  return JSON.stringify(rules, null, 2);
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
