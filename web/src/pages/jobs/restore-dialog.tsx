import { useState } from "preact/compat";
import type { HistoryJson, JobFullJson, JobJson } from "../../api/shapes.ts";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Dialog } from "../../kit/dialog.tsx";
import { jsonChanges } from "../../kit/json-changes.ts";
import type { JsonObject } from "../../kit/json-pointer.ts";
import { Time } from "../../kit/time.tsx";
import { toast } from "../../kit/toast.tsx";
import { jobPath } from "./copy-as-curl.ts";
import { DialogForm } from "./dialog-form.tsx";
import { Changes } from "./changes.tsx";
import { definitionOf, isDefinition, restorable } from "./job-definition.ts";
import { jobStrings } from "./job-strings.ts";

interface RestoreProps {
  readonly job: JobFullJson;
  readonly etag: string | null;
  readonly entry: HistoryJson;
  readonly onClose: () => void;
}

type Side = "before" | "after";

/** Puts an old definition in the place of the present one, after it has shown what that changes. */
export function RestoreDialog({ job, etag, entry, onClose }: RestoreProps) {
  const say = useStrings(jobStrings);
  const sides = (["before", "after"] as const).filter((side) => isDefinition(entry[side]));
  const [side, setSide] = useState<Side>(sides[0] ?? "before");
  const present = definitionOf(job);
  const { body, kept } = restorable(objectOf(entry[side]), present);
  const changes = jsonChanges(present, body);
  const restore = useChange<void, JobJson>(() => ({
    method: "PUT",
    path: jobPath(job.name),
    body: { ...body, name: job.name },
    ifMatch: etag,
  }));
  const send = async (): Promise<void> => {
    await restore.send();
    toast(say("restored", { name: job.name }));
  };
  return (
    <Dialog title={say("restoreTitle", { name: job.name })} isOpen isWide onClose={onClose}>
      <DialogForm
        problem={restore.problem}
        go={say("restoreGo")}
        send={send}
        onDone={onClose}
        isDisabled={changes.length === 0}
      >
        <p>
          {entry.actor.name} · <code class="text-xs">{entry.action}</code> · <Time at={entry.at} />
        </p>
        {sides.length > 1 && (
          <fieldset class="flex flex-wrap gap-4">
            <legend class="sr-only">{say("restore")}</legend>
            {sides.map((one) => (
              <label key={one} class="flex items-center gap-2">
                <input
                  type="radio"
                  name="side"
                  checked={one === side}
                  onChange={() => setSide(one)}
                />
                {say(`restore_${one}`)}
              </label>
            ))}
          </fieldset>
        )}
        {kept.length > 0 && (
          <p class="text-warn">{say("secretsStay", { fields: kept.join(", ") })}</p>
        )}
        {changes.length === 0 ? (
          <p>{say("restoreSame")}</p>
        ) : (
          <div class="max-h-[50vh] overflow-auto">
            <Changes of={changes} />
          </div>
        )}
      </DialogForm>
    </Dialog>
  );
}

function objectOf(json: HistoryJson["before"]): JsonObject {
  return isDefinition(json) ? json : {};
}
