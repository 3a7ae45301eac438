import { useState } from "preact/compat";
import { isJsonObject, type Json } from "../../../../src/core/json.ts";
import type { ImpactJson } from "../../../../src/api/calendar-schema.ts";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Field, FormProblem, TextArea } from "../../kit/field.tsx";
import { useGuardedSave } from "../../kit/guarded-save.tsx";
import { jsonText } from "../../kit/json-changes.ts";
import type { JsonObject } from "../../kit/json-pointer.ts";
import { toast } from "../../kit/toast.tsx";
import { businessStrings } from "./business-strings.ts";
import { calendarPath, calendarRules } from "./calendar-rules.ts";
import { IcsImport } from "./ics-import.tsx";
import { Impact, type ChangedJson } from "./impact.tsx";
import type { CalendarJson } from "./shading.tsx";

interface EditorProps {
  readonly calendar: CalendarJson;
  readonly onDone: () => void;
}

/** Changes the rules of a calendar; before that, it shows which ticks would move. */
export function CalendarEditor(props: EditorProps) {
  const say = useStrings(businessStrings);
  // The form changes what was read when it was opened, whatever is read meanwhile.
  const [calendar] = useState(props.calendar);
  const { name } = calendar;
  const path = calendarPath(name);
  const [text, setText] = useState(() => jsonText(calendarRules(calendar)));
  const [impact, setImpact] = useState<ImpactJson | null>(null);
  const body = parsed(text);
  const trial = useChange<JsonObject, ChangedJson>((rules) => ({
    method: "PATCH",
    path: `${path}?dryRun=true`,
    body: rules,
  }));
  const change = useGuardedSave<CalendarJson>({
    path,
    base: calendar,
    fieldsOf: calendarRules,
    onSaved: () => {
      toast(say("saved", { name }));
      props.onDone();
    },
    onMerged: (merged) => setText(jsonText(merged)),
  });
  const tryOut = async (rules: JsonObject): Promise<void> => {
    try {
      setImpact((await trial.send(rules)).impact);
    } catch {
      // What was refused stands above the rules.
    }
  };
  const isBusy = body === null || change.isPending || trial.isPending;
  return (
    <div class="flex flex-col gap-3">
      <FormProblem problem={change.problem ?? trial.problem} />
      <RulesField text={text} onChange={setText} isJson={body !== null} />
      {impact !== null && <Impact impact={impact} />}
      <div class="flex flex-wrap gap-2">
        <Button disabled={isBusy} onClick={() => body !== null && void tryOut(body)}>
          {say("tryOut")}
        </Button>
        <Button look="primary" disabled={isBusy} onClick={() => body !== null && change.save(body)}>
          {say("save")}
        </Button>
      </div>
      <IcsImport name={name} onDone={props.onDone} />
      {change.conflict}
    </div>
  );
}

function RulesField(props: {
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly isJson: boolean;
}) {
  const say = useStrings(businessStrings);
  return (
    <Field
      label={say("rules")}
      hint={say("rulesHint")}
      fault={props.isJson ? undefined : say("notJson")}
    >
      {(control) => (
        <TextArea
          {...control}
          rows={14}
          value={props.text}
          onInput={(event) => props.onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

function parsed(text: string): JsonObject | null {
  try {
    const value: Json = JSON.parse(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}
