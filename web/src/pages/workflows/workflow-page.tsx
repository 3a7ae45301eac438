import { MoreHorizontal, Play } from "lucide-react";
import { useMemo, useState } from "preact/compat";
import { useLocation, useParams } from "wouter";
import { useApi, usePages } from "../../api/use-api.ts";
import type { WorkflowFullJson, WorkflowRunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, ButtonLink } from "../../kit/button.tsx";
import { Field, Select } from "../../kit/field.tsx";
import { Card, Empty, Page } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Menu } from "../../kit/menu.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { Tabs } from "../../kit/tabs.tsx";
import { useMay } from "../../shell/me.ts";
import { useFilters, withFilters } from "../../url/filters.ts";
import { ActionDialog, type Action } from "./action-dialog.tsx";
import { specGraph } from "./graph-model.ts";
import { GraphView } from "./graph-view.tsx";
import { SpecPanel } from "./spec-panel.tsx";
import { workflowStrings } from "./strings.ts";
import { addressOf, useCopyDefinition, useDeleteAction, useRunAction } from "./workflow-actions.ts";
import { WorkflowDefinition } from "./workflow-definition.tsx";
import { WorkflowFacts } from "./workflow-facts.tsx";
import { WorkflowHistory } from "./workflow-history.tsx";
import { WorkflowRunTable } from "./workflow-run-table.tsx";
import { useStateOptions } from "./workflow-runs-page.tsx";
import { WorkflowVersions } from "./workflow-versions.tsx";

const RUNS_PAGE = "30";

/** One workflow: its steps, its runs, what it was before. */
export function WorkflowPage() {
  const { workflow: name } = useParams<{ readonly workflow: string }>();
  return <OneWorkflow key={name} name={name} />;
}

function OneWorkflow({ name }: { readonly name: string }) {
  const say = useStrings(workflowStrings);
  const read = useApi<WorkflowFullJson>(addressOf(name), { topics: ["workflow-runs"] });
  return (
    <Page
      title={read.data?.name ?? name}
      path={[{ label: say("workflows"), href: "/workflows" }]}
      actions={read.data !== undefined && <PageActions workflow={read.data} />}
    >
      <Loaded of={read}>
        {(workflow) => (
          <div class="flex flex-col gap-4">
            <Card>
              {workflow.description !== "" && (
                <p class="mb-3 max-w-3xl break-words whitespace-pre-line">{workflow.description}</p>
              )}
              <WorkflowFacts workflow={workflow} />
            </Card>
            <WorkflowTabs workflow={workflow} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function WorkflowTabs({ workflow }: { readonly workflow: WorkflowFullJson }) {
  const say = useStrings(workflowStrings);
  const [filters, setFilters] = useFilters();
  const { name } = workflow;
  return (
    <Tabs
      label={name}
      value={filters["tab"] ?? "graph"}
      onChange={(tab) => setFilters({ tab: tab === "graph" ? "" : tab })}
      tabs={[
        {
          value: "graph",
          label: say("graph"),
          content: () => <GraphTab workflow={workflow} />,
        },
        { value: "runs", label: say("runs"), content: () => <RunsTab name={name} /> },
        {
          value: "versions",
          label: say("versions"),
          content: () => <WorkflowVersions name={name} />,
        },
        {
          value: "definition",
          label: say("definition"),
          content: () => <WorkflowDefinition workflow={workflow} />,
        },
        { value: "history", label: say("history"), content: () => <WorkflowHistory name={name} /> },
      ]}
    />
  );
}

function GraphTab({ workflow: { steps } }: { readonly workflow: WorkflowFullJson }) {
  const [filters, setFilters] = useFilters();
  const graph = useMemo(() => specGraph(steps), [steps]);
  const chosen = steps.find(({ name }) => name === filters["step"]);
  return (
    <div class={`grid gap-4 ${chosen === undefined ? "" : "lg:grid-cols-[1fr_22rem]"}`}>
      <Card>
        <GraphView
          steps={graph}
          selected={chosen?.name ?? null}
          onSelect={(step) => setFilters({ step })}
          onTable={() => setFilters({ tab: "definition" })}
        />
      </Card>
      {chosen !== undefined && <SpecPanel step={chosen} onClose={() => setFilters({ step: "" })} />}
    </div>
  );
}

function RunsTab({ name }: { readonly name: string }) {
  const say = useStrings(workflowStrings);
  const sayKit = useStrings(kitStrings);
  const [filters, setFilters] = useFilters();
  const options = useStateOptions();
  const { state = "" } = filters;
  const path = withFilters("/workflow-runs", { workflow: name, state, limit: RUNS_PAGE });
  const list = usePages<WorkflowRunJson>(path, { topics: ["workflow-runs"], isKept: true });
  return (
    <Card>
      <div class="mb-3 w-48">
        <Field label={say("state")}>
          {(control) => (
            <Select
              {...control}
              options={options}
              value={state}
              onChange={(event) => setFilters({ state: event.currentTarget.value })}
            />
          )}
        </Field>
      </div>
      <WorkflowRunTable
        list={list}
        listKey={path}
        hasWorkflow={false}
        empty={
          state === "" ? (
            <Empty title={say("emptyRunsTitle")}>
              <p>{say("emptyRunsAbout")}</p>
            </Empty>
          ) : (
            <Empty title={say("noMatchRuns")}>
              <Button onClick={() => setFilters({ state: "" })}>{sayKit("clear")}</Button>
            </Empty>
          )
        }
      />
    </Card>
  );
}

function PageActions({ workflow }: { readonly workflow: WorkflowFullJson }) {
  const say = useStrings(workflowStrings);
  const sayKit = useStrings(kitStrings);
  const [, navigate] = useLocation();
  const [action, setAction] = useState<Action<never> | null>(null);
  const runOf = useRunAction();
  const deletionOf = useDeleteAction();
  const copy = useCopyDefinition();
  const mayRun = useMay("operator");
  const mayEdit = useMay("editor");
  const { name } = workflow;
  return (
    <>
      {mayRun && (
        <Button look="primary" onClick={() => setAction(runOf(workflow))}>
          <Play size={14} aria-hidden="true" />
          {say("run")}
        </Button>
      )}
      {mayEdit && <ButtonLink href={`${addressOf(name)}/edit`}>{say("edit")}</ButtonLink>}
      <Menu
        trigger={<MoreHorizontal size={16} />}
        label={sayKit("actions")}
        items={[
          { label: say("copyYaml"), onSelect: () => void copy(name, "yaml") },
          { label: say("copyJson"), onSelect: () => void copy(name, "json") },
          ...(mayEdit
            ? [
                {
                  label: sayKit("delete"),
                  isDanger: true,
                  onSelect: () => setAction(deletionOf(workflow, () => navigate("/workflows"))),
                },
              ]
            : []),
        ]}
      />
      <ActionDialog action={action} onClose={() => setAction(null)} />
    </>
  );
}
