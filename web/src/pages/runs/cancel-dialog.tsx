import { useState } from "preact/compat";
import type { RunJson } from "../../api/shapes.ts";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Dialog } from "../../kit/dialog.tsx";
import { Field, FormProblem, TextInput } from "../../kit/field.tsx";
import { toast } from "../../kit/toast.tsx";
import { hasEnded } from "./run-states.ts";
import { actStrings } from "./act-strings.ts";

/** Asks for the reason, and cancels a run. */
export function CancelDialog(props: { readonly run: RunJson; readonly onClose: () => void }) {
  const { run, onClose } = props;
  const say = useStrings(actStrings);
  const [reason, setReason] = useState("");
  const cancel = useChange<void, RunJson>(() => ({
    method: "POST",
    path: `/runs/${run.id}/cancel`,
    body: reason.trim() === "" ? {} : { reason: reason.trim() },
  }));
  const go = async (): Promise<void> => {
    try {
      const canceled = await cancel.send();
      toast(say(hasEnded(canceled.state) ? "canceledDone" : "cancelAsked"));
      onClose();
    } catch {
      // The form shows why.
    }
  };
  return (
    <Dialog title={say("cancelTitle")} about={say("cancelAbout")} isOpen onClose={onClose}>
      <form
        class="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void go();
        }}
      >
        <FormProblem problem={cancel.problem} />
        <Field label={say("reason")}>
          {(control) => (
            <TextInput
              {...control}
              value={reason}
              maxLength={200}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          )}
        </Field>
        <div class="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>{say("keepRunning")}</Button>
          <Button type="submit" look="danger" disabled={cancel.isPending}>
            {say("doCancel")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
