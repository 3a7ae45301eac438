import { useCallback, useMemo, useState } from "preact/compat";
import { useLocation } from "wouter";
import type { JobJson } from "../../api/shapes.ts";
import { usePages, type ReadPages } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, ButtonLink } from "../../kit/button.tsx";
import { Page } from "../../kit/layout.tsx";
import { Failure, Loaded } from "../../kit/loaded.tsx";
import { useStateName } from "../../kit/status.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { useMay } from "../../shell/me.ts";
import { useRowKeys } from "../../shell/row-keys.ts";
import { useFilters, type Filters } from "../../url/filters.ts";
import { BulkBar } from "./bulk-bar.tsx";
import { jobHref } from "./copy-as-curl.ts";
import { exportJobs } from "./export-jobs.ts";
import { useJobColumns } from "./job-columns.tsx";
import { hasFilter, JobFilters, listPath } from "./job-filters.tsx";
import { JobTables } from "./job-tables.tsx";
import { NoJobs, NoMatch } from "./jobs-empty.tsx";
import { jobsStrings } from "./strings.ts";
import { useJobActions } from "./use-job-actions.ts";
import { useJobStats } from "./use-job-stats.ts";
import { useSettledRows } from "./use-settled-rows.ts";

const TAGS_SUGGESTED = 100;

/** Every job of the namespace: what it does next, how it went, and what can be done with it. */
export function JobsPage() {
  const say = useStrings(jobsStrings);
  const mayEdit = useMay("editor");
  const [filters, change] = useFilters();
  const path = listPath(filters);
  const list = usePages<JobJson>(path, { topics: ["jobs", "runs"], isKept: true });
  const tags = useMemo(() => {
    const all = (list.data ?? []).flatMap((job) => job.tags);
    return [...new Set(all)].toSorted().slice(0, TAGS_SUGGESTED);
  }, [list.data]);
  const isBare = list.data?.length === 0 && !hasFilter(filters);
  const newJob = (
    <ButtonLink href="/jobs/new" look="primary">
      {say("newJob")}
    </ButtonLink>
  );
  return (
    <Page title={say("jobs")} actions={mayEdit && newJob}>
      {!isBare && <JobFilters filters={filters} change={change} tags={tags} />}
      <Loaded of={list} lines={8}>
        {() => <JobList key={path} list={list} path={path} filters={filters} change={change} />}
      </Loaded>
    </Page>
  );
}

interface JobListProps {
  readonly list: ReadPages<JobJson>;
  readonly path: string;
  readonly filters: Filters;
  readonly change: (changes: Filters) => void;
}

const nameOf = (job: JobJson): string => job.name;
const NO_JOBS: readonly JobJson[] = [];

function JobList({ list, path, filters, change }: JobListProps) {
  const settled = useSettledRows(list.data ?? NO_JOBS, nameOf, path);
  const { rows, gone } = settled;
  const key = rows.map(nameOf).join(" ");
  const names = useMemo(() => key.split(" "), [key]);
  const [chosen, select] = useChosen();
  const [, navigate] = useLocation();
  const open = useCallback((name: string) => navigate(jobHref(name)), [navigate]);
  const currentId = useRowKeys(names, { open, select: select.toggle });
  const stats = useJobStats(rows.length === 0 ? [] : names);
  const exportOne = useCallback((job: JobJson) => exportJobs([job]), []);
  const columns = useJobColumns({ stats, actions: useJobActions(), gone, exportOne });
  const filterText = useFilterText(filters);
  if (rows.length === 0)
    return hasFilter(filters) ? <NoMatch filterText={filterText} change={change} /> : <NoJobs />;
  const chosenJobs = rows.filter(({ name }) => chosen.has(name));
  return (
    <>
      <BulkBar
        chosen={chosenJobs}
        path={path}
        filterText={filterText}
        hasOthers={list.hasMore || chosenJobs.length < rows.length}
        clear={select.clear}
      />
      {stats.problem !== null && <Failure problem={stats.problem} again={() => stats.again()} />}
      <FreshButton count={settled.freshCount} gone={gone.size} settle={() => settled.settle()} />
      <JobTables
        jobs={rows}
        columns={columns}
        selection={{ ids: chosen, ...select }}
        currentId={currentId}
        isGrouped={filters["group"] === "tag"}
      />
      <More list={list} count={rows.length} />
    </>
  );
}

function FreshButton(props: {
  readonly count: number;
  readonly gone: number;
  readonly settle: () => void;
}) {
  const say = useStrings(jobsStrings);
  const sayKit = useStrings(kitStrings);
  if (props.count + props.gone === 0) return null;
  const fresh = props.count > 0 ? sayKit("fresh", { count: props.count }) : "";
  const gone = props.gone > 0 ? say("goneCount", { count: props.gone }) : "";
  return (
    <div class="mb-2">
      <Button onClick={props.settle}>
        {[fresh, gone].filter((text) => text !== "").join(" · ")} ↑
      </Button>
    </div>
  );
}

function More({ list, count }: { readonly list: ReadPages<JobJson>; readonly count: number }) {
  const say = useStrings(jobsStrings);
  const sayKit = useStrings(kitStrings);
  return (
    <p class="mt-3 flex items-center gap-3 text-muted">
      {say("shown", { count })}
      {list.hasMore && (
        <Button disabled={list.isLoadingMore} onClick={() => list.more()}>
          {sayKit("more")}
        </Button>
      )}
    </p>
  );
}

/** The selected names, and what changes them. */
function useChosen() {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const toggle = useCallback((id: string) => {
    setChosen((before) =>
      before.has(id)
        ? new Set([...before].filter((other) => other !== id))
        : new Set([...before, id]),
    );
  }, []);
  const toggleAll = useCallback((ids: readonly string[]) => {
    setChosen((before) => {
      const isAll = ids.every((id) => before.has(id));
      const others = [...before].filter((id) => !ids.includes(id));
      return new Set(isAll ? others : [...others, ...ids]);
    });
  }, []);
  const clear = useCallback(() => setChosen(new Set()), []);
  return [
    chosen,
    useMemo(() => ({ toggle, toggleAll, clear }), [toggle, toggleAll, clear]),
  ] as const;
}

/** The filters as a sentence would name them. */
function useFilterText({ state = "", executor = "", tag = "", q = "" }: Filters): string {
  const say = useStrings(jobsStrings);
  const stateName = useStateName();
  const parts = [
    q === "" ? "" : `${say("filterText")} “${q}”`,
    state === "" ? "" : `${say("filterState")} ${stateName(state)}`,
    executor === "" ? "" : `${say("filterExecutor")} ${executor}`,
    tag === "" ? "" : `${say("filterTag")} ${tag}`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? say("noFilter") : parts.join(" · ");
}
