import type { ComponentChildren } from "preact";
import { useState } from "preact/compat";
import { Problem } from "../api/problem.ts";
import { useChange } from "../api/use-api.ts";
import { useStrings } from "../i18n/strings.ts";
import { Dialog } from "../kit/dialog.tsx";
import { Form } from "../kit/form.tsx";
import { jsonChanges, type JsonChange } from "../kit/json-changes.ts";
import type { JsonObject } from "../kit/json-pointer.ts";
import { Loaded } from "../kit/loaded.tsx";
import { toast } from "../kit/toast.tsx";
import { Changes } from "./changes.tsx";
import { historyStrings } from "./history-strings.ts";
import type { RestorableObject } from "./restorable-object.ts";
import { restorable } from "./restorable.ts";
import { useHeld, type Held } from "./use-held.ts";

interface Choice {
  readonly label: string;
  /** The object as it was. */
  readonly object: JsonObject;
}

interface RestoreProps {
  readonly of: RestorableObject;
  /** What can be restored; where there is more than one, one of them is chosen. */
  readonly choices: readonly Choice[];
  /** Says what is restored. */
  readonly about: ComponentChildren;
  readonly onClose: () => void;
}

/** Puts an old definition in the place of the present one, after it has shown what that changes. */
export function RestoreDialog({ of, choices, about, onClose }: RestoreProps) {
  const say = useStrings(historyStrings);
  const held = useHeld(of.path);
  const [chosen, setChosen] = useState(0);
  const { object } = choices[chosen] ?? choices[0] ?? {};
  return (
    <Dialog title={say("restoreTitle", { name: of.name })} isOpen isWide onClose={onClose}>
      <div class="mb-3">{about}</div>
      {choices.length > 1 && <ChoiceOf choices={choices} chosen={chosen} onChoose={setChosen} />}
      <Loaded of={held}>
        {({ body, etag }) =>
          object !== undefined && (
            <RestoreForm
              of={of}
              old={object}
              present={body}
              etag={etag}
              held={held}
              onDone={onClose}
            />
          )
        }
      </Loaded>
    </Dialog>
  );
}

function ChoiceOf(props: {
  readonly choices: readonly Choice[];
  readonly chosen: number;
  readonly onChoose: (choice: number) => void;
}) {
  const say = useStrings(historyStrings);
  return (
    <fieldset class="mb-3 flex flex-wrap gap-4">
      <legend class="sr-only">{say("restore")}</legend>
      {props.choices.map(({ label }, n) => (
        <label key={label} class="flex items-center gap-2">
          <input
            type="radio"
            name="side"
            checked={n === props.chosen}
            onChange={() => props.onChoose(n)}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

function RestoreForm(props: {
  readonly of: RestorableObject;
  readonly old: JsonObject;
  readonly present: JsonObject;
  readonly etag: string | null;
  readonly held: Held;
  readonly onDone: () => void;
}) {
  const say = useStrings(historyStrings);
  const { of, held, onDone } = props;
  const [isOvertaken, setOvertaken] = useState(false);
  const present = of.definition(props.present);
  const { body, kept } = restorable(of.definition(props.old), present);
  const changes = jsonChanges(present, body);
  const request = of.request(body, props.etag);
  const restore = useChange<void, unknown>(() => request);
  const send = async (): Promise<void> => {
    try {
      await restore.send();
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "version.conflict") return;
      restore.reset();
      setOvertaken(true);
      held.again();
      return;
    }
    toast(say("restored", { name: of.name }));
    onDone();
  };
  return (
    <Form
      problem={restore.problem}
      isPending={restore.isPending || held.isPending || changes.length === 0}
      submitLabel={say("restoreGo")}
      onSubmit={() => void send()}
    >
      {isOvertaken && (
        <p role="alert" class="rounded-md border border-warn/40 bg-warn-ground px-3 py-2 text-warn">
          {say("overtaken")}
        </p>
      )}
      {kept.length > 0 && (
        <p class="text-warn">{say("secretsStay", { fields: kept.join(", ") })}</p>
      )}
      <Difference of={changes} />
      {changes.length > 0 && of.outlook?.(request)}
    </Form>
  );
}

function Difference({ of }: { readonly of: readonly JsonChange[] }) {
  const say = useStrings(historyStrings);
  if (of.length === 0) return <p>{say("same")}</p>;
  return (
    <div>
      <p class="text-muted">{say("wouldChange")}</p>
      <div
        class="max-h-[50vh] overflow-auto"
        tabIndex={0}
        role="region"
        aria-label={say("asRestored")}
      >
        <Changes of={of} names={[say("now"), say("asRestored")]} />
      </div>
    </div>
  );
}
