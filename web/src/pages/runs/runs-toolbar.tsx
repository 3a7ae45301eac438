import type { RunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Checkbox } from "../../kit/field.tsx";
import { kitStrings } from "../../kit/strings.ts";
import type { Filters } from "../../url/filters.ts";
import type { BulkOrder } from "./bulk-dialog.tsx";
import { bulkFilters } from "./runs-query.ts";
import { runsStrings } from "./strings.ts";
import type { RunList } from "./use-run-list.ts";

interface Bulk {
  readonly filters: Filters;
  /** The rows that are selected. */
  readonly rows: readonly RunJson[];
  readonly act: (order: BulkOrder) => void;
  readonly clear: () => void;
}

interface ToolbarProps {
  readonly list: RunList;
  readonly isDense: boolean;
  readonly onDense: (isDense: boolean) => void;
  readonly bulk?: Bulk;
}

/** Above the table: how many there are, what is new, and what can be done with many at once. */
export function RunsToolbar({ list, isDense, onDense, bulk }: ToolbarProps) {
  const say = useStrings(runsStrings);
  const sayKit = useStrings(kitStrings);
  const { fresh } = list;
  const news = { count: fresh.count };
  const count = list.data?.length;
  return (
    <div class="mb-2 flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1">
      <span class="text-muted tabular-nums">
        {count === undefined ? "–" : say(list.hasMore ? "shownMore" : "shown", { count })}
      </span>
      <span role="status">
        {fresh.count > 0 && (
          <Button look="primary" onClick={() => list.showFresh()}>
            ↑ {fresh.isFull ? say("freshMany", news) : sayKit("fresh", news)}
          </Button>
        )}
      </span>
      {bulk !== undefined && <BulkBar {...bulk} hasRows={(count ?? 0) > 0} />}
      <span class="ml-auto">
        <Checkbox label={say("dense")} isChecked={isDense} onChange={onDense} />
      </span>
    </div>
  );
}

function BulkBar({ filters, rows, act, clear, hasRows }: Bulk & { readonly hasRows: boolean }) {
  const say = useStrings(runsStrings);
  const isAny = rows.length > 0;
  const isMatchingPossible = bulkFilters(filters, "retry", 0) !== null;
  const target = isAny
    ? ({ kind: "rows", rows } as const)
    : ({ kind: "matching", filters } as const);
  if (!hasRows) return null;
  if (!isAny && !isMatchingPossible)
    return <span class="text-xs text-muted">{say("notForThese")}</span>;
  return (
    <div role="group" aria-label={say("bulk")} class="flex flex-wrap items-center gap-1">
      {isAny && <span class="mr-1 font-medium">{say("selected", { count: rows.length })}</span>}
      <Button onClick={() => act({ action: "retry", target })}>
        {say(isAny ? "retrySelected" : "retryAll")}
      </Button>
      <Button onClick={() => act({ action: "cancel", target })}>
        {say(isAny ? "cancelSelected" : "cancelAll")}
      </Button>
      {isAny && (
        <Button look="quiet" onClick={clear}>
          {say("unselect")}
        </Button>
      )}
    </div>
  );
}
