import { useMemo } from "preact/compat";
import { useLocation } from "wouter";
import type { RunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, ButtonLink } from "../../kit/button.tsx";
import { Card, Code, Empty } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { Table, type Selection } from "../../kit/table.tsx";
import { useRowKeys } from "../../shell/row-keys.ts";
import { withFilters, type Filters } from "../../url/filters.ts";
import { useRunColumns } from "./run-columns.tsx";
import { noFilters } from "./run-filters.tsx";
import { runNameOf } from "./run-name.tsx";
import { FILTER_NAMES } from "./runs-query.ts";
import { runsStrings } from "./strings.ts";
import type { RunList } from "./use-run-list.ts";

interface RunsTableProps {
  readonly list: RunList;
  readonly filters: Filters;
  readonly isDense: boolean;
  readonly open: (id: string) => void;
  readonly selection?: Selection;
}

const NO_IDS: readonly string[] = [];

export function RunsTable({ list, filters, isDense, open, selection }: RunsTableProps) {
  const say = useStrings(runsStrings);
  const sayKit = useStrings(kitStrings);
  const columns = useRunColumns(isDense);
  const ids = useMemo(() => list.data?.map(({ id }) => id) ?? NO_IDS, [list.data]);
  const acts = {
    open,
    ...(selection === undefined ? {} : { select: (id: string) => selection.toggle(id) }),
  };
  const current = useRowKeys(ids, acts);
  return (
    <Card>
      <Loaded of={list} lines={8}>
        {(rows) =>
          rows.length === 0 ? (
            <NoRuns filters={filters} />
          ) : (
            <Table<RunJson>
              caption={say("caption")}
              columns={columns}
              rows={rows}
              idOf={({ id }) => id}
              nameOf={runNameOf}
              isDense={isDense}
              currentId={current}
              {...(selection === undefined ? {} : { selection })}
            />
          )
        }
      </Loaded>
      {list.hasMore && (
        <div class="mt-3 text-center">
          <Button disabled={list.isLoadingMore} onClick={() => list.more()}>
            {sayKit("more")}
          </Button>
        </div>
      )}
    </Card>
  );
}

function NoRuns({ filters }: { readonly filters: Filters }) {
  const say = useStrings(runsStrings);
  const [, navigate] = useLocation();
  const isFiltered = FILTER_NAMES.some((name) => (filters[name] ?? "") !== "");
  if (isFiltered)
    return (
      <Empty title={say("noMatch")}>
        <Button onClick={() => navigate(withFilters("/runs", { ...filters, ...noFilters() }))}>
          {say("clear")}
        </Button>
      </Empty>
    );
  return (
    <Empty title={say("emptyTitle")}>
      <p class="mb-2">{say("emptyAbout")}</p>
      <div class="mb-3 text-left">
        <Code label={say("emptyCurl")} text={curlOfRunNow(location.origin)} />
      </div>
      <ButtonLink href="/jobs">{say("emptyJobs")}</ButtonLink>
    </Empty>
  );
}

function curlOfRunNow(origin: string): string {
  return [
    `curl -X POST '${origin}/api/v1/jobs/JOB/runs?wait=30s' \\`,
    `  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{}'`,
  ].join("\n");
}
