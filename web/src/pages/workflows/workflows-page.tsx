import { MoreHorizontal, Play } from "lucide-react";
import { useMemo, useState } from "preact/compat";
import { useLocation } from "wouter";
import { useApi, usePages } from "../../api/use-api.ts";
import type { PageJson, WorkflowListedJson, WorkflowRunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, ButtonLink, TextLink } from "../../kit/button.tsx";
import { CopyButton } from "../../kit/copy-button.tsx";
import { Field, TextInput } from "../../kit/field.tsx";
import { Card, Code, Empty, Page } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Menu } from "../../kit/menu.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { Table, type Column } from "../../kit/table.tsx";
import { useMay } from "../../shell/me.ts";
import { useRowKeys } from "../../shell/row-keys.ts";
import { useFilters, withFilters } from "../../url/filters.ts";
import { ActionDialog, type Action } from "./action-dialog.tsx";
import { curlOf } from "./definition-text.ts";
import { EXAMPLE_EMPTY } from "./examples.ts";
import { workflowStrings } from "./strings.ts";
import { addressOf, useWorkflowActions } from "./workflow-actions.ts";
import { WorkflowRunStrip } from "./workflow-run-strip.tsx";

const LIMITS = { page: 50, lastRuns: 200, ownRuns: 12 } as const;

/** All workflows of the namespace, each with what starts it and how its last runs went. */
export function WorkflowsPage() {
  const say = useStrings(workflowStrings);
  const sayKit = useStrings(kitStrings);
  const mayEdit = useMay("editor");
  const [filters, setFilters] = useFilters();
  const { q = "", tag = "" } = filters;
  const list = usePages<WorkflowListedJson>(
    withFilters("/workflows", { q, tag, limit: String(LIMITS.page) }),
    { isKept: true },
  );
  const isFiltered = q !== "" || tag !== "";
  return (
    <Page
      title={say("workflows")}
      actions={
        <>
          <ButtonLink href="/workflow-runs">{say("workflowRuns")}</ButtonLink>
          {mayEdit && (
            <ButtonLink href="/workflows/new" look="primary">
              {say("newWorkflow")}
            </ButtonLink>
          )}
        </>
      }
    >
      <Card>
        <div class="mb-3 flex flex-wrap items-end gap-3">
          <div class="w-64 max-w-full">
            <Field label={say("find")}>
              {(control) => (
                <TextInput
                  {...control}
                  type="search"
                  value={q}
                  onInput={(event) => setFilters({ q: event.currentTarget.value })}
                />
              )}
            </Field>
          </div>
          <div class="w-40 max-w-full">
            <Field label={say("tag")}>
              {(control) => (
                <TextInput
                  {...control}
                  type="search"
                  value={tag}
                  onInput={(event) => setFilters({ tag: event.currentTarget.value })}
                />
              )}
            </Field>
          </div>
          {isFiltered && (
            <Button look="quiet" onClick={() => setFilters({ q: "", tag: "" })}>
              {sayKit("clear")}
            </Button>
          )}
        </div>
        <Loaded of={list}>
          {(workflows) =>
            workflows.length === 0 ? (
              <NoWorkflows isFiltered={isFiltered} />
            ) : (
              <WorkflowTable workflows={workflows} />
            )
          }
        </Loaded>
        {list.hasMore && (
          <Button class="mt-2" disabled={list.isLoadingMore} onClick={() => list.more()}>
            {sayKit("more")}
          </Button>
        )}
      </Card>
    </Page>
  );
}

function NoWorkflows({ isFiltered }: { readonly isFiltered: boolean }) {
  const say = useStrings(workflowStrings);
  const sayKit = useStrings(kitStrings);
  const [, setFilters] = useFilters();
  const mayEdit = useMay("editor");
  if (isFiltered)
    return (
      <Empty title={say("noMatch")}>
        <Button onClick={() => setFilters({ q: "", tag: "" })}>{sayKit("clear")}</Button>
      </Empty>
    );
  const curl = curlOf("ask", EXAMPLE_EMPTY);
  return (
    <Empty title={say("emptyTitle")}>
      <p>{say("emptyAbout")}</p>
      <div class="my-3 text-left text-text">
        <Code text={curl} label={say("exampleCurl")} />
      </div>
      <div class="flex flex-wrap justify-center gap-2">
        <CopyButton text={curl} />
        {mayEdit && (
          <ButtonLink href="/workflows/new" look="primary">
            {say("newWorkflow")}
          </ButtonLink>
        )}
      </div>
    </Empty>
  );
}

function WorkflowTable({ workflows }: { readonly workflows: readonly WorkflowListedJson[] }) {
  const say = useStrings(workflowStrings);
  const [action, setAction] = useState<Action<never> | null>(null);
  const [, navigate] = useLocation();
  const latest = useLatestRuns();
  const ids = useMemo(() => workflows.map(({ name }) => name), [workflows]);
  const acts = useMemo(() => ({ open: (name: string) => navigate(addressOf(name)) }), [navigate]);
  const currentId = useRowKeys(ids, acts);
  const columns: readonly Column<WorkflowListedJson>[] = [
    { key: "name", title: say("name"), cell: (workflow) => <NameCell workflow={workflow} /> },
    {
      key: "steps",
      title: say("steps"),
      isNumber: true,
      cell: ({ name, stepCount }) => (
        <TextLink href={addressOf(name)}>{stepCount.toLocaleString()}</TextLink>
      ),
    },
    {
      key: "startedBy",
      title: say("startedBy"),
      isWideOnly: true,
      cell: ({ on }) =>
        on.length === 0 ? (
          <span class="text-muted">{say("byApi")}</span>
        ) : (
          on.map(({ event }) => (
            <code key={event} class="mr-2 text-xs">
              {say("onEvent", { event })}
            </code>
          ))
        ),
    },
    {
      key: "last",
      title: say("lastRuns"),
      cell: ({ name }) => <LastRuns name={name} latest={latest} />,
    },
    {
      key: "acts",
      title: "",
      cell: (workflow) => <RowActions workflow={workflow} ask={setAction} />,
    },
  ];
  return (
    <>
      <Table
        caption={say("workflows")}
        columns={columns}
        rows={workflows}
        idOf={({ name }) => name}
        currentId={currentId}
      />
      <ActionDialog action={action} onClose={() => setAction(null)} />
    </>
  );
}

function NameCell({ workflow }: { readonly workflow: WorkflowListedJson }) {
  const { name, description, tags } = workflow;
  return (
    <div class="min-w-32">
      <TextLink href={addressOf(name)} class="font-medium break-all">
        {name}
      </TextLink>
      {description !== "" && <p class="max-w-md truncate text-xs text-muted">{description}</p>}
      <p class="flex flex-wrap gap-1">
        {tags.map((tag) => (
          <TextLink
            key={tag}
            href={withFilters("/workflows", { tag })}
            class="rounded bg-hover px-1.5 text-xs"
          >
            {tag}
          </TextLink>
        ))}
      </p>
    </div>
  );
}

interface Latest {
  readonly byWorkflow: ReadonlyMap<string, readonly WorkflowRunJson[]>;
  /** There are no others: who is not among them has none. */
  readonly isAll: boolean;
}

/** The newest runs of all workflows in one request. */
function useLatestRuns(): Latest | null {
  const path = `/workflow-runs?limit=${LIMITS.lastRuns}`;
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
function LastRuns({ name, latest }: { readonly name: string; readonly latest: Latest | null }) {
  const say = useStrings(workflowStrings);
  const found = latest?.byWorkflow.get(name) ?? (latest?.isAll === true ? [] : undefined);
  const isAsked = latest !== null && found === undefined;
  const path = withFilters("/workflow-runs", { workflow: name, limit: String(LIMITS.ownRuns) });
  const own = useApi<PageJson<WorkflowRunJson>>(isAsked ? path : null);
  const runs = found ?? own.data?.items;
  if (runs === undefined) return <span class="text-muted">–</span>;
  return (
    <span class="inline-flex items-center gap-2">
      <WorkflowRunStrip runs={runs} label={say("lastRunsOf", { name })} />
      {runs.length > 0 && (
        <TextLink href={withFilters("/workflow-runs", { workflow: name })} class="text-xs">
          {say("allRuns")}
        </TextLink>
      )}
    </span>
  );
}

function RowActions(props: {
  readonly workflow: WorkflowListedJson;
  readonly ask: (action: Action<never>) => void;
}) {
  const say = useStrings(workflowStrings);
  const sayKit = useStrings(kitStrings);
  const [, navigate] = useLocation();
  const acts = useWorkflowActions();
  const mayRun = useMay("operator");
  const mayEdit = useMay("editor");
  const { workflow, ask } = props;
  const { name } = workflow;
  return (
    <span class="flex justify-end gap-1">
      {mayRun && (
        <Button onClick={() => ask(acts.run(workflow))}>
          <Play size={14} aria-hidden="true" />
          {say("run")}
        </Button>
      )}
      {mayEdit && <ButtonLink href={`${addressOf(name)}/edit`}>{say("edit")}</ButtonLink>}
      <Menu
        trigger={<MoreHorizontal size={16} />}
        label={`${sayKit("actions")}: ${name}`}
        items={[
          {
            label: say("versions"),
            onSelect: () => navigate(`${addressOf(name)}?tab=versions`),
          },
          { label: say("copyYaml"), onSelect: () => void acts.copy(name, "yaml") },
          { label: say("copyJson"), onSelect: () => void acts.copy(name, "json") },
          ...(mayEdit
            ? [
                {
                  label: sayKit("delete"),
                  isDanger: true,
                  onSelect: () => ask(acts.remove(workflow, () => {})),
                },
              ]
            : []),
        ]}
      />
    </span>
  );
}
