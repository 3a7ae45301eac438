import { useMemo } from "preact/compat";
import { useLocation } from "wouter";
import type { ReadPages } from "../../api/use-api.ts";
import type { WorkflowRunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, TextLink } from "../../kit/button.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Status } from "../../kit/status.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { Table, type Column } from "../../kit/table.tsx";
import { Span, Time, useNow } from "../../kit/time.tsx";
import { useRowKeys } from "../../shell/row-keys.ts";
import type { ComponentChildren } from "preact";
import { useSteadyList } from "../../kit/use-steady-list.ts";
import { workflowStrings } from "./strings.ts";
import { addressOf } from "./workflow-actions.ts";
import { tookMs } from "./workflow-run-strip.tsx";

interface WorkflowRunTableProps {
  readonly list: ReadPages<WorkflowRunJson>;
  /** Which list it is: its address. */
  readonly listKey: string;
  readonly empty: ComponentChildren;
  readonly hasWorkflow: boolean;
}

/** Workflow runs, newest first. Rows change where they are; new ones wait to be shown. */
export function WorkflowRunTable({ list, listKey, empty, hasWorkflow }: WorkflowRunTableProps) {
  const sayKit = useStrings(kitStrings);
  return (
    <>
      <Loaded of={list}>
        {(runs) =>
          runs.length === 0 ? (
            empty
          ) : (
            <Rows runs={runs} listKey={listKey} hasWorkflow={hasWorkflow} />
          )
        }
      </Loaded>
      {list.hasMore && (
        <Button class="mt-2" disabled={list.isLoadingMore} onClick={() => list.more()}>
          {sayKit("more")}
        </Button>
      )}
    </>
  );
}

const idOf = ({ id }: WorkflowRunJson): string => id;

function Rows(props: {
  readonly runs: readonly WorkflowRunJson[];
  readonly listKey: string;
  readonly hasWorkflow: boolean;
}) {
  const say = useStrings(workflowStrings);
  const sayKit = useStrings(kitStrings);
  const [, navigate] = useLocation();
  const { shown, freshCount, showFresh } = useSteadyList(props.runs, idOf, props.listKey);
  const ids = useMemo(() => shown.map(idOf), [shown]);
  const acts = useMemo(
    () => ({ open: (id: string) => navigate(`/workflow-runs/${id}`) }),
    [navigate],
  );
  const currentId = useRowKeys(ids, acts);
  const columns = useColumns(props.hasWorkflow);
  return (
    <>
      {freshCount > 0 && (
        <Button class="mb-2" onClick={showFresh}>
          {sayKit("fresh", { count: freshCount })} <span aria-hidden="true">↑</span>
        </Button>
      )}
      <Table
        caption={say("workflowRuns")}
        columns={columns}
        rows={shown}
        idOf={idOf}
        currentId={currentId}
      />
    </>
  );
}

function useColumns(hasWorkflow: boolean): readonly Column<WorkflowRunJson>[] {
  const say = useStrings(workflowStrings);
  const name: Column<WorkflowRunJson> = {
    key: "workflow",
    title: say("workflow"),
    cell: ({ workflow }) => <TextLink href={addressOf(workflow)}>{workflow}</TextLink>,
  };
  return [
    { key: "created", title: say("created"), cell: (run) => <RunLink run={run} /> },
    ...(hasWorkflow ? [name] : []),
    { key: "state", title: say("state"), cell: (run) => <StateCell run={run} /> },
    { key: "steps", title: say("steps"), cell: (run) => <StepsCell run={run} /> },
    {
      key: "duration",
      title: say("duration"),
      isNumber: true,
      cell: (run) => <TookCell run={run} />,
    },
    {
      key: "trigger",
      title: say("trigger"),
      isWideOnly: true,
      cell: ({ trigger: { kind, run, event, origin } }) => {
        if (kind === "run" && run !== undefined)
          return <TextLink href={`/runs/${run}`}>{say("triggerRun")}</TextLink>;
        if (kind === "rerun" && origin !== undefined)
          return <TextLink href={`/workflow-runs/${origin}`}>{say("rerun")}</TextLink>;
        return kind === "event" ? say("onEvent", { event: event ?? "" }) : say("api");
      },
    },
    {
      key: "version",
      title: say("version"),
      isWideOnly: true,
      isNumber: true,
      cell: ({ workflowVersion }) => workflowVersion,
    },
    {
      key: "error",
      title: say("error"),
      cell: ({ error, cancelReason }) => (
        <span class="line-clamp-2 max-w-sm min-w-32 text-xs wrap-anywhere">
          {error?.message ?? cancelReason ?? ""}
        </span>
      ),
    },
  ];
}

function RunLink({ run }: { readonly run: WorkflowRunJson }) {
  return (
    <TextLink href={`/workflow-runs/${run.id}`}>
      <Time at={run.createdAt} />
    </TextLink>
  );
}

function StateCell({ run }: { readonly run: WorkflowRunJson }) {
  const say = useStrings(workflowStrings);
  return (
    <span class="inline-flex items-center gap-1">
      <Status state={run.state} />
      {run.pausedAt !== null && run.endedAt === null && (
        <span class="rounded bg-hover px-1.5 text-xs whitespace-nowrap text-muted">
          <span aria-hidden="true">‖</span> {say("paused")}
        </span>
      )}
    </span>
  );
}

function StepsCell({ run }: { readonly run: WorkflowRunJson }) {
  const say = useStrings(workflowStrings);
  const { total, succeeded, failed, skipped, canceled } = run.counts;
  // While it goes on, a list does not know how many have ended.
  const done = run.endedAt === null ? "–" : succeeded + failed + skipped + canceled;
  const href = `/workflow-runs/${run.id}?tab=table`;
  return (
    <span class="whitespace-nowrap tabular-nums">
      <TextLink href={href}>{say("of", { done, total })}</TextLink>
      {failed > 0 && (
        <TextLink href={`${href}&state=failed`} class="ml-2 text-xs">
          {say("failedSteps", { count: failed })}
        </TextLink>
      )}
    </span>
  );
}

function TookCell({ run }: { readonly run: WorkflowRunJson }) {
  if (run.startedAt !== null && run.endedAt === null) return <Elapsed since={run.startedAt} />;
  return <Span ms={tookMs(run)} />;
}

/** How long it has been going on, counted once a second. */
export function Elapsed({ since }: { readonly since: string }) {
  return <Span ms={Math.max(0, useNow() - Date.parse(since))} />;
}
