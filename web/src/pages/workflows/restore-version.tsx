import { useMemo } from "preact/compat";
import { useApi } from "../../api/use-api.ts";
import { RestoreDialog } from "../../history/restore-dialog.tsx";
import { useStrings } from "../../i18n/strings.ts";
import { Dialog } from "../../kit/dialog.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Time } from "../../kit/time.tsx";
import { definitionOf } from "./definition-text.ts";
import { restorableWorkflow } from "./restorable-workflow.ts";
import { workflowStrings } from "./strings.ts";
import { addressOf } from "./workflow-actions.ts";
import type { WorkflowJson } from "./workflow-shapes.ts";

interface RestoreVersionProps {
  readonly name: string;
  readonly version: number;
  readonly onClose: () => void;
}

/** Saves an older version once more, as the newest one. */
export function RestoreVersion({ name, version, onClose }: RestoreVersionProps) {
  const say = useStrings(workflowStrings);
  const old = useApi<WorkflowJson>(`${addressOf(name)}/versions/${version}`);
  const { data } = old;
  const of = useMemo(() => restorableWorkflow(name), [name]);
  const label = say("versionNumber", { version });
  if (data === undefined)
    return (
      <Dialog title={label} isOpen onClose={onClose}>
        <Loaded of={old}>{() => null}</Loaded>
      </Dialog>
    );
  return (
    <RestoreDialog
      of={of}
      choices={[{ label, object: definitionOf(data) }]}
      about={
        <p>
          <b>{label}</b> · <Time at={data.updatedAt} as="both" />
        </p>
      }
      onClose={onClose}
    />
  );
}
