import { useCallback, useMemo } from "preact/compat";
import { useParams } from "wouter";
import type { WorkflowRunFullJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Card, Page } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Tabs } from "../../kit/tabs.tsx";
import { instantText } from "../../kit/time.tsx";
import { useZone } from "../../shell/zone.ts";
import { useFilters } from "../../url/filters.ts";
import { Gantt } from "./gantt.tsx";
import { runGraph } from "./graph-model.ts";
import { GraphView } from "./graph-view.tsx";
import { RunControls } from "./run-controls.tsx";
import { RunData } from "./run-data.tsx";
import { RunHeadline } from "./run-headline.tsx";
import { runStrings } from "./run-strings.ts";
import { StepPanel } from "./step-panel.tsx";
import { StepTable } from "./step-table.tsx";
import { addressOf } from "./workflow-actions.ts";
import { workflowStrings } from "./strings.ts";
import { useWorkflowRun } from "./use-workflow-run.ts";

/** One workflow run, as it goes on. */
export function WorkflowRunPage() {
  const { workflowRun: id } = useParams<{ readonly workflowRun: string }>();
  // Another run begins anew: nothing of what live rows told of this one belongs to it.
  return <OneRun key={id} id={id} />;
}

function OneRun({ id }: { readonly id: string }) {
  const say = useStrings(runStrings);
  const sayAll = useStrings(workflowStrings);
  const zone = useZone();
  const read = useWorkflowRun(id);
  const run = read.data;
  const title =
    run === undefined
      ? say("titleLoading")
      : say("title", { workflow: run.workflow, at: instantText(run.createdAt, zone) });
  const path = [
    { label: sayAll("workflows"), href: "/workflows" },
    ...(run === undefined ? [] : [{ label: run.workflow, href: addressOf(run.workflow) }]),
  ];
  return (
    <Page title={title} path={path} actions={run !== undefined && <RunControls run={run} />}>
      <Loaded of={read}>{(loaded) => <RunContent run={loaded} />}</Loaded>
    </Page>
  );
}

function RunContent({ run }: { readonly run: WorkflowRunFullJson }) {
  const say = useStrings(runStrings);
  const [filters, setFilters] = useFilters();
  const { steps, criticalPath } = run.graph;
  const chosen = steps.find(({ name }) => name === filters["step"]);
  const onSelect = useCallback((step: string) => setFilters({ step }), [setFilters]);
  const view = { steps, path: criticalPath, selected: chosen?.name ?? null, onSelect };
  const tab = filters["tab"] ?? "graph";
  return (
    <div class="flex flex-col gap-4">
      <RunHeadline run={run} onStep={onSelect} />
      {filters["step"] !== undefined && chosen === undefined && (
        <p class="text-warn">{say("unknownStep", { step: filters["step"] })}</p>
      )}
      <div class={`grid gap-4 ${chosen === undefined ? "" : "lg:grid-cols-[1fr_24rem]"}`}>
        <div class="min-w-0">
          <Tabs
            label={run.workflow}
            value={tab}
            onChange={(next) => setFilters({ tab: next === "graph" ? "" : next })}
            tabs={[
              { value: "graph", label: say("graph"), content: () => <GraphTab {...view} /> },
              {
                value: "gantt",
                label: say("gantt"),
                content: () => (
                  <Card>
                    <Gantt {...view} />
                  </Card>
                ),
              },
              {
                value: "table",
                label: say("table"),
                content: () => (
                  <Card>
                    <StepTable {...view} />
                  </Card>
                ),
              },
              { value: "data", label: say("data"), content: () => <RunData run={run} /> },
            ]}
          />
        </div>
        {chosen !== undefined && (
          <StepPanel
            key={chosen.name}
            run={run}
            step={chosen}
            onClose={() => setFilters({ step: "" })}
          />
        )}
      </div>
    </div>
  );
}

function GraphTab(props: {
  readonly steps: WorkflowRunFullJson["graph"]["steps"];
  readonly path: readonly string[];
  readonly selected: string | null;
  readonly onSelect: (step: string) => void;
}) {
  const { steps, path, selected, onSelect } = props;
  const [, setFilters] = useFilters();
  const graph = useMemo(() => runGraph(steps), [steps]);
  const marks = useMemo(() => ({ path, cycle: [] }), [path]);
  return (
    <Card>
      <GraphView
        steps={graph}
        marks={marks}
        selected={selected}
        onSelect={onSelect}
        onTable={() => setFilters({ tab: "table" })}
      />
    </Card>
  );
}
