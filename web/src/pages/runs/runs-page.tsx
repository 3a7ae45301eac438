import { useEffect, useMemo, useState } from "preact/compat";
import { useLocation } from "wouter";
import { useStrings } from "../../i18n/strings.ts";
import { Page } from "../../kit/layout.tsx";
import { useMay } from "../../shell/me.ts";
import { useFilters, withFilters, type Filters } from "../../url/filters.ts";
import { storedText } from "../../url/stored.ts";
import { BulkDialog, type BulkOrder } from "./bulk-dialog.tsx";
import { RunFilters } from "./run-filters.tsx";
import { RunsTable } from "./runs-table.tsx";
import { RunsToolbar } from "./runs-toolbar.tsx";
import { rememberTrail } from "./run-trail.ts";
import { listQuery } from "./runs-query.ts";
import { runsStrings } from "./strings.ts";
import { useRunList, type RunList } from "./use-run-list.ts";
import { useSelection } from "./use-selection.ts";

const density = storedText("tw.runs.density");

/** All runs in one table: narrowed down by filters in the address, live, and for actions on many at once. */
export function RunsPage() {
  const say = useStrings(runsStrings);
  const [filters, change] = useFilters();
  const list = useRunList(useQueryOf(filters));
  const selection = useSelection();
  const [isDense, setDense] = useState(() => density.read() === "dense");
  const [order, setOrder] = useState<BulkOrder | null>(null);
  const mayAct = useMay("operator");
  useTrail(filters, list);
  const [, navigate] = useLocation();
  const rows = list.data?.filter(({ id }) => selection.ids.has(id)) ?? [];
  return (
    <Page title={say("title")}>
      <RunFilters filters={filters} change={change} problem={list.problem} />
      <RunsToolbar
        list={list}
        isDense={isDense}
        onDense={(isOn) => {
          density.write(isOn ? "dense" : null);
          setDense(isOn);
        }}
        {...(mayAct
          ? { bulk: { filters, rows, act: setOrder, clear: () => selection.clear() } }
          : {})}
      />
      <RunsTable
        list={list}
        filters={filters}
        isDense={isDense}
        open={(id) => navigate(`/runs/${id}`)}
        {...(mayAct ? { selection } : {})}
      />
      {order !== null && (
        <BulkDialog
          order={order}
          onClose={() => {
            setOrder(null);
            selection.clear();
          }}
        />
      )}
    </Page>
  );
}

/** The query of the list. A span that ends now begins when it was chosen, so that the list stays the same one. */
function useQueryOf(filters: Filters): string {
  const text = withFilters("", filters);
  return useMemo(() => listQuery(filters, Date.now()), [text]);
}

/** Remembers the list for the pages of its runs. */
function useTrail(filters: Filters, { data }: RunList): void {
  const query = withFilters("", filters);
  useEffect(() => {
    if (data !== undefined) rememberTrail({ query, ids: data.map(({ id }) => id) });
  }, [query, data]);
}
