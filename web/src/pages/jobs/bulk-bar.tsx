import { useState } from "preact/compat";
import type { JobJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { useMay } from "../../shell/me.ts";
import { BulkDialog, type BulkSource } from "./bulk-dialog.tsx";
import { BULK_JOBS_MAX, type BulkAction } from "./bulk-work.ts";
import { jobsStrings } from "./strings.ts";

interface BulkBarProps {
  readonly chosen: readonly JobJson[];
  /** The list with its filters, for "all that match". */
  readonly path: string;
  readonly filterText: string;
  /** Whether the list has more than what is chosen. */
  readonly hasOthers: boolean;
  readonly clear: () => void;
}

/** What can be done with the selected jobs, or with all that match the filters. */
export function BulkBar({ chosen, path, filterText, hasOthers, clear }: BulkBarProps) {
  const say = useStrings(jobsStrings);
  const [isAll, setAll] = useState(false);
  const [action, setAction] = useState<BulkAction | null>(null);
  const actions = useBulkActions();
  if (chosen.length === 0) return null;
  const source: BulkSource = isAll
    ? { kind: "matching", path, filterText }
    : { kind: "chosen", jobs: chosen };
  return (
    <div
      role="region"
      aria-label={say("bulk")}
      class="sticky top-12 z-10 mb-2 flex flex-wrap items-center gap-2 rounded-md border border-accent/50 bg-accent-ground px-3 py-1.5"
    >
      <span class="font-medium" role="status">
        {isAll ? say("allMatching") : say("chosen", { count: chosen.length })}
      </span>
      {hasOthers && (
        <Button look="quiet" onClick={() => setAll(!isAll)}>
          {isAll
            ? say("onlyChosen", { count: chosen.length })
            : say("takeAll", { most: BULK_JOBS_MAX })}
        </Button>
      )}
      <span class="ml-auto flex flex-wrap gap-1">
        {actions.map((one) => (
          <Button
            key={one}
            look={one === "delete" ? "danger" : "plain"}
            onClick={() => setAction(one)}
          >
            {say(`bulk_${one}`)}
          </Button>
        ))}
        <Button look="quiet" onClick={clear}>
          {say("unselect")}
        </Button>
      </span>
      {action !== null && (
        <BulkDialog
          action={action}
          source={source}
          onClose={(isDone) => {
            setAction(null);
            if (isDone) clear();
          }}
        />
      )}
    </div>
  );
}

function useBulkActions(): readonly BulkAction[] {
  const mayRun = useMay("operator");
  const mayEdit = useMay("editor");
  const running = ["run", "pause", "resume"] as const;
  return [...(mayRun ? running : []), "export", ...(mayEdit ? (["delete"] as const) : [])];
}
