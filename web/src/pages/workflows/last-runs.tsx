import { useMemo } from "preact/compat";
import { useApi } from "../../api/use-api.ts";
import type { PageJson, WorkflowRunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { TextLink } from "../../kit/button.tsx";
import { withFilters } from "../../url/filters.ts";
import { workflowStrings } from "./strings.ts";
import { WorkflowRunStrip } from "./workflow-run-strip.tsx";

const LIMITS = { ofAll: 200, ofOne: "12" } as const;

export interface Latest {
  readonly byWorkflow: ReadonlyMap<string, readonly WorkflowRunJson[]>;
  /** There are no others: who is not among them has none. */
  readonly isAll: boolean;
}

/** The newest runs of all workflows in one request. */
export function useLatestRuns(): Latest | null {
  const path = `/workflow-runs?limit=${LIMITS.ofAll}`;
  const { data } = useApi<PageJson<WorkflowRunJson>>(path, { topics: ["workflow-runs"] });
  return useMemo(() => {
    if (data === undefined) return null;
    return {
      byWorkflow: Map.groupBy(data.items, ({ workflow }) => workflow),
      isAll: data.nextCursor === null,
    };
  }, [data]);
}

/** Of a workflow that is not among the newest runs, its own are asked for. */
export function LastRuns(props: { readonly name: string; readonly latest: Latest | null }) {
  const { name, latest } = props;
  if (latest === null) return <span class="text-muted">–</span>;
  const found = latest.byWorkflow.get(name);
  if (found === undefined && !latest.isAll) return <OwnRuns name={name} />;
  return <Strip name={name} runs={found ?? []} />;
}

function OwnRuns({ name }: { readonly name: string }) {
  const path = withFilters("/workflow-runs", { workflow: name, limit: LIMITS.ofOne });
  const { data } = useApi<PageJson<WorkflowRunJson>>(path);
  if (data === undefined) return <span class="text-muted">–</span>;
  return <Strip name={name} runs={data.items} />;
}

function Strip(props: { readonly name: string; readonly runs: readonly WorkflowRunJson[] }) {
  const say = useStrings(workflowStrings);
  const { name, runs } = props;
  return (
    <span class="inline-flex items-center gap-2">
      <WorkflowRunStrip runs={runs} label={say("lastRunsOf", { name })} />
      {runs.length > 0 && (
        <TextLink
          href={withFilters("/workflow-runs", { workflow: name })}
          class="text-xs whitespace-nowrap"
        >
          {say("allRuns")}
        </TextLink>
      )}
    </span>
  );
}
